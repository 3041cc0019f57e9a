"""Colab Enterprise's execution of a notebook, once or by a schedule."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare, names_accelerators
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:colab/notebookExecution:NotebookExecution",
        "gcp:colab/schedule:Schedule",
    ),
    "terraform": ("google_colab_notebook_execution", "google_colab_schedule"),
}
FACTS = (Located, Machines)

_HOSTING = "workbench"
_HOURS_BY_DEFAULT = 24.0
"""Source: Vertex AI API, ``NotebookExecutionJob.executionTimeout``."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Machines, where it names its machine itself and not by a template."""
    scheduled = properties.block("create_notebook_execution_job_request").block(
        "notebook_execution_job"
    )
    execution = scheduled or properties
    spec = execution.block("custom_environment_spec").block("machine_spec")
    if not spec:
        return
    machine = bare(spec.text("machine_type"))
    carries = isinstance(machine, str) and names_accelerators(machine)
    yield Located(region_at=properties.at("location"), machine=field(machine), hosting=_HOSTING)
    yield Machines(
        path=spec.at("machine_type"),
        machine=field(machine),
        chip=None if carries else field(spec.text("accelerator_type")),
        chips_each=None if carries else field(spec.number("accelerator_count")),
        hours=field(_hours(execution.text("execution_timeout"))),
        hosting=_HOSTING,
    )


def _hours(timeout: Maybe[str]) -> Maybe[float]:
    """The hours of ``3600s``."""
    if timeout is None or is_unknown(timeout):
        return timeout or _HOURS_BY_DEFAULT
    seconds = timeout.removesuffix("s")
    return float(seconds) / 3600 if seconds.isdigit() else Unknown("is not a number of seconds")

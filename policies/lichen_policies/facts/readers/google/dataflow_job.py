"""Dataflow's jobs, started once or by a schedule, as far as their workers carry accelerators."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare, names_accelerators
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import HOSTING
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:dataflow/flexTemplateJob:FlexTemplateJob",
        "gcp:dataflow/job:Job",
        "gcp:dataflow/pipeline:Pipeline",
    ),
    "terraform": (
        "google_data_pipeline_pipeline",
        "google_dataflow_flex_template_job",
        "google_dataflow_job",
    ),
}
FACTS = (Located, Machines)

_ASKED = re.compile(r"worker_accelerator=type:(?P<chip>[a-z0-9-]+)[;,]count:(?P<count>\d+)")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Machines, where its machine's type or an experiment asks for accelerators:
    Dataflow takes them as ``worker_accelerator=type:nvidia-l4;count:1``."""
    job = _scheduled(properties) or properties
    name, path = job.stated_text("machine_type")
    machine = Stated(bare(name), path)
    most = job.stated_whole("max_workers")
    workers = Stated(1 if most.value is None else most.value, most.path)
    carries = isinstance(machine.value, str) and names_accelerators(machine.value)
    experiments = job.at("additional_experiments")
    asked = [
        found
        for text in job.each_text("additional_experiments")
        if isinstance(text, str) and (found := _ASKED.search(text))
    ]
    if not carries and not asked:
        return
    yield Located(region_at=properties.at("region"), machine=field(machine.value), hosting=HOSTING)
    if carries:
        yield from machines_named(machine, workers, hosting=HOSTING)
        return
    for each in asked:
        yield Machines(
            path=experiments,
            machine=field(machine.value),
            machines=field(workers.value),
            machines_at=workers.path,
            least=min(1, workers.value) if isinstance(workers.value, int) else None,
            chip=each["chip"],
            chips_each=float(each["count"]),
            hosting=HOSTING,
        )


def _scheduled(properties: Properties) -> Properties:
    """The machines of the job that a pipeline starts, whose template is of either kind."""
    workload = properties.block("workload")
    flexible = workload.block("dataflow_flex_template_request").block("launch_parameter")
    launch = flexible or workload.block("dataflow_launch_template_request").block(
        "launch_parameters"
    )
    return launch.block("environment")

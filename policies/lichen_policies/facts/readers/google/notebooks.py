"""Machines for people: notebooks of Workbench, of its two older kinds, and Colab's runtimes."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:workbench/instance:Instance",
        "gcp:notebooks/instance:Instance",
        "gcp:notebooks/runtime:Runtime",
        "gcp:colab/runtimeTemplate:RuntimeTemplate",
    ),
    "terraform": (
        "google_workbench_instance",
        "google_notebooks_instance",
        "google_notebooks_runtime",
        "google_colab_runtime_template",
    ),
}
FACTS = (Located, Machines)

_HOSTING = "workbench"
_STOPPED = "STOPPED"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and what it carries; nothing for one that is kept stopped."""
    if properties.text("desired_state") == _STOPPED:
        return
    machine = _machine(properties)
    yield Located(
        region_at=properties.at("location"),
        machine=field(bare(machine.text("machine_type"))),
        hosting=_HOSTING,
    )
    if machine.given("accelerator_count") and machine.given("accelerator_type"):
        yield Machines(
            path=machine.at("accelerator_type"),
            machine=field(bare(machine.text("machine_type"))),
            chip=field(machine.text("accelerator_type")),
            chips_each=field(machine.number("accelerator_count")),
            hosting=_HOSTING,
        )
    else:
        yield from accelerators(machine, hosting=_HOSTING)


def _machine(properties: Properties) -> Properties:
    """The block that names the machine, which is another in each kind."""
    for block in ("gce_setup", "machine_spec"):
        if properties.block(block):
            return properties.block(block)
    runtime = properties.block("virtual_machine").block("virtual_machine_config")
    return runtime or properties

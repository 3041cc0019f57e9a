"""Cloud Workstations' configuration: the machine that each person's workstation is."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:workstations/workstationConfig:WorkstationConfig",),
    "terraform": ("google_workstations_workstation_config",),
}
FACTS = (Machines,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """The Machines of one workstation, as of a template. A larger size that a person may take for a
    while is not counted."""
    yield from accelerators(properties.block("host").block("gce_instance"), hosting="workstations")

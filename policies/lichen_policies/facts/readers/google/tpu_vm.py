"""Cloud TPU's machine, and the queued request for one."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.tpu import chips_of_topology, chips_of_type
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:tpu/v2Vm:V2Vm", "gcp:tpu/v2QueuedResource:V2QueuedResource"),
    "terraform": ("google_tpu_v2_vm", "google_tpu_v2_queued_resource"),
}
FACTS = (Located, Machines)

_HOSTING = "tpu-vm"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located for the whole and a Machines for each TPU."""
    requested = [
        spec.block("node") for spec in properties.block("tpu").blocks("node_specs", "node_spec")
    ]
    yield Located(region_at=properties.at("zone"), machines=len(requested) or 1, hosting=_HOSTING)
    for node in requested or [properties]:
        shape = node.block("accelerator_config")
        chip = shape.text("type") if shape else node.text("accelerator_type")
        chips = chips_of_topology(shape.text("topology")) if shape else chips_of_type(chip)
        yield Machines(
            path=shape.at("topology") if shape else node.at("accelerator_type"),
            chip=field(chip),
            chips_each=field(chips),
            hosting=_HOSTING,
        )

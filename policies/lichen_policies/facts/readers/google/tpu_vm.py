"""Cloud TPU's machine, the queued request for one, and the node of the older API."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, ModelAccelerators, TpuSlice
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.tpu import (
    chip_of,
    chips_of_topology,
    chips_of_type,
    machines_of,
    shapes_of,
    version_of,
)
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_left_out, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:tpu/v2Vm:V2Vm",
        "gcp:tpu/v2QueuedResource:V2QueuedResource",
        "gcp:tpu/node:Node",
    ),
    "terraform": ("google_tpu_v2_vm", "google_tpu_v2_queued_resource", "google_tpu_node"),
}
FACTS = (Located, Machines, ModelAccelerators, TpuSlice)

_HOSTING = "tpu-vm"
_LEFT_OUT = "v2-8"
"""What the API makes where neither a type nor a configuration is given. Source: the provider's
documentation of ``google_tpu_v2_vm``."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located for the whole; for each TPU a Machines and a ModelAccelerators, and a TpuSlice
    where its topology is set."""
    requested = [
        spec.block("node") for spec in properties.block("tpu").blocks("node_specs", "node_spec")
    ]
    nodes = requested or [properties]
    kinds = [_shape(node) for node in nodes]
    machines = [machines_of(version, chips) for _, version, chips, _ in kinds]
    yield Located(
        region_at=properties.at("zone"),
        machine=machines[0][0] if len(set(machines)) == 1 else None,
        machines=sum(count for _, count in machines),
        hosting=_HOSTING,
    )
    for node, (named, version, chips, at) in zip(nodes, kinds, strict=True):
        scheduling = node.block("scheduling_config")
        spot = scheduling.flag("spot") or scheduling.flag("preemptible")
        yield Machines(
            path=at,
            chip=field(named) if version is None else chip_of(version),
            chips_each=field(chips),
            hosting=_HOSTING,
            spot=field(spot),
        )
        yield ModelAccelerators(
            path=at,
            chip=chip_of(version),
            chips=field(chips),
            shapes=shapes_of(version, as_topology=at.endswith("opology")),
            hosting=_HOSTING,
        )
        shape = node.chosen_block("accelerator_config")
        if version is not None and shape.given("topology"):
            yield TpuSlice(
                path=shape.path,
                chip=chip_of(version),
                topology=field(shape.text("topology")),
                topology_at=shape.at("topology"),
            )


def _shape(node: Properties) -> tuple[Maybe[str], str | None, Maybe[float], str]:
    """What a node names, its version, its chips, and the property that decides."""
    shape = node.chosen_block("accelerator_config")
    if shape:
        named = shape.text("type")
        chips, at = chips_of_topology(shape.text("topology")), shape.at("topology")
    else:
        named, at = node.stated_text("accelerator_type")
        if named is None or is_left_out(named):
            named = _LEFT_OUT
        chips = chips_of_type(named)
    if is_unknown(named):
        return named, None, named, at
    if chips is None:
        chips = Unknown("is not stated")
    return named, version_of(named), chips, at

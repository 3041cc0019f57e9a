"""GKE's node pool: the machines of a cluster, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.machine import bare, serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import HOSTING, accelerators
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:container/nodePool:NodePool",),
    "terraform": ("google_container_node_pool",),
}
FACTS = (Located, Machines, Scaling)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, what its machines carry, and a Scaling where it serves models.

    Its counts are of one zone, except the ``total`` ones: a pool of a regional cluster may run
    more, which it does not say.
    """
    node, bounds = properties.block("node_config"), properties.block("autoscaling")
    machine = bare(node.text("machine_type"))
    floor = bounds.stated_whole("total_min_node_count", "min_node_count")
    fixed = properties.stated_whole("node_count", "initial_node_count")
    ceiling = bounds.stated_whole("total_max_node_count", "max_node_count")
    yield Located(
        region_at=properties.at("location"),
        machine=field(machine),
        machines=field(floor.value if bounds else fixed.value) or 1,
        hosting=HOSTING,
    )
    yield from accelerators(node, ceiling if bounds else fixed)
    if bounds and (serves(context, machine) or node.given("guest_accelerators") is True):
        yield Scaling(
            path=floor.path, floor=field(floor.value), machine=field(machine), hosting=HOSTING
        )

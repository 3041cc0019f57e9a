"""Google's Cluster Director: machines of a Slurm cluster, in sets of nodes."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import HOSTING
from lichen_policies.facts.unknown import Maybe, field

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:hypercomputecluster/cluster:Cluster",),
    "terraform": ("google_hypercomputecluster_cluster",),
}
FACTS = (Located, Machines)

_KINDS = ("new_on_demand_instances", "new_spot_instances", "new_flex_start_instances")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, and a Machines for each set of nodes whose machines the cluster makes itself."""
    machines = {
        id_: (_machine(resource), bool(resource.block("config").given(_KINDS[1])))
        for resource in properties.blocks("compute_resources")
        if isinstance(id_ := resource.text("id"), str)
    }
    yield Located(region_at=properties.at("location"), hosting=HOSTING, for_models=True)
    for nodes in properties.block("orchestrator").block("slurm").blocks("node_sets"):
        machine, spot = machines.get(str(nodes.text("compute_id")), (None, False))
        if machine is None or machine.value is None:
            continue
        always = nodes.stated_whole("static_node_count")
        more = nodes.stated_whole("max_dynamic_node_count")
        yield Machines(
            path=machine.path,
            machine=field(machine.value),
            machines=field(_sum(always.value, more.value)),
            machines_at=more.path if more.value else always.path,
            least=0 if always.value is None else field(always.value),
            least_at=always.path,
            queued=True,
            hosting=HOSTING,
            spot=spot,
        )


def _machine(resource: Properties) -> Stated[str] | None:
    """The machine of a resource that is made for the cluster; None for one of a reservation."""
    for kind in _KINDS:
        block = resource.block("config").block(kind)
        if block:
            return Stated(bare(block.text("machine_type")), block.at("machine_type"))
    return None


def _sum(*counts: Maybe[int]) -> Maybe[int]:
    unknown = next(
        (each for each in counts if each is not None and not isinstance(each, int)), None
    )
    return unknown or sum(each for each in counts if isinstance(each, int))

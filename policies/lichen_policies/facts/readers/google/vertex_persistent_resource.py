"""Vertex AI's persistent resource: machines that stay up for training jobs, with or without one."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.machine import bare, names_accelerators
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:vertex/aiPersistentResource:AiPersistentResource",),
    "terraform": ("google_vertex_ai_persistent_resource",),
}
FACTS = (Located, Machines, Scaling)

_HOSTING = "vertex-training"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, and for each pool a Machines and, where it scales itself, a Scaling."""
    pools = properties.blocks("resource_pools")
    only = pools[0].block("machine_spec") if len(pools) == 1 else None
    yield Located(
        region_at=properties.at("location"),
        machine=field(bare(only.text("machine_type"))) if only is not None else None,
        hosting=_HOSTING,
        for_models=True,
    )
    for pool in pools:
        yield from _of_pool(pool)


def _of_pool(pool: Properties) -> Iterator[Fact]:
    spec, bounds = pool.block("machine_spec"), pool.block("autoscaling_spec")
    machine = bare(spec.text("machine_type"))
    carries = isinstance(machine, str) and names_accelerators(machine)
    floor = bounds.stated_whole("min_replica_count")
    fixed = pool.stated_whole("replica_count")
    most = bounds.stated_whole("max_replica_count") if bounds else fixed
    yield Machines(
        path=spec.at("machine_type"),
        machine=field(machine),
        machines=1 if most.value is None else field(most.value),
        machines_at=most.path,
        least=field(floor.value) if bounds else None,
        least_at=floor.path if bounds else "",
        chip=None if carries else field(spec.text("accelerator_type")),
        chips_each=None if carries else field(spec.number("accelerator_count")),
        hosting=_HOSTING,
    )
    if bounds:
        yield Scaling(
            path=floor.path,
            floor=field(floor.value),
            ceiling=field(most.value),
            ceiling_at=most.path,
            machine=field(machine),
            hosting=_HOSTING,
            least=1,
            below_least="delete the persistent resource when nobody trains",
        )

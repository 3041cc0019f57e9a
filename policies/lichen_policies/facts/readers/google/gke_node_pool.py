"""GKE's node pool: the machines of a cluster, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen.clouds import CLOUDS
from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import where_its_whole_is, whole_of
from lichen_policies.facts.kinds import (
    Disk,
    Located,
    Machines,
    ModelAccelerators,
    Part,
    ReservationUse,
    Scaling,
    TpuSlice,
    WholeAccelerator,
    ZonedPool,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.gke_pools import pool_facts, zones_of
from lichen_policies.facts.unknown import field

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:container/nodePool:NodePool",),
    "terraform": ("google_container_node_pool",),
}
FACTS = (
    Disk,
    Located,
    Machines,
    ModelAccelerators,
    Part,
    ReservationUse,
    Scaling,
    TpuSlice,
    WholeAccelerator,
    ZonedPool,
)

_WAITS_FOR = "its cluster"


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Part of its cluster, and the facts of a pool."""
    location, zones = properties.text("location"), zones_of(properties)
    placed = isinstance(location, str)
    waits_for = "" if placed and zones is not None else _WAITS_FOR
    yield Part(
        path=properties.at("cluster"),
        whole=field(properties.text("cluster")),
        placed=placed,
        zones=field(zones),
        zones_at=properties.at("node_locations"),
        waits_for=waits_for,
    )
    count = len(zones) if isinstance(zones, tuple) else 1
    yield from pool_facts(
        properties,
        context,
        region_at=properties.at("location"),
        zones=count,
        part_of=_WAITS_FOR if placed or _names_region(properties) else "",
        waits_for=waits_for,
    )


def _names_region(properties: Properties) -> bool:
    """Whether the cluster's name is a full one, which says where it is."""
    cluster = properties.text("cluster")
    return isinstance(cluster, str) and CLOUDS[CLOUD].region_of_name(cluster) is not None


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The pool in its cluster's region, and in as many zones where it lists none."""
    facts = where_its_whole_is(facts, stack, "cluster")
    part = next((fact for fact in facts if isinstance(fact, Part)), None)
    cluster = whole_of(facts, stack)
    if part is None or cluster is None or part.as_read("zones") is not None:
        return facts
    zones = cluster.fact.as_read("zones")
    if not isinstance(zones, int) or zones == 1:
        return facts
    return tuple(_in_zones(fact, zones) for fact in facts)


def _in_zones(fact: Fact, zones: int) -> Fact:
    """A pool's fact, which counts one zone, for several."""
    if isinstance(fact, Machines) and fact.times == 1 and not _is_total(fact.machines_at):
        return msgspec.structs.replace(
            fact, machines=_over(fact.as_read("machines"), zones), times=zones
        )
    if isinstance(fact, Scaling) and not _is_total(fact.path):
        return msgspec.structs.replace(
            fact,
            floor=_over(fact.as_read("floor"), zones),
            ceiling=_over(fact.as_read("ceiling"), zones),
        )
    return fact


def _is_total(path: str) -> bool:
    return "total" in path.lower()


def _over(count: object, zones: int) -> object:
    return count * zones if isinstance(count, int) else count

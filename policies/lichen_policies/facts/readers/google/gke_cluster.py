"""GKE's cluster: its default pool, the pools written into it, and the pools that it may make."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Disk,
    Located,
    Machines,
    ModelAccelerators,
    ReservationUse,
    Scaling,
    TpuSlice,
    Whole,
    WholeAccelerator,
    ZonedPool,
)
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import HOSTING
from lichen_policies.facts.readers.google.gke_pools import (
    ZONES_OF_A_REGION,
    pool_facts,
    zones_of,
)
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:container/cluster:Cluster",),
    "terraform": ("google_container_cluster",),
}
FACTS = (
    Disk,
    Located,
    Machines,
    ModelAccelerators,
    ReservationUse,
    Scaling,
    TpuSlice,
    Whole,
    WholeAccelerator,
    ZonedPool,
)

_NO_CHIPS = ("cpu", "memory")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole; the facts of each pool, else a Located; a Machines for each accelerator that node
    auto-provisioning may make.

    Autopilot has no pools of its own; a default pool that is removed runs nothing.
    """
    zones = _zones(properties)
    yield Whole(names=names(properties, "name", "self_link"), zones=field(zones))
    pools = _pools(properties)
    count = zones if isinstance(zones, int) else 1
    for pool in pools:
        own = zones_of(pool)
        yield from pool_facts(
            pool,
            context,
            region_at=properties.at("location"),
            zones=len(own) if isinstance(own, tuple) else count,
        )
    if not pools and properties.flag("remove_default_node_pool") is not True:
        yield Located(region_at=properties.at("location"), hosting=HOSTING)
    provisioning = properties.chosen_block("cluster_autoscaling")
    if provisioning.flag("enabled") is False:
        return
    for limit in provisioning.blocks("resource_limits"):
        chip = limit.text("resource_type")
        if chip not in _NO_CHIPS:
            most, most_at = limit.stated_whole("maximum")
            yield Machines(
                path=limit.at("resource_type"),
                machines=field(most),
                machines_at=most_at,
                chip=field(chip),
                chips_each=1,
                hosting=HOSTING,
            )


def _pools(properties: Properties) -> list[Properties]:
    """The pools of the cluster itself: those written into it, else its default one."""
    if properties.flag("enable_autopilot") is True:
        return []
    value = properties.scalar("node_pools", "node_pool")
    computed = is_left_out(value)
    written = [] if computed else properties.blocks("node_pools", "node_pool")
    if written:
        return written
    if properties.flag("remove_default_node_pool") is True:
        return []
    given = properties.whole("initial_node_count")
    return [properties] if given is not None else []


def _zones(properties: Properties) -> Maybe[int]:
    """Over how many zones a pool of the cluster spreads: of a zonal cluster its own and those
    beside it, of a regional one those listed or three."""
    location = properties.text("location")
    listed = zones_of(properties)
    if is_unknown(listed):
        return listed
    if not isinstance(location, str):
        return len(listed) if listed else None
    is_zone = location.rsplit("-", 1)[-1].isalpha()
    if is_zone:
        return len({location, *(listed or ())})
    return len(listed) if listed else ZONES_OF_A_REGION

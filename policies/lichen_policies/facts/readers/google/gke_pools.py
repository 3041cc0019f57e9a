"""The pools of machines of a GKE cluster, whether they are resources or blocks of the cluster.

The counts of a pool are of one zone, except the ``total`` ones: it runs so many in each zone of its
own list, else of its cluster's. A cluster of a region that lists no zones has three. Source: Google
Cloud, GKE documentation, "About regional clusters".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    ModelAccelerators,
    Scaling,
    TpuSlice,
    WholeAccelerator,
    ZonedPool,
)
from lichen_policies.facts.machine import bare, may_serve
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import (
    HOSTING,
    accelerators,
    attached_to,
    has_attached,
    is_spot,
    spot_at,
    times_over,
)
from lichen_policies.facts.readers.google.chips import gpu_named
from lichen_policies.facts.readers.google.disks import disk
from lichen_policies.facts.readers.google.reservations import reservations_of
from lichen_policies.facts.readers.google.tpu import chips_of_topology
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

ZONES_OF_A_REGION = 3
TPU_HOSTING = "tpu-vm"
"""Of which the machines that carry TPUs are, in the catalogue."""

TPU_MACHINES = ("ct", "tpu")
"""How the names of machines that carry TPUs begin."""


def pool_facts(
    pool: Properties,
    context: Context,
    *,
    region_at: str,
    zones: int = 1,
    part_of: str = "",
    waits_for: str = "",
) -> Iterator[Fact]:
    """A Located, what the machines carry, and a Scaling where they serve models; nothing for a pool
    of no machines. ``zones`` is in how many zones the pool runs its count, ``part_of`` as in
    :class:`Located`."""
    node = pool.block("node_config")
    floor, ceiling, total = _bounds(pool)
    if ceiling.value == 0:
        return
    times = 1 if total else zones
    machine = bare(node.text("machine_type"))
    least = times_over(floor.value, times)
    yield Located(
        region_at=region_at,
        part_of=part_of,
        machine=field(machine),
        machines=field(least) or 1,
        hosting=HOSTING,
        waits_for=waits_for,
    )
    spot = is_spot(node)
    for fact in accelerators(
        node, ceiling, times=times, spot=spot, spot_at=spot_at(node), filled_in=True
    ):
        yield msgspec.structs.replace(fact, waits_for=waits_for)
    yield from reservations_of(node)
    for volume in (node, node.chosen_block("boot_disk")):
        for each in disk(volume, machine, has_attached(node, filled_in=True)):
            yield msgspec.structs.replace(each, waits_for=waits_for)
    yield from _of_models(node, pool, waits_for)
    if isinstance(machine, str) and machine.startswith(TPU_MACHINES):
        placement = pool.block("placement_policy")
        topology, topology_at = placement.stated_text("tpu_topology")
        yield TpuSlice(
            path=node.at("machine_type"),
            topology=field(topology),
            topology_at=topology_at,
            machine=machine,
            machine_at=node.at("machine_type"),
            # What a total counts may be several zones.
            nodes=None if total or _left_out(pool) else field(ceiling.value),
            nodes_at=ceiling.path,
        )
    listed = zones_of(pool)
    if isinstance(listed, tuple) and not total:
        yield ZonedPool(
            path=pool.at("node_locations"),
            zones=listed,
            zones_at=pool.at("node_locations"),
            least_each=field(floor.value),
            least_each_at=floor.path,
            total_at=pool.block("autoscaling").at("total_min_node_count"),
            machine=field(machine),
            attached=field(has_attached(node, filled_in=True)),
        )
    shows = any(isinstance(guest.text("type"), str) for guest in attached_to(node, filled_in=True))
    for_models = shows or may_serve(context, machine)
    if _scales(pool) and for_models:
        yield Scaling(
            path=floor.path,
            floor=field(least),
            ceiling=field(times_over(ceiling.value, times)),
            ceiling_at=ceiling.path,
            machine=field(machine),
            hosting=HOSTING,
            waits_for=waits_for,
            for_models=field(for_models),
        )


def _of_models(node: Properties, pool: Properties, waits_for: str) -> Iterator[Fact]:
    """The slice of a pool of TPUs; of GPUs how pods share them."""
    machine = bare(node.text("machine_type"))
    if not isinstance(machine, str):
        return
    if machine.startswith(TPU_MACHINES):
        placement = pool.block("placement_policy")
        topology, topology_at = placement.stated_text("tpu_topology")
        chips = chips_of_topology(topology)
        yield ModelAccelerators(
            path=node.at("machine_type"),
            topology_at="" if topology is None else topology_at,
            chips=field(chips),
            machine=machine,
            hosting=TPU_HOSTING,
            waits_for=waits_for,
        )
        return
    guests = list(attached_to(node, filled_in=True))
    guest = guests[0] if guests else node.block("guest_accelerator")
    sharing = guest.block("gpu_sharing_config")
    shared_at = sharing.at("max_shared_clients_per_gpu")
    strategy = sharing.stated_text("gpu_sharing_strategy")
    yield WholeAccelerator(
        path=shared_at if guests else node.block_at("guest_accelerator"),
        chip=gpu_named(guest.text("type")),
        machine=machine,
        clients=field(sharing.amount("max_shared_clients_per_gpu")),
        strategy=field(strategy.value),
        strategy_at=strategy.path if guests else "",
        partition=field(guest.text("gpu_partition_size")),
        waits_for=waits_for,
    )


def zones_of(pool: Properties) -> Maybe[tuple[str, ...]]:
    """The zones that a pool or a cluster lists; None where it lists none, or its provider does."""
    listed = pool.texts("node_locations")
    if is_left_out(listed):
        return None
    return listed or None


def _scales(pool: Properties) -> bool:
    bounds = pool.block("autoscaling")
    return bool(bounds) and bounds.flag("enabled") is not False


def _left_out(pool: Properties) -> bool:
    """Whether a provider may compute how many machines a pool has."""
    count = pool.whole("node_count", "initial_node_count")
    return not _scales(pool) and is_left_out(count)


def _bounds(pool: Properties) -> tuple[Stated[int], Stated[int], bool]:
    """The least and the most machines, and whether they count all zones together."""
    bounds = pool.block("autoscaling")
    if _scales(pool):
        total = bounds.given("total_max_node_count") is True
        names = ("total_min_node_count", "total_max_node_count")
        if not total:
            names = ("min_node_count", "max_node_count")
        return bounds.stated_whole(names[0]), bounds.stated_whole(names[1]), total
    count = pool.stated_whole("node_count", "initial_node_count")
    if is_left_out(count.value):
        # Left out both: one machine is what a provider makes of it.
        other = pool.whole("initial_node_count")
        count = Stated(1 if is_unknown(other) else other, count.path)
    return count, count, False

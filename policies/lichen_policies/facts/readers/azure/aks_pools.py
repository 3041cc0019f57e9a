"""The pools of machines of an AKS cluster, in the cluster or as resources.

The counts of a pool are of all its zones together. One that is left out is 1 in azurerm, and what
the pool has where an autoscaler moves it. Source: Microsoft Learn, "Microsoft.ContainerService
managedClusters/agentPools".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, ReservationUse, Scaling
from lichen_policies.facts.machine import may_serve
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.reservations import reservations_of
from lichen_policies.facts.readers.azure.sizes import HOSTING, is_spot, machines_of, size
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

FACTS = (Located, Machines, ReservationUse, Scaling)

_KEEPS_ONE = (
    "a pool of the mode System keeps one machine at the least: put what serves models in one of "
    "the mode User"
)


def pool_facts(
    pool: Properties, context: Context, *, region_at: str, is_default: bool = False
) -> Iterator[Fact]:
    """A Located, a Machines, and a Scaling where the pool scales and serves models; nothing for a
    pool of no machines. ``is_default`` marks a cluster's own first pool."""
    several = pool.block("virtual_machines_profile").block("scale")
    if several:
        yield from _of_sizes(several, region_at)
        return
    machine = size(pool, "vm_size")
    scales = pool.flag("auto_scaling_enabled", "enable_auto_scaling")
    floor, ceiling = _bounds(pool, scales)
    if ceiling.value == 0:
        return
    yield Located(
        region_at=region_at,
        machine=field(machine.value),
        machines=field(floor.value) or 1,
        hosting=HOSTING,
    )
    spot = is_spot(pool, "priority", "scale_set_priority")
    for fact in machines_of(machine, ceiling, spot=spot):
        # Between its bounds a pool is asked for a number to begin with.
        asked = pool.stated_whole("node_count", "count")
        scaled = scales is True and asked.value is not None and not is_unknown(asked.value)
        yield (
            msgspec.structs.replace(fact, desired=asked.value, desired_at=asked.path)
            if scaled
            else fact
        )
    yield from reservations_of(pool)
    for_models = may_serve(context, machine.value)
    if scales is True and for_models:
        keeps_one = is_default or pool.text("mode") == "System"
        yield Scaling(
            path=floor.path,
            floor=field(floor.value),
            least=1 if keeps_one else 0,
            to_zero=_KEEPS_ONE if keeps_one else "",
            ceiling=field(ceiling.value),
            ceiling_at=ceiling.path,
            machine=field(machine.value),
            hosting=HOSTING,
            for_models=field(for_models),
        )


def _of_sizes(scale: Properties, region_at: str) -> Iterator[Fact]:
    """The machines of a pool of the type VirtualMachines, which may have several sizes."""
    for each in (*scale.blocks("manual"), *scale.blocks("autoscale")):
        machine = size(each, "size")
        count = each.stated_whole("count", "max_count")
        if count.value == 0:
            continue
        yield Located(
            region_at=region_at,
            machine=field(machine.value),
            machines=field(each.whole("count", "min_count")) or 1,
            hosting=HOSTING,
        )
        yield from machines_of(machine, count)


def _bounds(pool: Properties, scales: Maybe[bool]) -> tuple[Stated[int], Stated[int]]:
    """The least and the most machines of a pool; a fixed count is both."""
    count = pool.stated_whole("node_count", "count")
    if is_left_out(count.value):
        count = Stated(None, count.path)
    if is_unknown(scales) and not scales.left_out:
        open_question: Maybe[int] = scales
        return Stated(open_question, count.path), Stated(open_question, count.path)
    if scales is not True:
        return count, count
    return pool.stated_whole("min_count"), pool.stated_whole("max_count")

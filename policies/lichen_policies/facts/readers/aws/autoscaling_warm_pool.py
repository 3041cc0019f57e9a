"""EC2's warm pool of an auto scaling group: machines that wait, running or stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import of_template
from lichen_policies.facts.joined import beside, found
from lichen_policies.facts.kinds import MachineGroup, Machines, WarmPool
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws-native:autoscaling:WarmPool",),
    "terraform": ("awscc_autoscaling_warm_pool",),
    "cloudformation": ("AWS::AutoScaling::WarmPool",),
}
FACTS = (WarmPool,)

_WAITS_FOR = "its auto scaling group"
_OUTSIDE = Unknown("is an auto scaling group outside of this document")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A WarmPool, whose group says its machine."""
    group = properties.text("auto_scaling_group_name")
    yield msgspec.structs.replace(
        warm_pool(properties, _OUTSIDE, _OUTSIDE), group=field(group), waits_for=_WAITS_FOR
    )


def warm_pool(
    properties: Properties, machine: Maybe[str], machines: Maybe[int], *, waits_for: str = ""
) -> WarmPool:
    """The WarmPool of a block, beside a group of such a machine."""
    state, state_at = properties.stated_text("pool_state")
    prepared = properties.number("max_group_prepared_capacity")
    return WarmPool(
        path=properties.path or state_at,
        runs=field(state if is_unknown(state) else state == "Running"),
        runs_at=state_at,
        stopped="Stopped",
        least=field(properties.whole("min_size")),
        # -1 is how the API is told to leave it out.
        most=field(None if prepared == -1 else properties.whole("max_group_prepared_capacity")),
        machine=field(machine),
        machines=field(machines),
        hosting="ec2",
        waits_for=waits_for,
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The pool with its group's machine, and as many as wait beside it."""
    return tuple(_of_group(f, stack) if isinstance(f, WarmPool) else f for f in facts)


def _of_group(pool: WarmPool, stack: Stack) -> WarmPool:
    group = found(stack, pool.as_read("group"), MachineGroup, "names")
    if group is None or is_unknown(group):
        return pool
    for machines in beside(stack, Machines, group.resource.address):
        for fact in of_template((machines,), stack):
            if isinstance(fact, Machines):
                return beside_group(pool, fact)
    return pool


def beside_group(pool: WarmPool, group: Machines) -> WarmPool:
    """A pool with the machine of its group. As many wait as the group may still grow by, where the
    pool does not say otherwise. Source: EC2 Auto Scaling API, PutWarmPool."""
    floor, ceiling = group.as_read("least"), group.as_read("machines")
    least, most = pool.as_read("least"), pool.as_read("most")
    known = [value for value in (floor, ceiling, least, most) if is_unknown(value)]
    waiting: Maybe[int] = known[0] if known else None
    if isinstance(most, int) and most < 0:
        most = None  # -1 is written for none
    prepared = ceiling if most is None else most
    if not known and isinstance(prepared, int):
        running = floor if isinstance(floor, int) else 0
        waiting = max(least if isinstance(least, int) else 0, prepared - running)
    return msgspec.structs.replace(pool, machine=group.as_read("machine"), machines=field(waiting))

"""The facts of a group of machines, which many kinds of resource have alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Stated
from lichen_policies.facts.unknown import Maybe, field

ONE: Stated[int] = Stated(1, "")
"""How many machines a resource of one machine has."""


def machines_named(
    machine: Stated[str],
    machines: Stated[int] = ONE,
    *,
    hosting: str,
    prefix: str = "",
    times: int = 1,
    spot: Maybe[bool] = None,
) -> Iterator[Machines]:
    """A Machines for a machine that is named; nothing where none is.

    ``prefix`` is what the hosting writes before the machine's name. ``machines`` counts all, of
    which the property at its path sets the number ``times`` over.
    """
    if machine.value is not None:
        yield Machines(
            path=machine.path,
            machine=field(machine.value),
            machines=field(machines.value),
            machines_at=machines.path,
            hosting=hosting,
            machine_prefix=prefix,
            times=times,
            spot=field(spot),
        )


def fleet(
    context: Context,
    *,
    machines: Sequence[Stated[str]],
    floor: Stated[int],
    ceiling: Stated[int],
    hosting: str,
    region_at: str,
) -> Iterator[Fact]:
    """A Located; a Machines for each kind of machine; a Scaling where they serve models.

    ``floor`` and ``ceiling`` are the least and the most machines that the group may run.
    """
    names = [machine.value for machine in machines]
    only = field(names[0]) if len(names) == 1 else None
    yield Located(
        region_at=region_at, machine=only, machines=field(floor.value) or 1, hosting=hosting
    )
    for machine in machines:
        yield from machines_named(machine, ceiling, hosting=hosting)
    if serves(context, *names):
        yield Scaling(
            path=floor.path,
            floor=field(floor.value),
            ceiling=field(ceiling.value),
            ceiling_at=ceiling.path,
            machine=only,
            hosting=hosting,
        )

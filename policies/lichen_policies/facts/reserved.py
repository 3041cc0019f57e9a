"""Whether something in a stack uses a reservation of machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.fleet import of_template
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import Machines, Reservation, ReservationUse
from lichen_policies.facts.machine import is_pattern
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_left_out, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

WAITS_FOR = "the rest of its stack"


def uses(target: Properties, *names: str) -> Iterator[ReservationUse]:
    """A ReservationUse for each reservation that a block names, by any of some properties."""
    for name in names:
        for reservation in target.each_text(name):
            if is_left_out(reservation):
                continue
            yield ReservationUse(path=target.at(name), reservation=field(reservation))


def with_use(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of a resource, each of its reservations with whether something uses it."""
    return tuple(
        msgspec.structs.replace(fact, used=field(_used(fact, stack)))
        if isinstance(fact, Reservation)
        else fact
        for fact in facts
    )


class _Run(NamedTuple):
    """What the machines of a stack are, and which reservations they name, by their addresses.

    ``elsewhere`` says that one is named that is not in the stack, which may be a group of those
    that are. An Unknown is a name, or a machine, that nobody knows.
    """

    machines: frozenset[str]
    unknown_machine: Unknown | None
    named: frozenset[str]
    elsewhere: bool
    unknown_name: Unknown | None


def _used(reservation: Reservation, stack: Stack) -> Maybe[bool]:
    """Whether machines of the stack name it; where any may use it, whether the stack has machines
    of its kind. Machines that nobody knows may."""
    run = stack.once(_run)
    if run.elsewhere or stack.subject(reservation).resource.address in run.named:
        return True
    wanted, named = reservation.as_read("machine"), reservation.as_read("named")
    if named is not True and wanted in run.machines:
        return True
    return run.unknown_name or run.unknown_machine or False


def _run(stack: Stack) -> _Run:
    named: set[str] = set()
    machines: set[str] = set()
    elsewhere = False
    unknown_name: Unknown | None = None
    unknown_machine: Unknown | None = None
    for use in stack.of(ReservationUse):
        meant = found(stack, use.fact.as_read("reservation"), Reservation, "names")
        if is_unknown(meant):
            unknown_name = _one_of(unknown_name, meant)
        elif meant is None:
            elsewhere = True
        else:
            named.add(meant.resource.address)
    reserved = {subject.resource.address for subject in stack.of(Reservation)}
    for subject in stack.of(Machines):
        if subject.resource.address in reserved:
            continue
        for fact in of_template((subject.fact,), stack):
            kinds = _kinds(fact)
            if is_unknown(kinds):
                unknown_machine = _one_of(unknown_machine, kinds)
            else:
                machines.update(kinds)
    return _Run(frozenset(machines), unknown_machine, frozenset(named), elsewhere, unknown_name)


def _one_of(first: Unknown | None, other: Unknown) -> Unknown:
    """The same of two in any order of the resources."""
    return min(filter(None, (first, other)), key=lambda unknown: unknown.because)


def _kinds(fact: Fact) -> tuple[str, ...] | Unknown:
    """The types of machines that a group runs; unknown where it may choose."""
    if not isinstance(fact, Machines):
        return ()
    machine = fact.as_read("machine")
    if is_unknown(machine):
        return machine
    if fact.as_read("requirements") is not None or any(map(is_pattern, fact.any_of)):
        return Unknown("depends on the machines that a group chooses")
    return (*fact.any_of, machine) if isinstance(machine, str) else fact.any_of

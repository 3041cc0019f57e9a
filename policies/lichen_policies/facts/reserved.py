"""Whether something in a stack uses a reservation of machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.fleet import of_template
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import Machines, Reservation, ReservationUse
from lichen_policies.facts.machine import is_pattern
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

WAITS_FOR = "the rest of its stack"


def uses(target: Properties, *names: str) -> Iterator[ReservationUse]:
    """A ReservationUse for each reservation that a block names, by any of some properties."""
    for name in names:
        for reservation in target.each_text(name):
            if is_unknown(reservation) and target.computes(reservation):
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


def _used(reservation: Reservation, stack: Stack) -> Maybe[bool]:
    """Whether machines of the stack name it; where any may use it, whether the stack has machines
    of its kind. Machines that nobody knows may."""
    mine = reservation.as_read("names")
    open_questions: list[Unknown] = []
    for use in stack.of(ReservationUse):
        named = found(stack, use.fact.as_read("reservation"), Reservation, "names")
        if is_unknown(named):
            open_questions.append(named)
        elif named is None or named.fact.as_read("names") == mine:
            return True  # what is outside of the stack may be a group of reservations
    wanted = reservation.as_read("machine")
    reserved = {subject.resource.address for subject in stack.of(Reservation)}
    for subject in stack.of(Machines):
        if subject.resource.address in reserved:
            continue
        (machines,) = of_template((subject.fact,), stack)[:1]
        answer = _is_of(machines, wanted)
        if is_unknown(answer):
            open_questions.append(answer)
        elif answer and reservation.as_read("named") is not True:
            return True
    # The same one in whatever order the resources are.
    return min(open_questions, key=lambda question: question.because, default=False)


def _is_of(machines: Fact, wanted: object) -> bool | Unknown:
    """Whether machines are, or may be, of the kind that is reserved."""
    if not isinstance(machines, Machines):
        return False
    machine = machines.as_read("machine")
    if is_unknown(machine):
        return machine
    requirements = machines.as_read("requirements")
    if requirements is not None or any(map(is_pattern, machines.any_of)):
        return Unknown("depends on the machines that a group chooses")
    return wanted == machine or wanted in machines.any_of

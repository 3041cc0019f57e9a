"""Pods with the devices that the claims of the same deployment give each of them."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import ClaimedDevices, Machines, Pods
from lichen_policies.facts.unknown import field, is_unknown
from lichen_policies.stack import Stack


def with_their_claims(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of an object, with the accelerators that its pods claim; as they are where the
    templates of its claims are outside of the stack, or ask for other devices."""
    return tuple(each for fact in facts for each in _with_claims(fact, stack))


def _with_claims(fact: Fact, stack: Stack) -> Iterator[Fact]:
    yield fact
    if not isinstance(fact, Pods):
        return
    for name in fact.claims:
        subject = found(stack, name, ClaimedDevices, "names")
        if subject is None or is_unknown(subject) or subject.fact.as_read("chips") is None:
            continue
        yield Machines(
            context=fact.context,
            path=fact.claims_at,
            chip=subject.fact.chip,
            chips_each=field(subject.fact.as_read("chips")),  # type: ignore[arg-type]
            machines=field(fact.as_read("machines")),  # type: ignore[arg-type]
            machines_at=fact.machines_at,
            hosting=fact.hosting,
            unit="pods",
            waits_for=fact.waits_for,
        )

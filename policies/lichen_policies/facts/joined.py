"""What a reader's ``complete`` does to facts that another resource of the stack completes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.kinds import Located, Part, StartedImage, Whole
from lichen_policies.facts.resource import called
from lichen_policies.facts.unknown import Maybe, Unknown, Unverified, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack, Subject

Kind = TypeVar("Kind", bound=Fact)


def found(
    stack: Stack, value: object, kind: type[Kind], *names: str
) -> Subject[Kind] | Unknown | None:
    """Like :meth:`Stack.linked`, with an Unknown where nobody can say."""
    try:
        return stack.linked(value, kind, *names)
    except Unverified as error:
        return Unknown(str(error))


def beside(stack: Stack, kind: type[Kind], address: str) -> Iterator[Kind]:
    """The facts of a kind that the resource at an address has."""
    for subject in stack.at(address, kind):
        yield subject.fact


def images_served(stack: Stack) -> Iterator[object]:
    """The image of each container of a stack that serves a model, as it was read."""
    for started in stack.of(StartedImage):
        yield started.fact.as_read("image")


def whole_of(facts: tuple[Fact, ...], stack: Stack) -> Subject[Whole] | None:
    """What a resource is a part of, where that is in the stack."""
    part = next((fact for fact in facts if isinstance(fact, Part)), None)
    if part is None:
        return None
    whole = found(stack, part.as_read("whole"), Whole, "names")
    return None if is_unknown(whole) else whole


def where_its_whole_is(facts: tuple[Fact, ...], stack: Stack, what: str) -> tuple[Fact, ...]:
    """The facts of a part, in the region of what it is a part of; as they are where the whole is
    outside of the stack. ``what`` is the word for the whole: what is located can only be there."""
    whole = whole_of(facts, stack)
    if whole is None:
        return facts
    placed = any(isinstance(fact, Part) and fact.placed for fact in facts)
    part_of = f"its {what} {called(whole.resource)}"
    return tuple(
        msgspec.structs.replace(fact, part_of=part_of) if isinstance(fact, Located) else fact
        for fact in (
            fact if placed else in_region(fact, whole.fact.context.region) for fact in facts
        )
    )


def in_region(fact: Fact, region: Maybe[str]) -> Fact:
    """The same fact in a region."""
    context = msgspec.structs.replace(fact.context, region=region)
    return msgspec.structs.replace(fact, context=context)

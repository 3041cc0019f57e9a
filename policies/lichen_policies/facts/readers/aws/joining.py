"""How Amazon's resources name each other: by name, by ARN, by reference.

Each answer is true, false, or None where nobody can say before deployment.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    ScalingPolicy,
    ScalingSchedule,
    Serving,
    ServingComponent,
    ServingContainer,
    ServingEndpoint,
    TargetInStack,
    VariantInStack,
)
from lichen_policies.facts.resource import Resource, called
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, Unknown, Unverified, field, is_unknown
from lichen_policies.stack import Stack, Subject, named_by, refers_to

Kind = TypeVar("Kind", bound=Fact)
Other = TypeVar("Other", bound=Fact)
Value = TypeVar("Value")

Variants: TypeAlias = list[tuple[Subject[Serving], bool | None]]
"""Variants, each with whether it is meant: None where nobody can say before deployment."""

_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_REFERENCE = re.compile(r"\$\{([^.}]+)\}")


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """True where one is true, None where one is open, else false."""
    found = tuple(answers)
    return True if True in found else None if None in found else False


def both(*answers: bool | None) -> bool | None:
    """False where one is false, None where one is open, else true."""
    return False if False in answers else None if None in answers else True


def each_of(found: object) -> tuple[object, ...]:
    """The values of a list; one that is not known as a whole is one of its own."""
    return found if isinstance(found, tuple) else (found,)


def made_with(one: Resource, other: Resource) -> bool | None:
    """Whether a resource is made wherever another is; None where a condition of its own decides."""
    return True if one.only_if in ("", other.only_if) else None


def known_or_open(question: Callable[[], Value | None]) -> Value | Unknown:
    """What a question about the stack gives; an Unknown where it stays open."""
    try:
        answer = question()
    except Unverified as error:
        return Unknown(f"cannot be known: {error}")
    return Unknown(AFTER_DEPLOYMENT) if answer is None else answer


def means(
    value: object, subject: Subject[Kind], of_its_kind: frozenset[str], name: str = "name"
) -> bool | None:
    """Whether a value read from another resource means this one, out of those of its kind, whose
    addresses are given."""
    if value is None:
        return False
    if type(value) is Unknown:
        if refers_to(value, subject.resource.address):
            return True
        references = value.references
        return False if references and of_its_kind.issuperset(references) else None
    called = subject.fact.as_read(name)
    return None if type(called) is Unknown else named_by(value, called)


def referred_to(value: Unknown) -> str:
    """The address in a value of a template that is a ``Ref`` and nothing else, of an endpoint its
    ARN; empty for any other. (AWS CloudFormation User Guide, AWS::SageMaker::Endpoint, Return
    values.)"""
    found = _REFERENCE.fullmatch(value.written)
    return found[1] if found else ""


def alike(value: object, other: object, of_its_kind: frozenset[str] = frozenset()) -> bool | None:
    """Whether two values that name something name the same; ``of_its_kind`` are the addresses of
    what they may name, of which no two are the same."""
    if isinstance(value, str) and isinstance(other, str):
        return value == other
    if type(value) is Unknown and type(other) is Unknown and value.references:
        one, two = set(value.references), set(other.references)
        if one == two:
            return True
        apart = two and not one & two and of_its_kind.issuperset(one | two)
        return False if apart else None
    return False if value is None or other is None else None


class MeantBy(Generic[Other, Kind]):
    """Of others with a value each, those that mean a fact by it, as :func:`means` answers.

    The others of a stack are asked once for all of its facts: of thousands that name each other
    each would be asked of each.
    """

    def __init__(
        self,
        others: Sequence[tuple[Subject[Other], object]],
        kind: type[Kind],
        name: str,
        stack: Stack,
    ) -> None:
        self._others, self._name = [other for other, _ in others], name
        self._surely: dict[int, list[int]] = defaultdict(list)
        self._by_name: list[int] = []
        self._perhaps: list[int] = []
        of_its_kind = stack.addresses(kind)
        for at, (_, value) in enumerate(others):
            for subject in stack.meant(value, kind, name):
                self._surely[id(subject)].append(at)
            if type(value) is not Unknown:
                if value is not None:
                    self._by_name.append(at)
            elif not value.references or not of_its_kind.issuperset(value.references):
                self._perhaps.append(at)

    def of(self, subject: Subject[Kind]) -> list[tuple[Subject[Other], bool | None]]:
        """Each that means a fact of the stack, or may, in the stack's order."""
        surely = self._surely.get(id(subject), ())
        has_open_name = type(subject.fact.as_read(self._name)) is Unknown
        perhaps = (*self._perhaps, *(self._by_name if has_open_name else ()))
        return [
            (self._others[at], True if at in surely else None) for at in sorted({*surely, *perhaps})
        ]


def endpoints_of(
    configuration: Subject[VariantInStack], stack: Stack
) -> list[tuple[Subject[ServingEndpoint], bool | None]]:
    """Each endpoint that puts a configuration into service, or may."""
    return stack.once(_endpoints).of(configuration) if stack.of(ServingEndpoint) else []


def _endpoints(stack: Stack) -> MeantBy[ServingEndpoint, VariantInStack]:
    endpoints = [
        (endpoint, endpoint.fact.as_read("configuration")) for endpoint in stack.of(ServingEndpoint)
    ]
    return MeantBy(endpoints, VariantInStack, "configuration", stack)


def meant_or_open(
    value: object, kind: type[Kind], name: str, stack: Stack
) -> list[tuple[Subject[Kind], bool | None]]:
    """What a value surely means by a name; where nothing is sure, all that it may mean."""
    sure = stack.meant(value, kind, name)
    if sure or value is None:
        return [(each, True) for each in sure]
    at = stack.addresses(kind)
    found = [(each, means(value, each, at, name)) for each in stack.of(kind)]
    return [(each, answer) for each, answer in found if answer is not False]


def variants_of(endpoint: ServingEndpoint, stack: Stack) -> Variants:
    """The variants that an endpoint puts into service, or may."""
    return meant_or_open(endpoint.as_read("configuration"), Serving, "configuration", stack)


def variants_under(component: ServingComponent, stack: Stack) -> Iterator[Subject[Serving]]:
    """The variants on whose machines an inference component surely runs."""
    for endpoint in stack.meant(component.as_read("endpoint"), ServingEndpoint, "name"):
        found = variants_of(endpoint.fact, stack)
        variants = [each for each, sure in found if sure and not each.fact.shadow]
        for variant in variants:
            named = component.as_read("variant"), variant.fact.as_read("name")
            if named[0] == named[1] or len(variants) == 1:
                yield variant


def on_machine_of(
    container: ServingContainer,
    variant: Subject[Serving],
    component: Subject[ServingComponent] | None = None,
) -> ServingContainer:
    """A container on the machine of a variant, with the accelerators of it that an inference
    component asks for."""
    on = msgspec.structs.replace(
        container,
        machine=field(variant.fact.as_read("machine")),
        machine_at=variant.fact.machine_at,
        machine_named_in=called(variant.resource),
    )
    if component is None:
        return on
    return msgspec.structs.replace(
        on,
        chips=field(component.fact.as_read("chips")),
        chips_at=component.fact.chips_at,
        chips_named_in=called(component.resource),
    )


def targets_of(
    endpoint: Subject[ServingEndpoint], stack: Stack
) -> list[tuple[Subject[TargetInStack], bool | None]]:
    """Each scaling target whose ``endpoint/NAME/variant/VARIANT`` is of an endpoint, or may be."""
    return stack.once(_targets).of(endpoint)


def _targets(stack: Stack) -> MeantBy[TargetInStack, ServingEndpoint]:
    targets = [
        (target, _endpoint_in(target.fact.as_read("scales"))) for target in stack.of(TargetInStack)
    ]
    return MeantBy(targets, ServingEndpoint, "name", stack)


def _endpoint_in(scaled: object) -> object:
    """What names the endpoint in what a target scales; None where it scales none."""
    parts = _VARIANT.search(scaled) if isinstance(scaled, str) else None
    return parts[1] if parts else None if isinstance(scaled, str) else scaled


def variant_meant(scaled: object, variant: object, is_only: bool) -> bool | None:
    """Whether it is of the variant of a name, of that endpoint."""
    text = scaled.written if type(scaled) is Unknown else scaled
    parts = _VARIANT.search(text) if isinstance(text, str) else None
    if parts is None or "${" in parts[2] or not isinstance(variant, str):
        return True if is_only else None
    return parts[2] == variant


def policies_of(
    target: Subject[TargetInStack], stack: Stack
) -> list[tuple[Subject[ScalingPolicy], bool | None]]:
    """Each policy that moves a target, or may."""
    return [
        (each, _moves(each, target, answer)) for each, answer in stack.once(_policies).of(target)
    ]


def schedules_of(
    target: Subject[TargetInStack], stack: Stack
) -> list[tuple[Subject[ScalingSchedule], bool | None]]:
    """Each schedule that moves a target, or may."""
    return [
        (each, _moves(each, target, answer)) for each, answer in stack.once(_schedules).of(target)
    ]


def _moves(
    other: Subject[ScalingPolicy] | Subject[ScalingSchedule],
    target: Subject[TargetInStack],
    answer: bool | None,
) -> bool | None:
    """Whether it moves a target that it may mean: it does where both name the same."""
    same = alike(other.fact.as_read("scales"), target.fact.as_read("scales"))
    return answer or same or None


def _policies(stack: Stack) -> MeantBy[ScalingPolicy, TargetInStack]:
    policies = [(each, each.fact.as_read("scales")) for each in stack.of(ScalingPolicy)]
    return MeantBy(policies, TargetInStack, "scales", stack)


def _schedules(stack: Stack) -> MeantBy[ScalingSchedule, TargetInStack]:
    schedules = [(each, each.fact.as_read("scales")) for each in stack.of(ScalingSchedule)]
    return MeantBy(schedules, TargetInStack, "scales", stack)


def in_environment_of(context: Context, others: Sequence[Fact]) -> Context:
    """A context in the one environment of other facts, where it states none itself."""
    stated = {other.context.environment for other in others}
    if context.environment is not None or not stated:
        return context
    unknown = next(filter(is_unknown, stated), None)
    if unknown is None and len(stated) != 1:
        return context
    return msgspec.structs.replace(context, environment=unknown or stated.pop())


def variants_scaled(target: TargetInStack, stack: Stack) -> Variants:
    """Each variant whose size a target changes, or may."""
    scaled = target.as_read("scales")
    endpoints = meant_or_open(_endpoint_in(scaled), ServingEndpoint, "name", stack)
    found: Variants = []
    for endpoint, its in endpoints:
        used = [each for each in variants_of(endpoint.fact, stack) if not each[0].fact.shadow]
        for variant, uses in used:
            beside = sum(each.resource is variant.resource for each, _ in used)
            is_it = variant_meant(scaled, variant.fact.as_read("name"), beside == 1)
            answer = both(its, uses, is_it)
            if answer is not False:
                found.append((variant, answer))
    return found


def machines_scaled(target: TargetInStack, stack: Stack) -> Variants:
    """Each variant whose machines a target counts, or may: those of :func:`variants_scaled`; where
    the stack has none of its endpoint, the only variant of the name that no endpoint of the stack
    uses."""
    found = variants_scaled(target, stack)
    scaled = target.as_read("scales")
    parts = _VARIANT.search(scaled) if isinstance(scaled, str) else None
    if found or parts is None:
        return found
    named = [
        variant
        for variant in stack.of(Serving)
        if not variant.fact.shadow and variant.fact.as_read("name") == parts[2]
    ]
    if len(named) != 1:
        return []
    configurations = stack.addresses(Serving)
    used = any_of(
        means(endpoint.fact.as_read("configuration"), named[0], configurations, "configuration")
        for endpoint in stack.of(ServingEndpoint)
    )
    return [] if used else [(named[0], True if used is False else None)]

"""Containers with the settings that ConfigMaps of the same deployment give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import ConfigValues, Pods, ServingContainer
from lichen_policies.facts.servers import filled_in
from lichen_policies.facts.unknown import is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack


def with_their_settings(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of an object, with what the ConfigMaps say that its containers take settings from;
    as they are where these are outside of the stack."""
    if not any(isinstance(fact, ServingContainer) and fact.set_by for fact in facts):
        return facts
    names = next((fact.names for fact in facts if isinstance(fact, Pods)), ())
    namespace = names[0].split("/")[1:-1] if names else []
    return tuple(
        _configured(fact, namespace, stack) if isinstance(fact, ServingContainer) else fact
        for fact in facts
    )


def _configured(fact: ServingContainer, namespace: list[str], stack: Stack) -> ServingContainer:
    left: list[tuple[str, str, str]] = []
    given: dict[str, object] = {}
    for own, name, key in fact.set_by:
        values = _values("/".join(("ConfigMap", *namespace, name)), stack)
        if values is None or (own and key not in values):
            left.append((own, name, key))
        else:
            given |= {own: values[key]} if own else values
    own_settings = fact.as_read("settings")
    if is_unknown(own_settings) or not given:
        return fact
    set_here = own_settings if isinstance(own_settings, Mapping) else {}
    open_here = {name: value for name, value in set_here.items() if is_unknown(value)}
    known_here = {name: value for name, value in set_here.items() if not is_unknown(value)}
    # What a container sets itself goes before what it takes all of.
    settings = open_here | given | known_here
    arguments = fact.as_read("arguments")
    if isinstance(arguments, tuple):
        arguments = filled_in(arguments, settings)
    return msgspec.structs.replace(fact, settings=settings, arguments=arguments, set_by=tuple(left))


def _values(name: str, stack: Stack) -> Mapping[str, object] | None:
    """What a ConfigMap of the stack has; None where it is elsewhere or nobody knows."""
    subject = found(stack, name, ConfigValues, "names")
    if subject is None or is_unknown(subject):
        return None
    values = subject.fact.as_read("values")
    return values if isinstance(values, Mapping) else None

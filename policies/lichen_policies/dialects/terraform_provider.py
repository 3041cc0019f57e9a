"""Where the providers of a Terraform plan are, and the tags that they put on everything.

A constant in the provider's block decides. Anything else is an expression, whose value a plan does
not have: the one name in it is no value, since a function may be around it. What the provider has
answered says it all the same: a data source that says where the provider is, the region, the ARN
or the tags that it gave a resource. Where the answers agree, they hold.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from lichen.clouds import CLOUDS, Cloud, region_of
from lichen_policies.dialects.terraform_configuration import (
    Expression,
    Instance,
    ResourceBlock,
    Scope,
    WrittenPlan,
    references_of,
    scope_of,
)
from lichen_policies.dialects.terraform_values import SECRET
from lichen_policies.facts.region import PROVIDER_ARGUMENTS, of_provider, unstated
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

_NOT_CARRIED: Any = Unknown("is set by an expression that the plan does not contain")
_OLD_KEY: Any = Unknown(
    "is that of a provider which the plan does not name (plan with Terraform 1.2 or newer)"
)


class Providers:
    """The providers of a plan.

    ``answered`` are the blocks of the resource and data source instances whose values the plan
    knows, with these values.
    """

    def __init__(
        self,
        configuration: WrittenPlan,
        variables: Mapping[str, Any],
        answered: Iterable[tuple[ResourceBlock, Mapping[str, Any]]],
    ) -> None:
        self._configuration = configuration
        self._variables = variables
        self._answered = answered
        # Thousands of resources go to a few providers, of which each is asked once.
        self._regions: dict[str, Maybe[str]] = {}
        self._regions_of_blocks: dict[str, Maybe[str]] = {}
        self._default_tags: dict[tuple[str, ...], Any] = {}

    @cached_property
    def _answers(self) -> Mapping[str, Sequence[tuple[ResourceBlock, Mapping[str, Any]]]]:
        """What each provider answered, by its key: asked only where no constant says it."""
        answers: dict[str, list[tuple[ResourceBlock, Mapping[str, Any]]]] = defaultdict(list)
        for block, values in self._answered:
            keys = self._configuration.provider_keys(block)
            if len(keys) == 1:
                answers[keys[0]].append((block, values))
        return answers

    def region(self, block: ResourceBlock | None) -> Maybe[str]:
        """The region of the provider that a resource block goes to; None where nothing sets one."""
        if block is None:
            return None
        key = block.provider_config_key
        if key not in self._regions_of_blocks:
            first, *others = map(self._region_of, self._configuration.provider_keys(block))
            agreed = all(other == first for other in others)
            self._regions_of_blocks[key] = first if agreed else _OLD_KEY
        return self._regions_of_blocks[key]

    def _region_of(self, key: str) -> Maybe[str]:
        if key not in self._regions:
            self._regions[key] = self._region(key)
        return self._regions[key]

    def hosts(self, block: ResourceBlock | None) -> tuple[str, ...]:
        """The addresses of the planned resources that the host of a block's provider is made of,
        such as a cluster."""
        found: dict[str, None] = {}
        for key in [] if block is None else self._configuration.provider_keys(block):
            provider = self._configuration.provider(key)
            if provider.expressions.host is not None:
                written = {"references": list(provider.expressions.host.references)}
                place = Instance(module=provider.module_address, mode="", type="", name="")
                found |= dict.fromkeys(self._configuration.made_of(written, place) or ())
        return tuple(found)

    def default_tags(self, block: ResourceBlock | None) -> Any:
        """``dict``: the tags that its provider puts on what a resource block makes."""
        keys = () if block is None else tuple(self._configuration.provider_keys(block))
        if keys not in self._default_tags:
            self._default_tags[keys] = self._default_tags_of(keys)
        return self._default_tags[keys]

    def _default_tags_of(self, keys: tuple[str, ...]) -> Any:
        blocks = [
            (key, each)
            for key in keys
            for each in self._configuration.provider(key).expressions.default_tags
        ]
        if not blocks:
            return {}
        (key, written), *others = blocks
        if not others and isinstance(written.tags.constant_value, dict):
            return written.tags.constant_value
        first, *differing = self._tags(key) or (None,)
        known = first is not None and not others and all(each == first for each in differing)
        return first if known else _NOT_CARRIED

    def _tags(self, key: str) -> list[Mapping[str, Any]]:
        """The tags that a provider gave what states none itself."""
        return [
            table
            for block, values in self._answers.get(key, ())
            if block.mode != "data" and not values.get("tags")
            for table in _tables(values.get("tags_all"))
        ]

    def _region(self, key: str) -> Maybe[str]:
        provider = self._configuration.provider(key)
        for name in PROVIDER_ARGUMENTS:
            expression: Expression | None = getattr(provider.expressions, name)
            if expression is None:
                continue
            constant = expression.constant_value
            if constant is not msgspec.UNSET:
                found = of_provider({name: constant})
                if found is not None:
                    return found
                continue
            told = self._told(key)
            value = self._value(expression, scope_of(provider.module_address))
            names = references_of({"references": expression.references})
            # OpenTofu makes one provider for each of some keys out of one block.
            each = any(name.startswith("each.") for name in names)
            if is_unknown(value):
                return value
            if len(told) == 1 and not each:
                return next(iter(told))
            if isinstance(value, str) and not told and self._zones(key) == {value}:
                return value
            cloud = _cloud_of(provider.name)
            return unstated(next(iter(cloud.region_sources), "") if cloud else "")
        told = self._told(key)
        return next(iter(told)) if len(told) == 1 else None

    def _told(self, key: str) -> set[str]:
        """The regions that a provider's answers say it is in."""
        answers = self._answers.get(key, ())
        return {region for block, values in answers for region in _told(block, values)}

    def _zones(self, key: str) -> set[str]:
        """The regions of the zones that its resources are put in."""
        answers = self._answers.get(key, ())
        return {region for block, values in answers for region in _zones(block, values)}

    def _value(self, expression: Expression, scope: Scope) -> Any:
        """What the one name in an expression holds, which is the expression's value where nothing
        is around it; None where that is not known."""
        (whole, *others) = references_of({"references": expression.references}) or ("",)
        steps = re.findall(_STEP, whole.removeprefix("var."))
        if others or not whole.startswith("var.") or not steps:
            return None
        found = self._variable(steps[0][0], scope)
        for attribute, key, index in steps[1:]:
            try:
                found = found[int(index)] if index else found[attribute or key]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def _variable(self, name: str, scope: Scope) -> Any:
        """A variable's value: as given to the plan at the root, by the module's caller below."""
        if self._configuration.is_sensitive(name, scope):
            return SECRET
        if not scope:
            return self._variables.get(name)
        passed = self._configuration.passed(name, scope)
        if passed is None:
            return self._configuration.default(name, scope)
        if passed.constant_value is not msgspec.UNSET:
            return passed.constant_value
        return self._value(passed, scope[:-1])


def _cloud_of(provider: str) -> Cloud | None:
    return next((cloud for cloud in CLOUDS.values() if provider in cloud.terraform_providers), None)


def _told(block: ResourceBlock, values: Mapping[str, Any]) -> Iterator[str]:
    """The regions that a provider's answer says it is in."""
    cloud = _cloud_of(block.provider)
    if cloud is None:
        return
    written = block.expressions
    source = cloud.region_sources.get(block.type) if block.mode == "data" else None
    if source is not None and not any(name in written for name in source.unless):
        yield from _regions(values.get(source.property))
    if any(_is_full_name(values.get(name), cloud) for name in written):
        return  # it may be looked up by a name in another region
    for name in cloud.address_properties:
        if name not in written and isinstance(full := values.get(name), str):
            yield from _regions(cloud.region_of_name(full))
    if block.mode != "data":
        for name in (*cloud.region_properties, *cloud.zone_properties):
            own = name in cloud.provider_properties or name in cloud.zone_properties
            if own and name not in written:
                yield from _regions(values.get(name))


def _zones(block: ResourceBlock, values: Mapping[str, Any]) -> Iterator[str]:
    """The regions of the zones that a resource is put in: those of its provider, if it is made."""
    cloud = _cloud_of(block.provider)
    for name in cloud.zone_properties if cloud is not None else ():
        if name in block.expressions:
            zones = values.get(name)
            for zone in zones if isinstance(zones, list) else (zones,):
                yield from _regions(zone)


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [value] if isinstance(value, dict) else []


def _is_full_name(value: Any, cloud: Cloud) -> bool:
    return isinstance(value, str) and cloud.region_of_name(value) is not None


def _regions(value: Any) -> Iterator[str]:
    """A value as the region that it names; nothing where it names none."""
    if isinstance(value, str) and re.fullmatch(_REGION, found := region_of(value)):
        yield found


_REGION = r"[a-z]{2,}(-[a-z]+)+-?\d+"
_STEP = r'([\w-]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]'

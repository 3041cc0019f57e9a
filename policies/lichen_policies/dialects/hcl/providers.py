"""The providers that a module writes, and what a call hands down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lichen_policies.dialects.hcl import syntax
from lichen_policies.dialects.hcl.expressions import OPEN, Bound, Names, at, value, written_names
from lichen_policies.dialects.hcl.making import instances, is_key, properties
from lichen_policies.dialects.hcl.syntax import Block, Written
from lichen_policies.facts import region
from lichen_policies.facts.unknown import Maybe, is_unknown


class ProviderBlock:
    """A provider block, in the module that it is written in."""

    def __init__(self, block: Block, module: Names) -> None:
        self.block = block
        self.module = module

    def of_key(self, key: Any) -> ProviderBlock:
        """One of those that OpenTofu makes of a block with a ``for_each``."""
        made = () if is_unknown(key) else instances(self.block.body, self.module)
        open_ = {"each": {"key": OPEN, "value": OPEN}}
        own = next((each.own for each in made if is_key(key, each.key)), open_)
        return ProviderBlock(self.block, Bound(self.module, own))

    @cached_property
    def region(self) -> Maybe[str]:
        """Where it is; None where it does not say."""
        written = self.block.body.arguments
        arguments: dict[str, Any] = {}
        for name in region.PROVIDER_ARGUMENTS:
            if name in written:
                found = value(written[name], self.module)
                arguments[name] = (
                    region.of_expression(written_names(written[name]))
                    if is_unknown(found)
                    else found
                )
        return region.of_provider(arguments)

    @cached_property
    def default_tags(self) -> Any:
        """``dict``: what it puts on everything; None where it puts nothing."""
        found = properties(self.block.body, self.module).get("default_tags")
        return None if found is None else at(found, (0, "tags"))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The addresses of the resources that its host is made of, such as a cluster."""
        found = value(self.block.body.arguments.get("host"), self.module)
        return found.references if is_unknown(found) else ()


def handed(written: Written) -> dict[str, str]:
    """What a call names its providers: ``{aws.west = aws}``."""
    if written is None:
        return {}
    if isinstance(written, Mapping):
        return {key: str(name).strip("${}") for key, name in written.items()}
    pairs: dict[str, str] = {}
    for element in syntax.elements(written):
        key, name = element
        pairs[key] = name
    return pairs


def name_of(written: Written) -> str:
    if isinstance(written, str):
        return written.strip("${}")
    return syntax.text_in(written)


_KEYED = re.compile(r"(?P<name>[\w.-]+)\[(?P<key>.+)\]", re.DOTALL)


def name_and_key(name: str, names: Names) -> tuple[str, Any]:
    """A name such as ``aws.west``, and the key of ``aws.west[each.key]``; None without one."""
    found = _KEYED.fullmatch(name)
    if found is None:
        return name, None
    return found["name"], value(syntax.expression(found["key"]), names)

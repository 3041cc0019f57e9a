"""A resource block of Terraform's language, as a parser of HCL hands it over.

The parser (Checkov's) has looked up variables, locals and functions as far as it can; every value
is in a list, and an expression that it could not evaluate is left as its text. Text that reads
like an expression is UNKNOWN: a name that looks like one by chance is unverified, not passed. So
is a default that may be replaced (:mod:`terraform_defaults`).

Which provider a block goes to is found here, over files and through modules: the parser finds it
only where both are in one file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lichen_policies.dialects.carried import carried
from lichen_policies.dialects.terraform_defaults import call_of, is_beside, without_defaults
from lichen_policies.facts import region
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

Block = Mapping[str, Any]

_INSTANCE = re.compile(r'\[(?:\d+|".*")\]$')


def resource(
    kind: str, address: str, block: Block, provider: Block | None, file: str, line: int | None
) -> Resource:
    """A block under the provider block that it goes to, as :func:`provider_of` finds it."""
    properties = {key: _known(value) for key, value in block.items()}
    by_default = None if provider is None else _tags(provider.get("default_tags"))
    if by_default is not None:
        properties["tags_all"] = over(by_default, _alone(properties.get("tags")))
    return carried(
        Resource(
            type=kind,
            name=_INSTANCE.sub("", address).rsplit(".", 1)[-1],
            address=address,
            properties=properties,
            dialect="terraform",
            region=_ELSEWHERE if provider is None else _provider_region(provider),
            file=file,
            line=line,
        )
    )


_ELSEWHERE: Any = Unknown("is set by a provider that these files do not configure")


def provider_of(block: Block, others: Sequence[Block]) -> Block | None:
    """The provider block that a resource block goes to, among the parser's ``others``.

    It is looked for beside the resource and then, as modules hand providers down, beside each
    caller; None where nobody writes it.
    """
    name = _alone(block.get("provider")) or block["resource_type"].partition("_")[0]
    file, module = block["file_path_"], block.get("source_module_object_")
    while True:
        for found in others:
            if found["block_name_"] == name and is_beside(found, "provider", file, module):
                return without_defaults(found, found, others)
        if module is None:
            return None
        call = call_of(module, others)
        if call is not None:
            handed = _alone(call.get("providers")) or {}
            name = re.sub(r"[${}]", "", handed.get(name, "" if "." in name else name))
        file, module = module.path, module.nested_tf_module


def _provider_region(provider: Block) -> Maybe[str]:
    """What the provider block sets."""
    arguments = (name for name in region.PROVIDER_ARGUMENTS if name in provider)
    return region.of_provider({name: _alone(_known(provider[name])) for name in arguments})


def _tags(default_tags: Any) -> Any:
    block = _alone(default_tags)
    return _alone(_known(block["tags"])) if isinstance(block, Mapping) and "tags" in block else None


def over(by_default: Any, tags: Any) -> Any:
    """``dict``: a resource's tags over those of its provider; UNKNOWN where one of both is."""
    for part in (by_default, tags):
        if is_unknown(part):
            return part
    return {**by_default, **(tags or {})} if isinstance(by_default, Mapping) else tags


_OPEN: Any = Unknown("is an expression whose value is not in the configuration")

_EXPRESSION = re.compile(
    r"""
      \$\{ | %\{                                      # a template
    | ^(?:var|local|data|module|each|count|path|self|terraform)\.
    | ^[a-z][a-z0-9]*_\w+\.[\w-]+(?:\[[^\]]*\])*\.\w  # an attribute of a resource
    | ^\w+\.(?:value|key)\b                           # of a dynamic block's iterator
    | ^[a-z][a-z0-9_]*\(.*\)$                         # a function
    | \s\?\s.*\s:\s                                   # a condition
    """,
    re.VERBOSE | re.DOTALL,
)


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _known(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return _OPEN if isinstance(value, str) and _EXPRESSION.search(value) else value


def _alone(value: Any) -> Any:
    """A value out of the lists of one that the parser puts it in."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return None if value == [] else value

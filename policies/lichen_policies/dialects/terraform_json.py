"""A resource block of Terraform's JSON syntax, as a parser of it hands it over.

The parser (Checkov's) looks nothing up in this syntax: an expression is its text, which is UNKNOWN.
Providers are read from the JSON files of the same folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lichen.input_error import InputError
from lichen.parsing.content import content_of
from lichen_policies.dialects import terraform_block
from lichen_policies.facts.resource import Resource


def resource(
    kind: str, address: str, block: Mapping[str, Any], file: Path | None, line: int | None
) -> Resource:
    """A block; ``file`` is None where it is not known which one it is in."""
    name = block.get("provider") or kind.partition("_")[0]
    while isinstance(name, list) and name:
        name = name[0]
    provider = None
    if file is not None and isinstance(name, str):
        provider = _provider(name.removeprefix("${").removesuffix("}"), file.parent)
    where = "main.tf.json" if file is None else str(file)
    return terraform_block.resource(kind, address, block, provider, where, line)


def _provider(name: str, folder: Path) -> Mapping[str, Any] | None:
    """The block of a provider, by its name or ``name.alias``."""
    name, _, alias = name.partition(".")
    for path in sorted(folder.glob("*.tf.json")):
        try:
            document = json.loads(content_of(path))
        except (InputError, ValueError, RecursionError):
            continue
        for block in _providers(document, name):
            if block.get("alias", "") == alias:
                return block
    return None


def _providers(document: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """Every block of a provider: one object or a list of them, in one object or in a list."""
    outer = document.get("provider") if isinstance(document, Mapping) else None
    for each in outer if isinstance(outer, list) else [outer]:
        inner = each.get(name) if isinstance(each, Mapping) else None
        for block in inner if isinstance(inner, list) else [inner]:
            if isinstance(block, Mapping):
                yield block

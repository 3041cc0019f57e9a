"""What a block makes: its instances by a count or a for_each, and their values by name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from lichen.document import InputError
from lichen_policies.dialects.hcl.expressions import (
    OPEN,
    TOO_LARGE,
    Bound,
    Names,
    Step,
    condition_of,
    value,
    whole,
    written_names,
)
from lichen_policies.dialects.hcl.syntax import Block, Body, Written
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.unknown import has_unknown, is_unknown

MOST_RESOURCES = 100_000

NO_PROPERTIES = ("count", "for_each", "provider", "depends_on", "lifecycle", "provisioner")


class KeyedInstance(NamedTuple):
    """One of what a count or a for_each makes: its key in an address, the names that it has, and
    the condition under which it is made."""

    key: str
    own: Mapping[str, Any]
    only_if: str = ""


def is_key(step: Step, key: str) -> bool:
    """Whether a step is the key of an instance, as its address writes it."""
    return key in (f"[{step}]", _key(str(step)))


def _key(text: str) -> str:
    """The key of an instance as an address has it."""
    return f"[{json.dumps(text, ensure_ascii=False)}]"


def instances(body: Body, names: Names) -> tuple[KeyedInstance, ...]:
    """What a count or a for_each makes; one where neither is there, or nobody knows. OpenTofu makes
    none of what its ``lifecycle`` says is not enabled."""
    if "count" in body.arguments:
        written = body.arguments["count"]
        found = value(written, names)
        if isinstance(found, bool | str):
            found = whole_in(str(int(found)) if isinstance(found, bool) else found)
        if isinstance(found, int):
            if found > MOST_RESOURCES:
                raise InputError(
                    f"is more than {MOST_RESOURCES}", fix="check the plan", field="count"
                )
            return tuple(
                KeyedInstance(f"[{index}]", {"count": {"index": index}}) for index in range(found)
            )
        return (KeyedInstance("", {"count": {"index": OPEN}}, _condition(written)),)
    if "for_each" in body.arguments:
        written = body.arguments["for_each"]
        found = whole(value(written, names))
        pairs = (
            {str(each): each for each in found}
            if isinstance(found, list) and not has_unknown(found)
            else found
        )
        if isinstance(pairs, Mapping):
            return tuple(
                KeyedInstance(_key(key), {"each": {"key": key, "value": part}})
                for key, part in pairs.items()
            )
        return (KeyedInstance("", {"each": {"key": OPEN, "value": OPEN}}, _condition(written)),)
    for block in body.of("lifecycle"):
        if "enabled" in block.body.arguments:
            written = block.body.arguments["enabled"]
            found = value(written, names)
            if found in (False, "false"):
                return ()
            return (KeyedInstance("", {}, _condition(written) if is_unknown(found) else ""),)
    return (KeyedInstance("", {}),)


def _condition(written: Written) -> str:
    """The condition of a count or a for_each, by the names that it is made of."""
    return " and ".join(written_names(condition_of(written))) or "of its count or for_each"


def properties(body: Body, names: Names) -> dict[str, Any]:
    """A resource's values by name, each kind of nested blocks as a list."""
    return _values(body, names, NO_PROPERTIES)


def _values(body: Body, names: Names, without: Collection[str] = ()) -> dict[str, Any]:
    """A block's values. One inside of a resource has a ``count`` as its own: how many GPUs."""
    found = {
        name: value(written, names)
        for name, written in body.arguments.items()
        if name not in without
    }
    for block in body.blocks:
        if block.kind in without:
            continue
        if block.kind == "dynamic":
            name, more = block.label, _dynamic(block, names)
        else:
            name, more = block.kind, [_values(block.body, names)]
        before = found.get(name, [])
        whole = next((part for part in (before, more) if is_unknown(part)), None)
        found[name] = [*before, *more] if whole is None else whole
    return found


def _dynamic(block: Block, names: Names) -> Any:
    """The blocks that a dynamic block makes; UNKNOWN where it is not known of what."""
    content = next(block.body.of("content"), None)
    over = block.body.arguments.get("for_each")
    found = None if over is None else whole(value(over, names))
    if content is None or is_unknown(found) or not isinstance(found, list | Mapping):
        return found if is_unknown(found) else OPEN
    iterator = block.body.arguments.get("iterator")
    name = block.label if iterator is None else written_names(iterator)[0]
    pairs = found.items() if isinstance(found, Mapping) else enumerate(found)
    if len(found) > MOST_RESOURCES:
        return TOO_LARGE
    return [
        _values(content.body, Bound(names, {name: {"key": key, "value": part}}))
        for key, part in pairs
    ]

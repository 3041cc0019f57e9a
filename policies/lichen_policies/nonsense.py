"""What a rule gives is looked at before it is believed: findings, and of each the right fields."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import GeneratorType, UnionType
from typing import NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from lichen_policies.rule import Finding

MOST_FINDINGS = 10_000
"""Of one judgement: more are a loop that does not end."""


class Nonsense(Exception):
    """What a rule gave is no finding; the text says what it is instead."""


def put_findings(given: object, found: list[Finding]) -> None:
    """Put what a rule gave into ``found``, one finding after the other.

    Raises :class:`Nonsense` where it gives something else.
    """
    if type(given) is not GeneratorType and not isinstance(given, Iterable):
        raise Nonsense(f"gave {type(given).__name__} in place of findings")
    for finding in given:
        if type(finding) is not Finding:
            raise Nonsense(f"gave {type(finding).__name__} in place of a finding")
        if wrong := _wrong_field(finding):
            raise Nonsense(f"gave a finding whose {wrong}")
        found.append(finding)
        if len(found) > MOST_FINDINGS:
            raise Nonsense(f"gave more than {MOST_FINDINGS} findings")


def _wrong_field(finding: Finding) -> str:
    """The first field that is not of its type, in words; empty where all are."""
    for name in ("what", "limit"):
        if getattr(finding, name) == "":
            return f"{name} is empty"
    if wrong := _wrong_in(finding):
        return wrong
    for number, change in enumerate(finding.changes):
        if wrong := _wrong_in(change):
            return f"changes[{number}].{wrong}"
    if wrong := _wrong_in(finding.saves):
        return f"saves.{wrong}"
    return ""


def _wrong_in(part: msgspec.Struct) -> str:
    for value, field in zip(msgspec.structs.astuple(part), _fields_of(type(part)), strict=True):
        own = type(value)
        if own in field.types and (own is not tuple or field.parts.issuperset(map(type, value))):
            continue  # nearly always, and known at once
        try:
            msgspec.convert(value, field.type, strict=True)
        except (msgspec.ValidationError, TypeError):
            return f"{field.name} is {own.__name__}"
    return ""


class _Field(NamedTuple):
    """A field of a finding or of a part of it. A value of one of ``types`` is right; so is a tuple
    whose values are of ``parts``. Of any other msgspec says whether it is."""

    name: str
    type: object
    types: frozenset[object]
    parts: frozenset[object]


@cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[_Field, ...]:
    hints = get_type_hints(kind)
    return tuple(_field(name, hints[name]) for name in kind.__struct_fields__)


def _field(name: str, type_: object) -> _Field:
    choices = get_args(type_) if isinstance(type_, UnionType) else (type_,)
    types = frozenset(get_origin(each) or each for each in choices)
    parts = frozenset(part for each in choices for part in get_args(each))
    return _Field(name, type_, types, parts)

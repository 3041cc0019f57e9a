"""What a rule gives is looked at before it is believed: findings, and of each the right fields."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import GeneratorType
from typing import get_type_hints

import msgspec

from lichen_policies.facts import Resource
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
    if not isinstance(finding.resource, Resource | None):
        return f"resource is {type(finding.resource).__name__}"
    parts: list[tuple[str, msgspec.Struct]] = [("", finding)]
    try:
        parts += [(f"changes[{n}].", change) for n, change in enumerate(finding.changes)]
    except TypeError:
        return "changes is no list"
    parts.append(("saves.", finding.saves))
    for within, part in parts:
        values = msgspec.structs.astuple(part)
        for value, (name, type_, default) in zip(values, _types_of(type(part)), strict=True):
            if type(value) is type_ or value is default:  # nearly always, and known at once
                continue
            try:
                msgspec.convert(value, type_, strict=True)
            except msgspec.ValidationError:
                return f"{within}{name} is {type(value).__name__}"
    return ""


@cache
def _types_of(kind: type[msgspec.Struct]) -> tuple[tuple[str, object, object], ...]:
    """Each field with its type and its default: any ``resource``, since msgspec cannot look into
    one."""
    types = {**get_type_hints(kind), "resource": object}
    return tuple(
        (field.name, types[field.name], field.default) for field in msgspec.structs.fields(kind)
    )

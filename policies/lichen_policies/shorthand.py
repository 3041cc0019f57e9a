"""Rules of one property: ``must_be`` and ``must_not_exceed`` write the function from the field.

A rule in short is a page and a declaration::

    no_serverless = must_be(Serving, "serverless", True, severity="low", dev="advisory", ...)

The field is one of the fact's; its path for messages is the fact's ``<field>_at``, else ``path``.
A field that is left out (None) is no offence, one that is not known makes it *unverified*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lichen.document import InputError, did_you_mean
from lichen_policies.facts import Fact
from lichen_policies.rule import Change, Declared, Finding, Known, Theme
from lichen_policies.verdict import Level, Severity, Value


def must_be(
    kind: type[Fact],
    field: str,
    value: Value,
    *,
    severity: Severity,
    dev: Level,
    staging: Level,
    prod: Level,
    theme: Theme,
    why: str = "",
) -> Declared:
    """The field must have this value where it is given. ``why`` is added to the fix."""

    def offends(found: object) -> bool:
        return found != value

    change = Change(path="", to=value, why=why)
    declared = _declared(kind, field, offends, f"it must be {change.value}", change)
    return _with(declared, severity, dev, staging, prod, theme)


def must_not_exceed(
    kind: type[Fact],
    field: str,
    most: float,
    *,
    severity: Severity,
    dev: Level,
    staging: Level,
    prod: Level,
    theme: Theme,
    why: str = "",
) -> Declared:
    """The field must be this number or less where it is given. ``why`` is added to the fix."""

    def offends(found: object) -> bool:
        return isinstance(found, int | float) and found > most

    change = Change(path="", to=most, why=why, at_most=True)
    declared = _declared(kind, field, offends, f"the limit is {most:g}", change)
    return _with(declared, severity, dev, staging, prod, theme)


Judge = Callable[[Fact, Known], Iterator[Finding]]


def _declared(
    kind: type[Fact],
    field: str,
    offends: Callable[[object], bool],
    limit: str,
    change: Change,
) -> tuple[type[Fact], Judge]:
    fields = kind.__struct_fields__
    if field not in fields:
        raise InputError(
            f"{kind.__name__} has no field {field!r}", fix=did_you_mean(field, fields), field=field
        )

    def judge(fact: Fact, _known: Known) -> Iterator[Finding]:
        found = getattr(fact, field)
        if found is None or not offends(found):
            return
        path = getattr(fact, f"{field}_at", "") or fact.path
        yield Finding(
            what=f"{path} {_stated(found, change)}",
            limit=limit,
            changes=(Change(path=path, to=change.to, why=change.why, at_most=change.at_most),),
            path=path,
        )

    return kind, judge


def _stated(found: object, change: Change) -> str:
    """``is 5``, ``is true``; a text is not repeated, since it may be anything."""
    if isinstance(found, bool | int | float):
        return f"is {Change(path='', to=found).value}"
    return f"is not {change.value}"


def _with(
    written: tuple[type[Fact], Judge],
    severity: Severity,
    dev: Level,
    staging: Level,
    prod: Level,
    theme: Theme,
) -> Declared:
    kind, judge = written
    return Declared(
        judge=judge,
        judges=kind,
        severity=severity,
        levels={"dev": dev, "staging": staging, "prod": prod},
        theme=theme,
    )

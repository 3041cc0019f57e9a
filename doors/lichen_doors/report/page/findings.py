"""What the rules found, as one page: by resource, with a month as it is and after the fixes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence

import msgspec
from lichen_policies.verdict import Month, Report, Verdict, advice_of

from lichen.figures import co2e, grams, usd
from lichen_doors.report.advice import AdviceLine, advice_lines
from lichen_doors.report.document import (
    Address,
    by_resource,
    ended,
    mark_of,
    of_other_files,
    outcome,
)
from lichen_doors.report.page import page

MARKS = {
    "blocks": "Blocks",
    "advises": "Advises",
    "unverified": "Unverified",
    "old": "Old",
    "exempted": "Exempted",
}
"""What a verdict does, and how the page calls it; the order is that of the filter."""


class ShownVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict of a resource; ``mark`` is a key of :data:`MARKS`."""

    mark: str
    rule: str
    severity: str
    said: str
    note: str
    exemption: str
    sources: tuple[str, ...]


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Grams or dollars of a resource in a month: ``now``, ``then`` after the fix, and what the fix
    ``saves``; None where that is not known, or nothing is saved. ``said`` is the same in words."""

    now: float | None
    then: float | None
    saves: float | None
    said: str

    @property
    def most(self) -> float:
        """What its bar has to have room for."""
        return self.now or self.saves or 0

    @property
    def order(self) -> float:
        """What a column is sorted by."""
        return self.saves or 0


class ShownResource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource with its verdicts and its one fix; ``mark`` is the most urgent of its rows'."""

    anchor: str
    name: str
    type: str
    place: str
    environment: str
    mark: str
    rows: tuple[ShownVerdict, ...]
    advice: tuple[AdviceLine, ...]
    grams: Amount
    dollars: Amount

    @property
    def saves(self) -> bool:
        """Whether its fix saves anything that is known."""
        return bool(self.grams.saves or self.dollars.saves)


def as_page(report: Report, *, today: datetime.date) -> str:
    """The page of a report."""
    verdicts = (*report.findings, *report.unverified, *report.exempted)
    months = {(month.resource, month.file, month.line): month for month in report.months}
    resources = sorted(
        (
            _judged(number, key, group, months)
            for number, (key, group) in enumerate(by_resource(verdicts), start=1)
        ),
        key=lambda each: (list(MARKS).index(each.mark), -each.grams.order, each.name),
    )
    said, style = outcome(report)
    marks = [row.mark for each in resources for row in each.rows]
    saving = [each for each in resources if each.saves]
    return page(
        "check.html",
        today=today,
        report=report,
        resources=resources,
        saving=sorted(
            saving, key=lambda each: (each.grams.order, each.dollars.order), reverse=True
        ),
        marks={key: (name, marks.count(key)) for key, name in MARKS.items() if key in marks},
        rules=sorted({row.rule for each in resources for row in each.rows}),
        outcome=said,
        style=style,
        ended=ended(report),
        other_files=of_other_files(report),
        missing=sum(each.missing for each in report.skipped),
        most_gco2e=max((each.grams.most for each in saving), default=0),
        most_usd=max((each.dollars.most for each in saving), default=0),
    )


def _judged(
    number: int, key: Address, verdicts: Sequence[Verdict], months: Mapping[Address, Month]
) -> ShownResource:
    resource, file, line = key
    rows = sorted((_row(verdict) for verdict in verdicts), key=_urgency)
    saves, month = advice_of(verdicts).saves, months.get(key)
    now = None if month is None else month.gco2e_month
    return ShownResource(
        anchor=f"resource-{number}",
        name=resource.rsplit("::", 1)[-1] or "The whole deployment",
        type=verdicts[0].type,
        place=":".join(str(part) for part in (file, line) if part),
        environment=verdicts[0].environment or "",
        mark=rows[0].mark,
        rows=tuple(rows),
        advice=tuple(advice_lines(verdicts)),
        grams=_amount(
            None if now is None else now.likely,
            None if saves.gco2e_month is None else saves.gco2e_month.likely,
            grams,
            "" if saves.gco2e_month is None else co2e(saves.gco2e_month),
        ),
        dollars=_amount(
            None if month is None else month.usd_month,
            saves.usd_month,
            usd,
            "" if saves.usd_month is None else usd(saves.usd_month),
        ),
    )


def _amount(
    now: float | None, saved: float | None, written: Callable[[float], str], saves: str
) -> Amount:
    """An amount as it is and after a fix that saves ``saved`` of it, in words ``saves``."""
    if saved is None or saved <= 0:
        said = "not known" if saved is None else "saves nothing"
        return Amount(now=now, then=None, saves=None, said=said)
    if now is None or now < saved:
        return Amount(now=None, then=None, saves=saved, said=f"saves {saves}")
    then = now - saved
    said = f"{written(now)} now, {written(then)} after; saves {saves}"
    return Amount(now=now, then=then, saves=saved, said=said)


def _row(verdict: Verdict) -> ShownVerdict:
    return ShownVerdict(
        mark=mark_of(verdict),
        rule=verdict.rule,
        severity=verdict.severity,
        said=f"{verdict.what}; {verdict.limit}" if verdict.what else verdict.message,
        note=verdict.note,
        exemption=verdict.exemption.text if verdict.exemption is not None else "",
        sources=verdict.sources,
    )


def _urgency(row: ShownVerdict) -> tuple[int, str]:
    return list(MARKS).index(row.mark), row.rule

"""A report as one page of HTML for a person: nothing is loaded from anywhere, and it prints.

The page works without a script; the script sorts and filters. All that a document says is text in
it: the template engine escapes every value.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lichen_policies.verdict import Report, Verdict, advice_of
from markupsafe import Markup

from lichen import __version__
from lichen.figures import co2e, many, usd
from lichen.visible import visible
from lichen_doors.report.advice import AdviceLine, advice_lines, sentence
from lichen_doors.report.findings import by_resource, mark_of, outcome

HERE = Path(__file__).parent

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


class ShownResource(msgspec.Struct, frozen=True, kw_only=True):
    """A resource with its verdicts and its one fix.

    ``gco2e_month`` and ``usd_month`` are what the fix saves, 0 where that is not known, and
    ``gco2e`` and ``usd`` the same in words. ``mark`` is the most urgent of its rows'.
    """

    anchor: str
    name: str
    type: str
    place: str
    environment: str
    mark: str
    rows: tuple[ShownVerdict, ...]
    advice: tuple[AdviceLine, ...]
    gco2e_month: float
    usd_month: float
    gco2e: str
    usd: str


def as_page(report: Report, *, today: datetime.date) -> str:
    """The page of a report."""
    verdicts = (*report.findings, *report.unverified, *report.exempted)
    resources = sorted(
        (
            _judged(number, key, group)
            for number, (key, group) in enumerate(by_resource(verdicts), start=1)
        ),
        key=lambda each: (list(MARKS).index(each.mark), -each.gco2e_month, each.name),
    )
    said, style = outcome(report)
    marks = [row.mark for each in resources for row in each.rows]
    return (
        _templates()
        .get_template("check.html")
        .render(
            report=report,
            resources=resources,
            marks={key: (name, marks.count(key)) for key, name in MARKS.items() if key in marks},
            rules=sorted({row.rule for each in resources for row in each.rows}),
            outcome=said,
            style=style,
            most_gco2e=max((each.gco2e_month for each in resources), default=0),
            most_usd=max((each.usd_month for each in resources), default=0),
            today=today,
            version=__version__,
            css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        )
    )


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"many": many, "sentence": sentence}
    return environment


def _shown(value: object) -> object:
    """Text of a document without what moves, hides or reorders the text around it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _judged(
    number: int, key: tuple[str, str | None, int | None], verdicts: Sequence[Verdict]
) -> ShownResource:
    resource, file, line = key
    rows = sorted((_row(verdict) for verdict in verdicts), key=_urgency)
    saves = advice_of(verdicts).saves
    grams = saves.gco2e_month.likely if saves.gco2e_month is not None else 0
    dollars = saves.usd_month or 0
    return ShownResource(
        anchor=f"resource-{number}",
        name=resource.rsplit("::", 1)[-1] or "The whole deployment",
        type=verdicts[0].type,
        place=":".join(str(part) for part in (file, line) if part),
        environment=verdicts[0].environment or "",
        mark=rows[0].mark,
        rows=tuple(rows),
        advice=tuple(advice_lines(verdicts)),
        gco2e_month=max(grams, 0),
        usd_month=max(dollars, 0),
        gco2e=co2e(saves.gco2e_month) if saves.gco2e_month is not None and grams > 0 else "",
        usd=usd(dollars) if dollars > 0 else "",
    )


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

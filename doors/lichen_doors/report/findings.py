"""What the rules found: for a person at a terminal, and as JSON for programs.

A report is made by the rules, which stand above this package: it is read here by its attributes.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from typing import Literal

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.interval import Interval
from lichen.words import Environment
from lichen_doors.report import for_programs

Level = Literal["advisory", "mandatory", "remediate"]
Severity = Literal["low", "medium", "high", "critical"]


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What the fix saves in a month of 730 hours; null where it cannot be computed."""

    gco2e_month: Interval | None = None
    usd_month: float | None = None


class Exemption(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers for a finding, why, who agreed to it, and the last day that it holds."""

    rule: str
    resource: str
    owner: str
    reason: str
    approver: str
    expires: datetime.date


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule has against one resource, or why it cannot say.

    ``resource`` is a URN, a Terraform address or a logical id, and ``path`` the property in it.
    ``fingerprint`` is the same for the same offence in every run.
    """

    rule: str
    verdict: Literal["fail", "unverified"]
    level: Level
    severity: Severity
    resource: str
    type: str
    path: str
    file: str | None
    line: int | None
    environment: Environment | None
    message: str
    fix: str
    saves: Saving
    sources: tuple[str, ...]
    fingerprint: str
    exemption: Exemption | None

    @property
    def stops(self) -> bool:
        """Whether it is to stop a deployment."""
        return self.level in ("mandatory", "remediate") and self.exemption is None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A report's attributes: ``not_judged`` counts resources by the types that nobody reads,
    ``expired`` holds exemptions past their day, ``passed`` counts rules that had nothing against
    a resource."""

    findings: tuple[Finding, ...]
    unverified: tuple[Finding, ...]
    exempted: tuple[Finding, ...]
    expired: tuple[Exemption, ...]
    not_judged: dict[str, int]
    judged: int
    passed: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each; ``stopping`` are the findings and unverified ones that stop."""

    findings: int
    unverified: int
    stopping: int
    exempted: int
    expired: int
    judged: int
    not_judged: int
    passed: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What ``lichen check --format json`` prints."""

    findings: tuple[Finding, ...]
    unverified: tuple[Finding, ...]
    exempted: tuple[Finding, ...]
    expired: tuple[Exemption, ...]
    not_judged: dict[str, int]
    summary: Summary


def read(report: object) -> Judged:
    """A report by its attributes."""
    return msgspec.convert(report, Judged, from_attributes=True)


def as_json(report: object) -> str:
    """Everything, as docs/schemas/check.json describes it."""
    judged = read(report)
    document = Document(
        findings=judged.findings,
        unverified=judged.unverified,
        exempted=judged.exempted,
        expired=judged.expired,
        not_judged=judged.not_judged,
        summary=_summary(judged),
    )
    return for_programs(document)


def _summary(judged: Judged) -> Summary:
    return Summary(
        findings=len(judged.findings),
        unverified=len(judged.unverified),
        stopping=sum(said.stops for said in (*judged.findings, *judged.unverified)),
        exempted=len(judged.exempted),
        expired=len(judged.expired),
        judged=judged.judged,
        not_judged=sum(judged.not_judged.values()),
        passed=judged.passed,
    )


def renderables(report: object) -> Iterator[RenderableType]:
    """The report for a terminal of 80 columns or more: by resource, what stops first.

    An engine tells resources in no order that holds, so they are put in one here.
    """
    judged = read(report)
    by_resource: dict[tuple[str, str | None], list[Finding]] = defaultdict(list)
    for said in (*judged.findings, *judged.unverified, *judged.exempted):
        by_resource[said.resource, said.file].append(said)
    for of_one in sorted(by_resource.values(), key=_first):
        yield from _resource(sorted(of_one, key=_urgency))
    for lapsed in judged.expired:
        yield Text(
            f"The exemption of {lapsed.resource} from {lapsed.rule} ended on {lapsed.expires}: "
            f"ask {lapsed.approver} to renew it, or mend what it covered.\n",
            style="warn",
        )
    yield from _closing(judged)


def _first(of_one: list[Finding]) -> tuple[bool, str, str]:
    told = of_one[0]
    return not any(said.stops for said in of_one), told.file or "", told.resource


def _urgency(said: Finding) -> tuple[bool, bool, bool, str]:
    return said.exemption is not None, not said.stops, said.verdict == "unverified", said.rule


def _resource(of_one: list[Finding]) -> Iterator[RenderableType]:
    told = of_one[0]
    name = Text(told.resource.rsplit("::", 1)[-1], style="name")
    if told.environment:
        name.append(f"  {told.environment}", style="not bold dim")
    yield name
    place = f"{told.file}:{told.line}" if told.line else told.file
    yield Text("  " + "  ".join(part for part in (told.type, place) if part), style="quiet")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for said in of_one:
        table.add_row(*_said(said))
    yield Padding(table, (0, 0, 1, 2))


def _said(said: Finding) -> tuple[Text, Text]:
    """A finding's mark, and what is said under its rule's name: what is, the fix, the saving."""
    if said.exemption is not None:
        mark, style = "exempt", "quiet"
    elif said.stops:
        mark, style = "stop", "bad"
    else:
        mark, style = ("unsure" if said.verdict == "unverified" else "advice"), "warn"
    lines = Text.assemble((said.rule, style), (f", {said.severity}\n", "quiet"))
    what, fix, saving = (
        said.message.partition(f" Fix: {said.fix}.") if said.fix else (said.message, "", "")
    )
    # Its name stands right above.
    lines.append(what.replace(f"cannot be judged by {said.rule}: ", "cannot be judged: ", 1))
    lines.append(fix.replace(" ", "\n", 1), style="" if said.exemption else "good")
    lines.append(saving.replace(" ", "\n", 1))
    if said.exemption is not None:
        held = said.exemption
        lines.append(
            f"\nExempted until {held.expires} by {held.approver} for {held.owner}: {held.reason}"
        )
    return Text(mark, style=style), lines


def _closing(judged: Judged) -> Iterator[RenderableType]:
    count = _summary(judged)
    parts = [_many(count.judged, "resource") + " judged"]
    parts.append(_many(count.findings, "finding") if count.findings else "no findings")
    if count.unverified:
        parts.append(f"{count.unverified} unverified")
    if count.exempted:
        parts.append(f"{count.exempted} exempted")
    yield Text(", ".join(parts) + ".")
    if judged.not_judged:
        types = ", ".join(f"{name} ({many})" for name, many in judged.not_judged.items())
        yield Text(f"Not judged, since no rule reads them: {types}.", style="quiet")
    if count.stopping:
        yield Text(f"Stopped by {count.stopping}.", style="bad")
    else:
        yield Text("Nothing to stop for.", style="good")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")

"""A scorecard for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_practices.scorecard.card import BestChange, EndpointCard, PerUnit, Scorecard
from lichen_practices.scorecard.practices import PracticeVerdict
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import UNKNOWN, between, co2e, figure, grams, many, span, usd
from lichen_doors.report.markdown import code, escaped

MARKS = {"met": "✓", "not": "✗", "unknown": "?"}
STYLES = {"met": "good", "not": "bad", "unknown": "warn"}


def renderables(card: Scorecard) -> Iterator[RenderableType]:
    """A scorecard for a terminal."""
    yield Text.assemble("\n", (headline(card), "name"))
    yield Text(totals(card), style="quiet")
    if card.best is not None:
        yield Text.assemble("\n", ("What would help most", "name"), f"\n  {change_text(card.best)}")
    for each in card.endpoints:
        yield Text.assemble(
            "\n",
            (f"{each.stack}: {each.name}", "name"),
            f"  {each.met} of 8 practices {'is' if each.met == 1 else 'are'} met",
        )
        table = Table.grid(padding=(0, 2))
        table.add_column(style="quiet")
        table.add_column()
        for name, value in figures(each):
            table.add_row(name, value)
        yield Padding(table, (0, 2))
        verdicts = Table.grid(padding=(0, 1))
        for judged, count in zip(each.practices, card.practices, strict=True):
            change = f" {judged.change[:1].upper()}{judged.change[1:]}." if judged.change else ""
            verdicts.add_row(
                Text(MARKS[judged.verdict], style=STYLES[judged.verdict]),
                Text(f"{count.title}: {judged.because}.{change}{_of_rule(judged)}"),
            )
        yield Padding(verdicts, (0, 2))
    yield Text(f"\n{card.boundary}", style="quiet")


def _of_rule(judged: PracticeVerdict) -> str:
    """The rule that finds a practice not met, in brackets."""
    return f" ({judged.rule})" if judged.rule else ""


def headline(card: Scorecard) -> str:
    """How many endpoints there are, and how many practices are met in all."""
    met = sum(each.met for each in card.practices)
    asked = sum(each.met + each.not_met + each.unknown for each in card.practices)
    unknown = sum(each.unknown for each in card.practices)
    return (
        f"{many(len(card.endpoints), 'endpoint')} in {many(card.stacks, 'stack')}: {met:,} of "
        f"{asked:,} answers are met, {unknown:,} unknown"
    )


def totals(card: Scorecard) -> str:
    """A month of all, and how many are in no sum."""
    left = [
        f"{many(count, 'endpoint')} without {of}"
        for count, of in ((card.without_grams, "grams"), (card.without_dollars, "dollars"))
        if count
    ]
    return f"A month: {co2e(card.gco2e_month)} and {usd(card.usd_month)}" + (
        f"; {' and '.join(left)}" if left else ""
    )


def change_text(change: BestChange, *, alone: bool = False) -> str:
    """What to change, where (left out of one that is ``alone``), and what that saves in a month."""
    saves = [
        text
        for value, text in (
            (change.gco2e_month, grams(change.gco2e_month or 0)),
            (change.usd_month, usd(change.usd_month or 0)),
        )
        if value is not None and value > 0
    ]
    saved = f" Saves about {' and '.join(saves)} a month." if saves else ""
    if alone:
        return f"{change.what[:1].upper()}{change.what[1:]}.{saved}"
    return f"{change.stack}: {change.endpoint}: {change.what}.{saved}"


def figures(each: EndpointCard) -> Iterator[tuple[str, str]]:
    """The figures of an endpoint, each with its name; what is not known is said."""
    grid = "" if each.grid_gco2e_kwh is None else f", {each.grid_gco2e_kwh:.0f} gCO2e/kWh"
    yield (
        "region",
        (
            f"{each.region} ({each.place}): {each.carbon_class} in carbon, {each.agreement}{grid}"
            if each.region
            else "not known"
        ),
    )
    machine = f"{each.machines or '?'} x {each.machine}" if each.machine else "not known"
    yield (
        "hardware",
        f"{machine}: {each.hardware_class}" + (f", {each.hardware}" if each.hardware else ""),
    )
    yield (
        "month",
        " and ".join(
            (
                "grams not known" if each.gco2e_month is None else co2e(each.gco2e_month),
                "dollars not known" if each.usd_month is None else usd(each.usd_month),
            )
        ),
    )
    yield "per unit (SCI)", per_unit(each.per_unit)
    yield "headroom", headroom(each)


def per_unit(unit: PerUnit | None) -> str:
    """SCI in one line."""
    if unit is None:
        return "not known: no mean rate is declared"
    parts = (
        "grams not known" if unit.gco2e is None else co2e(unit.gco2e),
        "dollars not known" if unit.usd is None else usd(unit.usd),
        "joules not known" if unit.joules is None else between(unit.joules, "J"),
    )
    making = "" if unit.making else "; without the making of the hardware, which is not published"
    return f"{', '.join(parts)} for {unit.unit}{making}"


def headroom(each: EndpointCard) -> str:
    """How many times the declared peak can be served."""
    if each.headroom is None:
        return "not known: no peak rate is declared that sizing can judge"
    ends = span(each.headroom.low, each.headroom.high)
    return f"{figure(each.headroom.likely)} times the declared peak ({ends})"


def as_markdown(card: Scorecard) -> str:
    """A scorecard as Markdown."""
    lines = [
        f"## Scorecard: {escaped(headline(card))}",
        "",
        f"{escaped(totals(card))}. {card.made_on:%Y-%m-%d}, Lichen {card.lichen}.",
        "",
    ]
    if card.best is not None:
        lines += [f"**What would help most:** {escaped(change_text(card.best))}", ""]
    lines += ["| endpoint | region | hardware | CO2e a month | cost | SCI | practices met |"]
    lines += ["| --- | --- | --- | ---: | ---: | --- | ---: |"]
    for each in card.endpoints:
        unit = each.per_unit
        sci = (
            UNKNOWN if unit is None or unit.gco2e is None else f"{co2e(unit.gco2e)} for {unit.unit}"
        )
        lines.append(
            f"| {code(f'{each.stack}: {each.name}')} "
            f"| {each.region or UNKNOWN} ({each.carbon_class}) "
            f"| {each.hardware_class} | "
            f"{UNKNOWN if each.gco2e_month is None else co2e(each.gco2e_month)} | "
            f"{UNKNOWN if each.usd_month is None else escaped(usd(each.usd_month))} | {sci} "
            f"| {each.met} of 8 |"
        )
    lines += ["", "| practice | met | not | unknown |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {count.title} | {count.met} | {count.not_met} | {count.unknown} |"
        for count in card.practices
    ]
    for each in card.endpoints:
        if each.met == len(each.practices):
            continue
        lines += ["", f"### {code(f'{each.stack}: {each.name}')}", ""]
        for judged, count in zip(each.practices, card.practices, strict=True):
            if judged.verdict == "met":
                continue
            change = f" {escaped(judged.change)}." if judged.change else ""
            lines.append(
                f"- **{count.title}: {judged.verdict}.** {escaped(judged.because)}."
                f"{change}{_of_rule(judged)}"
            )
    lines += ["", card.boundary]
    return "\n".join(lines) + "\n"

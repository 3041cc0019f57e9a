"""A scorecard as one page of HTML: it draws its charts, loads nothing, and prints."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import msgspec
from lichen_practices.scorecard.card import EndpointCard, Scorecard
from lichen_practices.scorecard.practices import PRACTICES
from markupsafe import Markup

from lichen.figures import co2e, figure, grams, span, usd
from lichen_doors.report.page import HERE, templates
from lichen_doors.report.scorecard import change_text, figures, headline

MOST_CARDS = 100
"""So many endpoints are shown one by one; all are in the tables and sums."""
MOST_BARS = 24
MARKS = {"met": "✓", "not": "✗", "unknown": "?"}
WORDS = {"met": "met", "not": "not met", "unknown": "unknown"}


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A bar of the chart, in percent of the axis: its likely length and its interval's ends."""

    name: str
    anchor: str
    carbon_class: str
    value: str
    likely_pct: float
    low_pct: float
    high_pct: float


class GramsAxis(msgspec.Struct, frozen=True, kw_only=True):
    """Where the axis has marks, in percent, each with its text."""

    marks: tuple[tuple[float, str], ...]


class ShownCard(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as the page shows it."""

    anchor: str
    card: EndpointCard
    sci: str
    sci_ends: str
    sci_unit: str
    dollars: str
    joules: str
    joules_ends: str
    rows: tuple[tuple[str, str], ...]
    best: str


def as_scorecard_page(card: Scorecard) -> str:
    """The page of a scorecard."""
    shown = [
        _shown(number, each) for number, each in enumerate(card.endpoints[:MOST_CARDS], start=1)
    ]
    bars, axis = _bars(card.endpoints[:MOST_BARS])
    return (
        templates()
        .get_template("scorecard.html")
        .render(
            card=card,
            shown=shown,
            bars=bars,
            axis=axis,
            headline=headline(card),
            total=grams(card.gco2e_month.likely),
            ends=f"{grams(card.gco2e_month.low)} to {grams(card.gco2e_month.high)}",
            dollars=usd(card.usd_month),
            met=sum(each.met for each in card.practices),
            not_met=sum(each.not_met for each in card.practices),
            unknown=sum(each.unknown for each in card.practices),
            best="" if card.best is None else change_text(card.best),
            practices=PRACTICES,
            marks=MARKS,
            words=WORDS,
            left=max(0, len(card.endpoints) - MOST_CARDS),
            css=Markup((HERE / "page.css").read_text(encoding="utf-8")),
            own_css=Markup((HERE / "scorecard.css").read_text(encoding="utf-8")),
        )
    )


def _shown(number: int, card: EndpointCard) -> ShownCard:
    unit = card.per_unit
    sci, ends = "not known", ""
    if unit is not None and unit.gco2e is not None:
        sci = f"{grams(unit.gco2e.likely)} CO2e"
        ends = f"{grams(unit.gco2e.low)} to {grams(unit.gco2e.high)}"
    return ShownCard(
        anchor=f"endpoint-{number}",
        card=card,
        sci=sci,
        sci_ends=ends,
        sci_unit="" if unit is None else unit.unit,
        dollars="not known" if unit is None or unit.usd is None else usd(unit.usd),
        joules="not known"
        if unit is None or unit.joules is None
        else f"{figure(unit.joules.likely)} J",
        joules_ends=""
        if unit is None or unit.joules is None
        else f"{span(unit.joules.low, unit.joules.high)} J",
        rows=tuple(row for row in figures(card) if row[0] != "per unit (SCI)"),
        best="" if card.best is None else change_text(card.best, alone=True),
    )


def _bars(cards: Sequence[EndpointCard]) -> tuple[list[Bar], GramsAxis]:
    known = [card for card in cards if card.gco2e_month is not None]
    most = max((card.gco2e_month.high for card in known if card.gco2e_month), default=0.0)
    if most <= 0:
        return [], GramsAxis(marks=())
    step = _step(most)
    top = step * -(-most // step)
    bars = [
        Bar(
            name=card.name,
            anchor=f"endpoint-{cards.index(card) + 1}",
            carbon_class=card.carbon_class,
            value=co2e(card.gco2e_month),
            likely_pct=100 * card.gco2e_month.likely / top,
            low_pct=100 * card.gco2e_month.low / top,
            high_pct=100 * card.gco2e_month.high / top,
        )
        for card in known
        if card.gco2e_month
    ]
    count = round(top / step)
    marks = tuple((100 * at / count, grams(step * at) if at else "0") for at in range(count + 1))
    return bars, GramsAxis(marks=marks)


def _step(most: float) -> float:
    """A round step of an axis with four marks or so."""
    power = 10.0 ** floor(log10(most / 4))
    return next(power * each for each in (1, 2, 5, 10, 20, 50, 100) if power * each * 5 >= most)

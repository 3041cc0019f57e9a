"""A placement as one page that is forwarded: the choice, why, what it costs against what it emits,
the alternatives, and the sources."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Reading, Region, Source
from lichen.figures import between, co2e, figure, grams, percent, span, usd
from lichen.grid import classify
from lichen.placing.placement import NoPlacement, Option, Placement, Rejected
from lichen.placing.reasons import about_the_likely
from lichen.sizing import Saving
from lichen_doors.report import placement as words
from lichen_doors.report.page import page
from lichen_doors.report.page.chart import Axis, axis_of
from lichen_doors.report.sizing import step_value, trade_off


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure at the top of the page: what it is, its likely value, and what is to know of it."""

    name: str
    value: str
    note: str


class ShownOption(msgspec.Struct, frozen=True, kw_only=True):
    """An offer in the table and, by its ``number``, in the chart.

    ``usd`` and ``gco2e`` are of a month, with their ranges in words. ``usd_more`` and
    ``gco2e_more`` are what it costs and emits more than the choice, in words. ``left`` and
    ``bottom`` are its place in the chart in percent; ``low`` and ``high`` those of the range of its
    grams.
    """

    number: int
    role: str
    machine: str
    region: str
    place: str
    hosting: str
    replicas: str
    usd: float
    gco2e: float
    usd_range: str
    gco2e_range: str
    usd_more: str
    gco2e_more: str
    usd_tonne: str
    unmade: str
    on_front: bool
    left: float
    bottom: float
    low: float
    high: float


class ShownVariant(msgspec.Struct, frozen=True, kw_only=True):
    """Another way to serve the model: dollars and grams of a month, also with their ranges."""

    name: str
    on: str
    usd: float
    gco2e: float
    usd_range: str
    gco2e_range: str
    evidence: str


class ShownReading(msgspec.Struct, frozen=True, kw_only=True):
    """A reading of the region's grid, with its bar in percent of the largest."""

    value: float
    year: str
    scope: str
    title: str
    bar: float
    used: bool


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """The offers that lost for one kind of reason: how many, and the nearest one's."""

    count: int
    kind: str
    nearest: str


def as_page(
    answer: Placement | NoPlacement, catalogue: Catalogue, *, today: datetime.date, top: int
) -> str:
    """The page of an answer."""
    if isinstance(answer, NoPlacement):
        return page(
            "nothing_fits.html",
            today=today,
            answer=answer,
            likely=""
            if answer.likely is None
            else about_the_likely(answer.likely, answer.confidence),
            compile=""
            if answer.compile_command is None
            else words.about_compiling(answer.compile_command),
            lost=_lost(answer.rejected),
        )
    chosen, region = answer.chosen, catalogue.region(answer.chosen.region)
    variants = words.worth_variants(answer)
    listed = _listed(answer, top)
    across = axis_of([option.usd_month for _, option, _ in listed], usd)
    up = axis_of([value for _, option, _ in listed for value in _ends(option)], grams)
    options = [
        _option(number, role, option, tonne, answer, catalogue, across, up)
        for number, (role, option, tonne) in enumerate(listed, start=1)
    ]
    return page(
        "placement.html",
        today=today,
        answer=answer,
        chosen=chosen,
        place=region.place,
        figures=list(_figures(answer)),
        doubts=list(words.doubts(answer)),
        latency=list(words.latency(answer)),
        unit=words.per_unit(answer),
        draws=between(answer.footprint.watts, "W"),
        across=across,
        up=up,
        options=options,
        front=sorted((each for each in options if each.on_front), key=lambda each: each.usd),
        savings=[saving for saving in answer.savings if saving.saved_share >= words.WORTH_SHOWING],
        saves=_saved,
        trade_off=trade_off,
        variants=[
            _variant(each.name, each.then, words.evidence_of(each))
            for each in variants
            if each.then
        ],
        about_variants=[*words.about_variants(variants), *words.about_not_worth(answer)],
        step_value=step_value,
        grid=classify(region),
        readings=_readings(region, catalogue),
        lost=_lost(answer.rejected),
        sources=_sources(answer, region, catalogue),
    )


def _figures(answer: Placement) -> Iterator[Figure]:
    chosen, sizing = answer.chosen, answer.sizing
    yield Figure(
        name="Cost",
        value=f"{usd(chosen.usd_month)} a month",
        note=f"{_dollars(chosen) or 'as planned'}, idle hours included",
    )
    yield Figure(
        name="Emissions",
        value=f"{grams(chosen.gco2e_month.likely)} CO2e a month",
        note=f"{_grams(chosen)}, {words.making_share(answer)}",
    )
    if sizing.at_peak is not None:
        seconds = sizing.at_peak.p95_ms / 1e3
        yield Figure(
            name="Answer at the peak",
            value=f"within {figure(seconds.likely)} s",
            note=f"{span(seconds.low, seconds.high)} s, 95 requests of 100",
        )
    yield Figure(
        name="Machines",
        value=f"{figure(chosen.replicas_mean)} on average",
        note=words.replicas(chosen),
    )


def _dollars(option: Option) -> str:
    """The range of an offer's dollars; empty where it has none."""
    low, high = usd(option.usd_month_needed.low), usd(option.usd_month_needed.high)
    return "" if low == high else f"{low} to {high}"


def _grams(option: Option) -> str:
    """The range of an offer's grams."""
    return f"{grams(option.gco2e_month.low)} to {grams(option.gco2e_month.high)}"


def _listed(answer: Placement, top: int) -> list[tuple[str, Option, float | None]]:
    """The choice and its alternatives, each once: its role, the offer, dollars for a tonne."""
    found: list[tuple[str, Option, float | None]] = [("chosen", answer.chosen, None)]
    found += [(role, each.option, each.usd_tonne) for role, each in words.beside(answer)]
    found += [("next", option, None) for option in words.next_best(answer, top)]
    found += [("trade-off", option, None) for option in answer.front]
    found += [(option.cloud, option, None) for option in answer.by_cloud]
    once: dict[tuple[str, ...], tuple[str, Option, float | None]] = {}
    for each in found:
        option = each[1]
        once.setdefault((option.machine, option.region, option.precision, option.hosting), each)
    return list(once.values())


def _ends(option: Option) -> tuple[float, float]:
    return option.gco2e_month.low, option.gco2e_month.high


def _option(
    number: int,
    role: str,
    option: Option,
    tonne: float | None,
    answer: Placement,
    catalogue: Catalogue,
    across: Axis,
    up: Axis,
) -> ShownOption:
    chosen, emitted = answer.chosen, option.gco2e_month
    return ShownOption(
        number=number,
        role=role,
        machine=option.machine,
        region=option.region,
        place=catalogue.region(option.region).place,
        hosting=option.hosting_title,
        replicas=f"{figure(option.replicas_mean)} x {option.precision}",
        usd=option.usd_month,
        gco2e=emitted.likely,
        usd_range=_dollars(option),
        gco2e_range=_grams(option),
        usd_more=_more(option.usd_month, chosen.usd_month),
        gco2e_more=_more(emitted.likely, chosen.gco2e_month.likely),
        usd_tonne="" if tonne is None else usd(tonne),
        unmade=option.unmade or "",
        on_front=option in answer.front,
        left=across.at(option.usd_month),
        bottom=up.at(emitted.likely),
        low=up.at(emitted.low),
        high=up.at(emitted.high),
    )


def _more(value: float, chosen: float) -> str:
    """How much more or less than the choice: ``+5 %``, ``6.3 times``; empty where it is alike."""
    if not chosen or value == chosen:
        return ""
    if value >= 3 * chosen:
        return f"{figure(value / chosen)} times"
    return f"{(value / chosen - 1) * 100:+.0f} %"


def _variant(name: str, then: Option, evidence: str) -> ShownVariant:
    return ShownVariant(
        name=name,
        on=f"{figure(then.replicas_mean)} x {then.machine}, {then.precision}",
        usd=then.usd_month,
        gco2e=then.gco2e_month.likely,
        usd_range=words.money(then),
        gco2e_range=co2e(then.gco2e_month),
        evidence=evidence,
    )


def _saved(saving: Saving) -> str:
    return percent(saving.saved_share)


def _readings(region: Region, catalogue: Catalogue) -> list[ShownReading]:
    """What each source says of the region's electricity, the averages that class it."""
    found = classify(region).readings
    most = max((reading.value for reading in found), default=0)

    def shown(reading: Reading) -> ShownReading:
        return ShownReading(
            value=reading.value,
            year=str(reading.year or "not stated"),
            scope=reading.scope,
            title=_title(catalogue.sources[reading.source]),
            bar=round(100 * reading.value / most, 1) if most else 0,
            used=reading.source == region.grid_source,
        )

    return [shown(reading) for reading in found]


def _title(source: Source) -> str:
    return f"{source.publisher}: {source.title}"


def _lost(rejected: Iterable[Rejected]) -> list[Lost]:
    """The rejected offers by kind of reason, the most frequent first."""
    by_kind: dict[str, list[Rejected]] = {}
    for each in rejected:
        by_kind.setdefault(each.kind, []).append(each)
    counts = Counter({kind: len(each) for kind, each in by_kind.items()})
    return [
        Lost(
            count=count,
            kind=kind,
            nearest=f"{nearest.machine} in {nearest.region}: {nearest.reason}",
        )
        for kind, count in counts.most_common()
        for nearest in [min(by_kind[kind], key=lambda one: one.shortfall or float("inf"))]
    ]


def _sources(answer: Placement, region: Region, catalogue: Catalogue) -> list[Source]:
    """The sources that the arithmetic, the region's readings and the reasons name, by title."""
    named = " ; ".join(step.source for step in answer.steps)
    words_of = set(re.split(r"[;,\s]+", named))
    ids = {name for name in words_of if name in catalogue.sources}
    ids |= {reading.source for reading in classify(region).readings}
    ids |= {
        source.id
        for source in catalogue.sources.values()
        if source.title in (*answer.origin.sources, *named.split("; "))
    }
    return sorted((catalogue.sources[each] for each in ids), key=_title)

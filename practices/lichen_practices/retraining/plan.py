"""Regions and hours for a training, by grams within a tolerance of the cheapest, egress counted.

The hours of a grid are those of the usual day of a month, averages of a year that is over. Where
nobody publishes them the grid is taken as the same all day: waiting saves nothing that is known.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Region
from lichen.defaults import COST_TOLERANCE_PCT
from lichen.document import InputError
from lichen.egress import egress_usd
from lichen.emissions import (
    HOURS_PER_MONTH,
    effective_gco2e_kwh,
    embodied_gco2e_hour,
    machine_watts,
)
from lichen.figures import amount, many, whole
from lichen.grid_hours import HOURS, UsualDay, ratio_over, usual_day
from lichen.interval import Interval
from lichen.placing.allowed import check_where, refusals
from lichen.units import kwh
from lichen_practices.retraining.work import Repeats, TrainingFleet, TrainingWork, fleets_for

RUNS_A_MONTH: Mapping[Repeats, float] = {
    "never": 1.0, "daily": HOURS_PER_MONTH / 24, "weekly": HOURS_PER_MONTH / (24 * 7),
    "monthly": 1.0,
}  # fmt: skip
MONTHLY_DAYS = 28
"""Every month has so many days: a training that repeats by month begins on one of them."""


class TrainingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A region and a time to train.

    ``usd`` is all of it: ``usd_machines`` at the list price on demand, and ``usd_egress`` for data
    that leaves where it is and results that go back (of a training that repeats, one run's share
    of a month's); None where a price is not known.
    ``ratio`` is how the grid is in these hours over the mean of its year, 1 where its hours are not
    known (``hours_known``).
    """

    machine: str
    machines: int
    cloud: str
    region: str
    place: str
    start: datetime.datetime
    hours: Interval
    kwh: Interval
    ratio: float
    hours_known: bool
    gco2e: Interval
    usd: float | None
    usd_machines: float | None
    usd_egress: float | None


class TrainingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when to train, beside training at once where the data is.

    ``now`` is that (None without data, or where it cannot run there), ``later`` the cleanest time
    there, ``chosen`` the best of all, ``options`` the best time of each region in order.
    ``waiting_saves_pct`` is what ``later`` emits less than ``now``, ``moving_saves_pct`` what
    ``chosen`` does. ``scheduled`` is the first start of a training that repeats: by the usual days
    of the whole year, the cleanest hour of the chosen region that keeps the deadline. None where
    its hours are not known, or it does not repeat. ``notes`` say what is assumed.
    """

    work: str
    repeats: str
    chosen: TrainingOption
    now: TrainingOption | None
    later: TrainingOption | None
    waiting_saves_pct: float | None
    moving_saves_pct: float | None
    scheduled: datetime.datetime | None
    options: tuple[TrainingOption, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]


def plan_training(
    work: TrainingWork,
    catalogue: Catalogue,
    *,
    now: datetime.datetime,
    tolerance_pct: float = COST_TOLERANCE_PCT,
) -> TrainingPlan:
    """The plan of a training. :class:`InputError` where nothing can do it in time."""
    check_where(work.where, catalogue)
    if work.data is not None:
        try:
            catalogue.region(work.data.region)
        except InputError as error:
            raise InputError(error.wrong, fix=error.fix, field="data.region") from None
    window = _window(work, now)
    fleets = fleets_for(work, catalogue)
    allowed = [name for name, refused in refusals(work.where, catalogue).items() if refused is None]
    asked = _Asked(work, catalogue, window)
    options: list[TrainingOption] = []
    at_once: list[TrainingOption] = []
    there: list[TrainingOption] = []
    too_long_h: list[float] = []
    for fleet in fleets:
        if fleet.hours.high > window.hours:
            too_long_h.append(fleet.hours.high)
            continue
        offered = {offer.region for offer in catalogue.offers_of(fleet.machine.name)}
        for name in allowed:
            if name not in offered:
                continue
            best = asked.best(fleet, catalogue.regions[name])
            if best is None:
                continue
            options.append(best)
            if work.data is not None and name == work.data.region:
                there.append(best)
                first = asked.option(fleet, catalogue.regions[name], window.begin)
                if first is not None:
                    at_once.append(first)
    if not options:
        raise InputError(
            f"takes longer than its deadline: up to {amount(min(too_long_h))} h, where "
            f"{amount(window.hours)} h are left"
            if too_long_h
            else "no region that is allowed offers it, or nobody publishes its watts",
            fix="raise within_h, or give more machines"
            if too_long_h
            else "allow more regions in where, or name another machine",
            field="within_h" if too_long_h else "where",
        )
    ranked = _ranked(options, tolerance_pct)
    chosen = ranked[0]
    same = [each for each in at_once if each.machine == chosen.machine] or at_once
    first = min(same, key=_grams, default=None)
    later = min(
        (each for each in there if first is None or each.machine == first.machine),
        key=_grams,
        default=None,
    )
    return TrainingPlan(
        work=work.name,
        repeats=work.repeats,
        chosen=chosen,
        now=first,
        later=later,
        waiting_saves_pct=_saves(first, later),
        moving_saves_pct=_saves(first, chosen),
        scheduled=_scheduled(work, chosen, window, catalogue),
        options=tuple(_each_region(ranked)),
        notes=tuple(_notes(work, chosen, options, catalogue)),
        sources=tuple(_sources(chosen, catalogue)),
    )


class _Window(NamedTuple):
    """When a run may begin, and when it must be done, in UTC."""

    begin: datetime.datetime
    end: datetime.datetime

    @property
    def hours(self) -> float:
        return (self.end - self.begin) / datetime.timedelta(hours=1)

    def starts(self, hours: float) -> Iterator[datetime.datetime]:
        """Every hour from the beginning on, as long as a run of so many hours is done in time."""
        for hour in range(int(self.hours - hours) + 1):
            yield self.begin + datetime.timedelta(hours=hour)


def _window(work: TrainingWork, now: datetime.datetime) -> _Window:
    """The window of the next run; :class:`InputError` where the only one is over."""
    soonest = now.astimezone(datetime.UTC).replace(second=0, microsecond=0)
    if soonest < now:  # the minute that has begun is past for a schedule
        soonest += datetime.timedelta(minutes=1)
    if work.earliest is None:
        begin = soonest
    else:
        begin = work.earliest.astimezone(datetime.UTC).replace(second=0, microsecond=0)
        if work.repeats != "never":
            begin = _next(begin, soonest, work.repeats)
    window = _Window(max(begin, soonest), begin + datetime.timedelta(hours=work.within_h))
    if window.hours <= 0:
        raise InputError(
            f"is past, and so is the deadline {whole(work.within_h)} hours later",
            fix="set a time to come, or leave it out to begin now",
            field="earliest",
        )
    return window


def _next(
    begin: datetime.datetime, soonest: datetime.datetime, repeats: Repeats
) -> datetime.datetime:
    """The first beginning of a training that repeats which is not past."""
    if repeats == "monthly":
        day = begin.day
        while begin < soonest:
            year, month = begin.year + begin.month // 12, begin.month % 12 + 1
            last = calendar.monthrange(year, month)[1]
            begin = begin.replace(year=year, month=month, day=min(day, last))
        return begin
    period = datetime.timedelta(days=7 if repeats == "weekly" else 1)
    return begin + max(0, -((begin - soonest) // period)) * period


def _grams(option: TrainingOption) -> tuple[float, str, datetime.datetime]:
    return (option.gco2e.likely, option.region, option.start)


def _saves(before: TrainingOption | None, after: TrainingOption | None) -> float | None:
    if before is None or after is None or before.gco2e.likely <= 0:
        return None
    return 100 * (1 - after.gco2e.likely / before.gco2e.likely)


class _Asked:
    """One training, asked of machines and regions."""

    def __init__(self, work: TrainingWork, catalogue: Catalogue, window: _Window) -> None:
        self.work, self.catalogue, self.window = work, catalogue, window

    def best(self, fleet: TrainingFleet, region: Region) -> TrainingOption | None:
        """The cleanest time in a region; None where its grams cannot be said."""
        best = self.window.begin
        clean = self._ratio(region, best, fleet.hours.likely)
        if clean is not None:
            for at in self.window.starts(fleet.hours.high):
                ratio = self._ratio(region, at, fleet.hours.likely)
                if ratio is not None and ratio < clean - 1e-9:
                    best, clean = at, ratio
        return self.option(fleet, region, best)

    def _ratio(self, region: Region, start: datetime.datetime, hours: float) -> float | None:
        return ratio_over(region, start, hours, self.catalogue)

    def option(
        self, fleet: TrainingFleet, region: Region, start: datetime.datetime
    ) -> TrainingOption | None:
        watts, grid = machine_watts(fleet.machine, fleet.load), effective_gco2e_kwh(region)
        if watts is None or grid is None or region.pue is None:
            return None
        ratio = self._ratio(region, start, fleet.hours.likely)
        at_socket = kwh(watts * fleet.count)
        used = Interval(
            at_socket.low * fleet.hours.low,
            at_socket.likely * fleet.hours.likely,
            at_socket.high * fleet.hours.high,
        )
        emitted = used * (grid * (1.0 if ratio is None else ratio))
        making = embodied_gco2e_hour(fleet.machine)
        if making is not None:
            emitted = emitted + Interval(
                making.low * fleet.count * fleet.hours.low,
                making.likely * fleet.count * fleet.hours.likely,
                making.high * fleet.count * fleet.hours.high,
            )
        machines, egress = self._usd_machines(fleet, region), self._usd_egress(region)
        return TrainingOption(
            machine=fleet.machine.name,
            machines=fleet.count,
            cloud=region.cloud,
            region=region.name,
            place=region.place,
            start=start,
            hours=fleet.hours,
            kwh=used * region.pue,
            ratio=1.0 if ratio is None else ratio,
            hours_known=ratio is not None,
            gco2e=emitted,
            usd=None if machines is None or egress is None else machines + egress,
            usd_machines=machines,
            usd_egress=egress,
        )

    def _usd_machines(self, fleet: TrainingFleet, region: Region) -> float | None:
        """The list price of the bare machines."""
        bare = next(
            (row.name for row in self.catalogue.hostings_of(fleet.machine) if row.base is None), ""
        )
        price = self.catalogue.price(fleet.machine.name, region.name, bare)
        if price is None or price.usd_hour is None:
            return None
        return price.usd_hour * fleet.count * fleet.hours.likely

    def _usd_egress(self, region: Region) -> float | None:
        """Dollars for the data that leaves its region, and the results that go back."""
        data = self.work.data
        if data is None or data.region == region.name:
            return 0.0
        home = self.catalogue.regions[data.region]
        # The tiers are of a month, and so is what is free.
        runs = RUNS_A_MONTH[self.work.repeats]
        out = egress_usd(home, region, data.gb * runs, self.catalogue)
        back = egress_usd(region, home, data.results_gb * runs, self.catalogue)
        return None if out is None or back is None else (out + back) / runs


def _ranked(options: Sequence[TrainingOption], tolerance_pct: float) -> list[TrainingOption]:
    """The cleanest of those that cost little more than the cheapest first; then the others, those
    without a known price last."""
    cheapest = min((each.usd for each in options if each.usd is not None), default=None)

    def rank(each: TrainingOption) -> tuple[int, float, float, str, str]:
        if each.usd is None:
            group = 0 if cheapest is None else 2
        else:
            group = 0 if each.usd <= (cheapest or 0.0) * (1 + tolerance_pct / 100) else 1
        return (group, each.gco2e.likely, each.usd or 0.0, each.region, each.machine)

    return sorted(options, key=rank)


def _each_region(ranked: Sequence[TrainingOption]) -> Iterator[TrainingOption]:
    """The first option of each region."""
    seen: set[str] = set()
    for each in ranked:
        if each.region not in seen:
            seen.add(each.region)
            yield each


def _scheduled(
    work: TrainingWork, chosen: TrainingOption, window: _Window, catalogue: Catalogue
) -> datetime.datetime | None:
    """The cleanest start in the window, on the usual days of all twelve months."""
    if work.repeats == "never":
        return None
    region = catalogue.regions[chosen.region]
    days = [usual_day(region, month, catalogue) for month in range(1, 13)]
    known: list[UsualDay] = [day for day in days if day is not None]
    if len(known) < 12:
        return None
    length = min(HOURS, max(1, round(chosen.hours.likely)))
    means = [sum(day.ratios[hour] for day in known) / 12 for hour in range(HOURS)]

    def ratio(start: datetime.datetime) -> float:
        return sum(means[(start.hour + at) % HOURS] for at in range(length))

    starts = list(window.starts(chosen.hours.high))
    if work.repeats == "monthly":
        starts = [start for start in starts if start.day <= MONTHLY_DAYS] or starts
    return min(
        starts,
        key=lambda start: (round(ratio(start), 9), start),
    )


def _notes(
    work: TrainingWork,
    chosen: TrainingOption,
    options: Sequence[TrainingOption],
    catalogue: Catalogue,
) -> Iterator[str]:
    if work.flops is not None and work.utilisation is None:
        yield (
            "the share of the peak that it reaches is assumed to be 0.4 (0.25 to 0.5): give "
            "utilisation where it was measured"
        )
    if not chosen.hours_known:
        yield f"nobody publishes the hours of the grid of {chosen.region}: all are taken alike"
    unknown = {each.region for each in options if not each.hours_known}
    if unknown and chosen.hours_known:
        regions = many(len(unknown), "region")
        yield f"of {regions} the hours are not known, so their mean is compared"
    if any(each.usd is None for each in options):
        count = len({each.region for each in options if each.usd is None})
        yield f"in {many(count, 'region')} its price is not known: they are listed last"
    if work.data is not None and chosen.region != work.data.region:
        yield "check that the data may leave its region: Lichen knows where.residency alone"
    yield "hours are those of usual days of a year that is over, not a forecast"


def _sources(chosen: TrainingOption, catalogue: Catalogue) -> Iterator[str]:
    region = catalogue.regions[chosen.region]
    machine = catalogue.machines[chosen.machine]
    day = usual_day(region, chosen.start.month, catalogue)
    found = (
        region.grid_source,
        *(machine.power_source or ()),
        *(() if day is None else day.sources),
    )
    yield from dict.fromkeys(each for each in found if each)

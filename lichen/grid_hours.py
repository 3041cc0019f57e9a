"""When a grid is cleanest: the usual day of a month on a region's grid, hour by hour.

The hours are averages of a year that is over, no forecast. They say which hours are usually clean;
they never class a region.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import GridHour, Region

HOURS = 24


class UsualDay(msgspec.Struct, frozen=True, kw_only=True):
    """The usual day of a month on a region's grid.

    ``ratios`` are 24, from midnight UTC on, each over the mean of the year; ``sources`` those of
    their rows.
    """

    region: str
    month: int
    ratios: tuple[float, ...]
    sources: tuple[str, ...]

    @property
    def mean(self) -> float:
        return sum(self.ratios) / HOURS


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Hours of a day in a row: from ``start_hour_utc`` on, ``hours`` long (over midnight too).

    ``ratio`` is the mean of these hours over the mean of the year.
    """

    start_hour_utc: int
    hours: int
    ratio: float


@lru_cache(maxsize=8)
def _by_zone(catalogue: Catalogue) -> dict[tuple[str, int], tuple[GridHour, ...]]:
    days: dict[tuple[str, int], list[GridHour]] = {}
    for row in catalogue.table("grid_hours", GridHour):
        days.setdefault((row.grid_zone, row.month), []).append(row)
    return {
        key: tuple(sorted(rows, key=lambda row: row.hour_utc))
        for key, rows in days.items()
        if {row.hour_utc for row in rows} == set(range(HOURS))
    }


def usual_day(region: Region, month: int, catalogue: Catalogue) -> UsualDay | None:
    """The usual day of a month (1 to 12) in a region; None where no open source has its hours."""
    rows = _by_zone(catalogue).get((region.grid_zone or "", month))
    if rows is None:
        return None
    return UsualDay(
        region=region.name,
        month=month,
        ratios=tuple(row.ratio for row in rows),
        sources=tuple(dict.fromkeys(row.source for row in rows)),
    )


def cleanest(day: UsualDay, hours: int, starts: Sequence[int] = range(HOURS)) -> Window:
    """The cleanest ``hours`` of a day in a row (1 to 24) that begin at one of ``starts``.

    Of two that are as clean, the earlier one.
    """
    windows = (
        Window(
            start_hour_utc=start,
            hours=hours,
            ratio=sum(day.ratios[(start + hour) % HOURS] for hour in range(hours)) / hours,
        )
        for start in starts
    )
    return min(windows, key=lambda window: (window.ratio, window.start_hour_utc))


def ratio_over(
    region: Region, start: datetime.datetime, hours: float, catalogue: Catalogue
) -> float | None:
    """The mean of so many hours from a time on (UTC) over the mean of the year; None where an hour
    of them has no row. Part of an hour counts as its part."""
    at, left, total = start, hours, 0.0
    while left > 0:
        day = usual_day(region, at.month, catalogue)
        if day is None:
            return None
        rest = min(left, 1 - (at.minute * 60 + at.second) / 3600)
        total += rest * day.ratios[at.hour]
        left -= rest
        at += datetime.timedelta(hours=rest)
        if left < 1e-9:
            break
    return total / hours

"""When a batch runs: at a time of the user's, or in the hours in which the region's grid is usually
cleanest."""

from __future__ import annotations

import datetime
import math
import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lichen.catalogue import Catalogue
from lichen.document import InputError
from lichen.grid_hours import HOURS, UsualDay, Window, cleanest, usual_day
from lichen_components.aws.args import AwsArgs
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

AT_ONE = "cron(0 1 * * ? *)"
"""Once a day, where no open source has the hours of the region's grid (design choice)."""

_WINDOW = re.compile(r"cleanest(\((\d{1,2})-(\d{1,2})\))?")
_EXPRESSION = re.compile(r"(cron|rate|at)\(.+\)")
_MONTHS = range(1, 13)


class BatchTimes(msgspec.Struct, frozen=True, kw_only=True):
    """When a batch starts: an expression of EventBridge Scheduler in a zone. ``window`` is why,
    where the hours were chosen."""

    expression: str
    timezone: str
    window: Window | None = None
    sources: tuple[str, ...] = ()

    def in_receipt(self) -> dict[str, Any]:
        """What the receipt says of it."""
        said: dict[str, Any] = {"schedule": self.expression, "timezone": self.timezone}
        if self.window is None:
            return {"hours": said}
        return {
            "hours": said
            | {
                "start_hour_utc": self.window.start_hour_utc,
                "hours": self.window.hours,
                "grid_over_its_year": round(self.window.ratio, 3),
                "sources": list(self.sources),
            }
        }


def hours_of(decision: Decision) -> int:
    """How many hours a day's job takes: those of the machines, shared among them."""
    sizing = decision.sizing
    hours = sum(sizing.replica_hours_by_hour) / max(1, sizing.replicas_peak)
    return max(1, min(HOURS, math.ceil(hours)))


def check_hours(decision: Decision, args: AwsArgs) -> None:
    """:class:`InputError` where a schedule is none, or its window is shorter than the job."""
    asked = args.get("schedule", "cleanest")
    window = _WINDOW.fullmatch(asked)
    if window is None and not _EXPRESSION.fullmatch(asked):
        raise InputError(
            f"{asked!r} is no schedule of EventBridge",
            fix="write cron(0 1 * * ? *) for each day at one, rate(1 day), or cleanest(22-6) for "
            "the cleanest hours of the night",
            field="schedule",
        )
    _zone(args)
    if window is None or window[1] is None:
        return
    first, last = int(window[2]), int(window[3])
    if first >= HOURS or last > HOURS:
        raise InputError(
            f"{asked!r} has hours that a day does not have",
            fix=f"write hours from 0 to {HOURS}: cleanest(22-6)",
            field="schedule",
        )
    takes, has = hours_of(decision), _length(first, last)
    if takes > has:
        raise InputError(
            f"the job takes about {takes} h, and {asked} has {has}",
            fix=f"widen it to {takes} h at least, or leave schedule out",
            field="schedule",
        )


def runs(plan: Plan, args: AwsArgs) -> BatchTimes:
    """When the batch of a plan starts."""
    asked = args.get("schedule", "cleanest")
    zone = _zone(args)
    window = _WINDOW.fullmatch(asked)
    if window is None:
        return BatchTimes(expression=asked, timezone=zone.key)
    first = int(window[2]) if window[1] else 0
    day = _year(plan.region, plan.catalogue)
    if day is None:
        at = f"cron(0 {first} * * ? *)" if window[1] else AT_ONE
        return BatchTimes(expression=at, timezone=zone.key)
    takes, offset = hours_of(plan.decision), _offset(zone)
    latest = _length(first, int(window[3])) - takes if window[1] else HOURS - 1
    starts = [(first + hour - offset) % HOURS for hour in range(latest + 1)]
    found = cleanest(day, takes, starts)
    return BatchTimes(
        expression=f"cron(0 {(found.start_hour_utc + offset) % HOURS} * * ? *)",
        timezone=zone.key,
        window=found,
        sources=day.sources,
    )


def _year(region: str, catalogue: Catalogue) -> UsualDay | None:
    """The usual day over all months: the schedule has one hour for the whole year."""
    where = catalogue.regions[region]
    days = [usual_day(where, month, catalogue) for month in _MONTHS]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return None
    return msgspec.structs.replace(
        known[0],
        ratios=tuple(sum(day.ratios[hour] for day in known) / len(known) for hour in range(HOURS)),
        sources=tuple(dict.fromkeys(source for day in known for source in day.sources)),
    )


def _length(first: int, last: int) -> int:
    return (last - first) % HOURS or HOURS


def _zone(args: AwsArgs) -> ZoneInfo:
    name = args.get("schedule_timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(
            f"{name!r} is no time zone",
            fix="write one such as Europe/Stockholm, or leave it out for UTC",
            field="schedule_timezone",
        ) from None


def _offset(zone: ZoneInfo) -> int:
    """Its hours before UTC in winter; in summer a job starts an hour sooner on the grid's clock."""
    winter = datetime.datetime(2026, 1, 15, tzinfo=zone).utcoffset()
    return round((winter or datetime.timedelta()).total_seconds() / 3600)

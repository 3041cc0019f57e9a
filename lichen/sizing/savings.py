"""What holding replicas otherwise would save: asleep when idle, by the clock, queued, batched."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.sizing.answers import Misfit
from lichen.sizing.replicas import HOURS, Held, day_of, hold, settle, start_up_s
from lichen.words import Precision
from lichen.workload import Availability, ModelCard, Workload

Way = Literal["scale-to-zero", "schedule", "asynchronous", "batch"]

QUIET_SHARE = 0.02
"""A schedule switches off in hours with less than this share of the busiest hour's traffic."""

GIVES_UP = {
    "scale-to-zero": "the first request after a quiet quarter of an hour waits for a start",
    "schedule": "nobody is served in the quiet hours",
    "asynchronous": "answers come from a queue, without a latency bound",
    "batch": "answers come within the day",
}


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """Replica-hours a day of another way to hold the same machine, and what it gives up.

    ``saved_share`` is of the replica-hours held today, 0 where the way saves nothing.
    """

    way: Way
    replica_hours: float
    saved_share: float
    gives_up: str


def savings(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
) -> tuple[Saving, ...]:
    """Other ways to serve ``workload`` on this machine, the most saving first; none in a Misfit."""
    now = _hours(workload, card, machine, precision, catalogue)
    if now is None or now <= 0:
        return ()
    others: dict[Way, float | None] = {
        "scale-to-zero": _hours(_unheld(workload), card, machine, precision, catalogue),
        "schedule": _scheduled(workload, card, machine, precision, catalogue),
        "asynchronous": _hours(
            replace(_unheld(workload), mode="asynchronous"), card, machine, precision, catalogue
        ),
        "batch": _hours(
            replace(_unheld(workload), mode="batch"), card, machine, precision, catalogue
        ),
    }
    found = [
        Saving(
            way=way,
            replica_hours=hours,
            saved_share=max(0.0, 1.0 - hours / now),
            gives_up=GIVES_UP[way],
        )
        for way, hours in others.items()
        if hours is not None and way != workload.mode
    ]
    return tuple(sorted(found, key=lambda saving: -saving.saved_share))


def _unheld(workload: Workload) -> Workload:
    """The same without a floor: outside production, nothing held in reserve."""
    return replace(workload, environment="dev", availability=Availability(minimum_replicas=0))


def _held(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
) -> Held | None:
    settled = settle(workload, card, machine, precision, catalogue)
    if isinstance(settled, Misfit):
        return None
    setting, _, point, _ = settled
    return hold(workload, point.rps * setting.copies, start_up_s(setting))


def _hours(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
) -> float | None:
    held = _held(workload, card, machine, precision, catalogue)
    return sum(held.by_hour) if held else None


def _scheduled(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
) -> float | None:
    held = _held(workload, card, machine, precision, catalogue)
    if held is None:
        return None
    day = day_of(workload.traffic)
    quiet = QUIET_SHARE * max(day)
    return sum(held.by_hour[hour] for hour in range(HOURS) if day[hour] > quiet)

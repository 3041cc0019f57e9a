"""What other ways to run the replicas would save: off when idle, by the clock, queued, batched."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from lichen.sizing.capacity import Capacity
from lichen.sizing.replicas import HOURS, Replicas, day_of, replicas_over_day, start_up_of
from lichen.workload import Workload

Way = Literal["scale-to-zero", "schedule", "asynchronous", "batch"]

QUIET_SHARE = 0.02
"""A schedule switches off in hours with less than this share of the busiest hour's traffic."""

GIVES_UP: dict[Way, str] = {
    "scale-to-zero": "after 15 idle minutes the next request waits for a replica to start",
    "schedule": "requests in the quiet hours are not served",
    "asynchronous": "results come from a queue, with no latency bound",
    "batch": "results may take up to 24 hours",
}
NO_SPARE = ", and no spare replica for a failure"
QUEUED: tuple[Literal["asynchronous", "batch"], ...] = ("asynchronous", "batch")
"""Ways whose requests wait in a queue, so that a failure needs no spare replica."""

WITHOUT_HEADROOM = (*QUEUED, "serverless")
"""Ways that use all of a machine: a queue waits, and without a queue each request has a copy."""


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """Replica-hours a day of another way to run the same machine, and what it gives up.

    ``saved_share`` is of today's replica-hours, 0 where the way saves nothing. ``unmade`` is why no
    component makes it; None where one does, and where nothing is asked of components.
    """

    way: Way
    replica_hours: float
    saved_share: float
    gives_up: str
    unmade: str | None = None


def savings_of(
    workload: Workload,
    replicas: Replicas,
    capacity: Capacity,
    unbound: Capacity | None,
    *,
    small: bool = False,
) -> tuple[Saving, ...]:
    """Other ways to serve ``workload``, the largest saving first.

    ``replicas`` and ``capacity`` are today's; ``unbound`` is a machine's capacity without a latency
    bound, None where it has none. Production keeps its spare replica while it serves in real time;
    ``small`` is that of :func:`replicas_over_day`.
    """
    if replicas.hours <= 0:
        return ()
    start_up_s = start_up_of(capacity.arrangement)
    asleep = replicas_over_day(workload, capacity.rps, start_up_s, floor=0, small=small)
    hours: dict[Way, float] = {
        "scale-to-zero": asleep.hours,
        "schedule": _hours_on(workload, replicas),
    }
    if unbound is not None:
        for way in QUEUED:
            queued = replace(workload, mode=way)
            hours[way] = replicas_over_day(queued, unbound.rps, start_up_s, floor=0).hours
    spare = workload.environment == "prod" and workload.mode == "real-time"
    found = [
        Saving(
            way=way,
            replica_hours=other,
            saved_share=max(0.0, 1.0 - other / replicas.hours),
            gives_up=GIVES_UP[way] + (NO_SPARE if spare and way in QUEUED else ""),
        )
        for way, other in hours.items()
        if way != workload.mode
    ]
    return tuple(sorted(found, key=lambda saving: -saving.saved_share))


def _hours_on(workload: Workload, replicas: Replicas) -> float:
    """Replica-hours of the day without the quiet hours."""
    day = day_of(workload.traffic)
    quiet_rps = QUIET_SHARE * max(day)
    return sum(replicas.by_hour[hour] for hour in range(HOURS) if day[hour] > quiet_rps)

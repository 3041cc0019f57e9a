"""How many machines over a day: at the peak, at least, at most, and in each hour."""

from __future__ import annotations

import math
from functools import lru_cache
from operator import mul

import msgspec

from lichen.sizing.arrangement import Arrangement
from lichen.sizing.start_up import start_s
from lichen.workload import Traffic, Workload

HOURS = 24
IDLE_S = 900.0
"""An endpoint that may sleep does so after 15 minutes without a request (a common default)."""
SURGE = 1.25
"""The ceiling above the peak's replicas, for days above the stated peak (design choice)."""
SMALL_VCPU = 4
"""A machine with fewer never serves production in real time alone: the server, the system and one
slow request share its cores, so that nothing is left for a burst (design choice)."""
_NEARLY = 1e-9
"""A load over a whole number of replicas by less is rounding."""
_WAVE = [(1.0 + math.cos(2.0 * math.pi * (hour - 14) / HOURS)) / 2.0 for hour in range(HOURS)]
"""A raised cosine over the day: 1 at 14 h, 0 at 2 h, and twice the same between."""
_LOGS = [math.log(rate) for rate in _WAVE[3:14]]
_FLATTEST, _SHARPEST = 1e-12, 4096.0
"""Powers of a day's wave: of nearly the same rate in every hour, and of all in one hour."""


class Replicas(msgspec.Struct, frozen=True):
    """Machines over a day: the floor, those of the peak, the ceiling, and the mean in each hour."""

    minimum: int
    peak: int
    maximum: int
    by_hour: tuple[float, ...]

    @property
    def hours(self) -> float:
        """Replica-hours of the day."""
        return sum(self.by_hour)


def replicas_over_day(
    workload: Workload,
    rps: float,
    start_up_s: float,
    floor: int | None = None,
    *,
    small: bool = False,
) -> Replicas:
    """Machines that serve the day at ``rps`` each, when a new one takes ``start_up_s`` to start.

    Each hour has enough for its busiest moment (the peak over the busiest hour's mean, the same
    in every hour) and for the rise into the next hour until a new replica serves. ``floor`` is
    used instead of the workload's own; the spare replicas of production stay. ``small``: the
    machine has fewer than SMALL_VCPU.
    """
    traffic = workload.traffic
    day = day_of(traffic)
    if floor is None:
        floor = floor_of(workload)
        if small and _needs_spares(workload):
            floor = max(floor, 2)
    if workload.mode == "batch":
        work_hours, start_hours = sum(day) / rps, start_up_s / 3600.0
        count = max(1, math.ceil(work_hours / (HOURS - start_hours)))
        # Each machine starts once a day, and is paid while it does.
        hours = work_hours + count * start_hours if work_hours else 0.0
        by_hour = tuple(max(0.0, min(float(count), hours - count * hour)) for hour in range(HOURS))
        return Replicas(floor, max(count, floor), max(count, floor), by_hour)
    asynchronous = workload.mode == "asynchronous"
    peak_rps = max(day) if asynchronous else traffic.peak_rps
    peak_load = peak_rps / rps
    bare = [
        math.ceil(share * peak_load - _NEARLY)
        for share in _hourly_shares(day, min(1.0, start_up_s / 3600.0))
    ]
    with_spare = {count: _with_spare(workload, count, small) for count in set(bare)}
    needed = [with_spare[count] for count in bare]
    peak = max(floor, 1, _with_spare(workload, math.ceil(peak_load - _NEARLY), small))
    minimum = max(floor, min(needed)) if floor else 0
    if minimum:
        by_hour = tuple([float(max(count, minimum)) for count in needed])
    else:
        by_hour = tuple(map(mul, _awake(traffic), needed))
    return Replicas(minimum, peak, max(peak, math.ceil(peak * SURGE)), by_hour)


def busiest_rps(workload: Workload) -> float:
    """Requests a second that the replicas of the peak serve together."""
    if workload.mode == "batch":
        return sum(day_of(workload.traffic)) / HOURS
    if workload.mode == "asynchronous":
        return max(day_of(workload.traffic))
    return workload.traffic.peak_rps


def fewest_replicas(busiest_rps: float, rps: float) -> int:
    """Replicas at the peak that the traffic alone needs at ``rps`` each, without spares:
    :func:`replicas_over_day` never has fewer."""
    return max(1, math.ceil(busiest_rps / rps - _NEARLY))


@lru_cache(maxsize=64)
def _hourly_shares(day: tuple[float, ...], lead_hours: float) -> tuple[float, ...]:
    """The highest rate of each hour until a replica that starts in it serves, as a share of the
    busiest hour's."""
    busiest = max(day)
    return tuple(
        (rate + max(0.0, then - rate) * lead_hours) / busiest if busiest else 0.0
        for rate, then in zip(day, (*day[1:], day[0]), strict=True)
    )


def floor_of(workload: Workload) -> int:
    """Replicas that always run, at any traffic."""
    wanted = workload.availability.minimum_replicas
    if workload.environment == "prod":
        return max(1, wanted or 0, workload.availability.zones)
    if wanted is not None:
        return wanted
    return 1 if workload.mode == "real-time" else 0


def _needs_spares(workload: Workload) -> bool:
    return workload.environment == "prod" and workload.mode == "real-time"


def _with_spare(workload: Workload, needed: int, small: bool) -> int:
    """In production: enough for the same load with one zone down, or with one replica failed; two
    small machines at least."""
    if needed < 1 or not _needs_spares(workload):
        return needed
    zones = workload.availability.zones
    if zones > 1:
        return max(math.ceil(needed * zones / (zones - 1)), needed + 1)
    return needed + 1 if needed > 1 or small else needed


@lru_cache(maxsize=64)
def _awake(traffic: Traffic) -> tuple[float, ...]:
    """The share of each hour that a replica is awake where sleep is allowed: within IDLE_S of a
    request."""
    return tuple(-math.expm1(-rate * IDLE_S) for rate in day_of(traffic))


def start_up_of(arrangement: Arrangement) -> float:
    """Seconds until a new replica serves: a machine, its image, the weights."""
    return start_s(arrangement.need.weight_bytes)


def day_of(traffic: Traffic) -> tuple[float, ...]:
    """24 hourly mean rates: the profile, or a day with one peak that has the stated mean."""
    if traffic.hourly_rps is not None or traffic.mean_rps is None:
        return traffic.profile_rps
    return _one_peak(traffic.peak_rps, traffic.mean_rps)


@lru_cache(maxsize=64)
def _one_peak(peak: float, mean: float) -> tuple[float, ...]:
    """``peak x w^k``, w a raised cosine with its top at 14 h, k such that the mean is right."""
    if mean >= peak or peak <= 0 or mean <= 0:
        return (mean,) * HOURS
    k = _sharpness(mean / peak)
    return tuple(peak * w**k for w in _WAVE)


def _sharpness(share: float) -> float:
    """The power to which the wave has a mean of ``share``: Newton's method from below, which never
    goes too far, since the mean is convex in the power."""
    k, step = _FLATTEST, math.inf
    while step > _NEARLY * k and k < _SHARPEST:
        powers = [math.exp(k * log) for log in _LOGS]
        step = (1.0 + 2.0 * sum(powers) - HOURS * share) / (-2.0 * sum(map(mul, powers, _LOGS)))
        k = min(_SHARPEST, k + max(0.0, step))
    return k

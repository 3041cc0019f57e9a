"""How many machines: peak, floor, ceiling, and the replicas held in each hour of a day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.evidence import Record, contradicts, surprise, weigh
from lichen.interval import Interval
from lichen.sizing.answers import Misfit, Sizing
from lichen.sizing.capacity import Curve, Point, bearable
from lichen.sizing.coefficients import Knowledge, knowledge
from lichen.sizing.layout import Setting, Spreads, prediction_at, setting_of
from lichen.words import Precision
from lichen.workload import Latency, ModelCard, Traffic, Workload

HOURS = 24
IDLE_S = 900.0
"""An endpoint that may sleep does so after 15 minutes without a request (a common default)."""
SURGE = 1.25
"""The ceiling above the peak's replicas, for days above the stated peak (design choice)."""
BOOT_S, LOAD_BYTES_S = 240.0, 0.3e9
"""From asking for a machine to its container running, and how fast weights load (assumed)."""
_UNBOUND = Latency()


def size(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record] = (),
) -> Sizing | Misfit:
    """Machines that ``workload`` takes, or why this one cannot serve it at ``precision``.

    ``evidence`` narrows what is predicted for the model, machine and precision it was measured on.
    """
    settled = settle(workload, card, machine, precision, catalogue, evidence)
    if isinstance(settled, Misfit):
        return settled
    setting, curve, point, _ = settled
    return _sizing(workload, setting, curve, point, precision)


def settle(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record] = (),
) -> tuple[Setting, Curve, Point, float] | Misfit:
    """The layout on the machine, its curve, the point it is run at, and the headroom allowed."""
    traffic, known = workload.traffic, knowledge(catalogue)
    if card.kind in ("llm", "vlm") and (traffic.input_tokens is None or not traffic.output_tokens):
        return Misfit("card", "traffic.input_tokens and output_tokens are not said")
    setting = _setting(traffic, card, machine, precision, known)
    if isinstance(setting, Misfit):
        return setting
    for record in evidence:
        if record.is_of(card.name, machine.name, precision, setting.stack.stack):
            setting = narrowed(setting, record)
    share = known.headroom(setting.rig.kind, setting.need.work).share
    latency = workload.latency
    if workload.mode in ("asynchronous", "batch"):
        share, latency = 1.0, _UNBOUND
    best = _widest(setting, latency, share, traffic.items)
    return best if isinstance(best, Misfit) else (*best, share)


def _setting(
    traffic: Traffic, card: ModelCard, machine: Machine, precision: Precision, known: Knowledge
) -> Setting | Misfit:
    """The machine's usual stack and layout for what a request of this traffic carries."""
    tokens = traffic.input_tokens or 0, traffic.output_tokens or 0
    return setting_of(card, machine, known, precision, None, None, *tokens)


def narrowed(setting: Setting, record: Record) -> Setting:
    """The setting at the pace that a record and the prediction agree on, and its interval."""
    pace, spread = weigh(_as_measured(setting, record), record, setting.spreads.token)
    spreads = Spreads(spread, spread, spread, spread)
    return replace(setting, pace=setting.pace * pace, spreads=spreads)


def evidence_notes(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record],
) -> Iterator[str]:
    """What an answer must say of the records it rests on; loudly where one contradicts it."""
    setting = _setting(workload.traffic, card, machine, precision, knowledge(catalogue))
    if isinstance(setting, Misfit):
        return
    for record in evidence:
        if not record.is_of(card.name, machine.name, precision, setting.stack.stack):
            continue
        predicted = _as_measured(setting, record)
        told = (
            f"the record of {record.measured_on} took {math.exp(surprise(predicted, record)):.2g}"
        )
        if contradicts(predicted, record, setting.spreads.token):
            yield (
                f"{told} times what was predicted, outside the 80 % interval: it CONTRADICTS the "
                "prediction, so measure again before you trust either"
            )
        else:
            yield f"{told} times what was predicted, and narrows it"


def _as_measured(setting: Setting, record: Record) -> dict[str, float]:
    """What is predicted of the times that a record holds, at its concurrency."""
    batch = max(1.0, record.concurrency / setting.copies)
    return {
        "time_per_output_token_ms": setting.token_s(batch) * 1e3,
        "time_to_first_token_ms": setting.prefill_s() * 1e3,
        "request_ms": setting.request_s(batch) * 1e3,
    }


def _widest(
    setting: Setting, latency: Latency, share: float, items: int
) -> tuple[Setting, Curve, Point] | Misfit:
    """The layout that bears most: from the fewest chips a copy, widening while that helps."""
    best: tuple[Setting, Curve, Point] | None = None
    misfit: Misfit | None = None
    most = 0.0
    for layout in _layouts(setting):
        found = bearable(layout, latency, share, items)
        if isinstance(found, Misfit):
            misfit = misfit or found
            if misfit.shortfall and found.shortfall and found.shortfall < misfit.shortfall:
                misfit = found
            continue
        rps = found[1].rps * layout.copies
        if rps > most:
            best, most = (layout, *found), rps
        elif best:
            break
    if best:
        return best
    return misfit or Misfit("throughput", "bears no request inside its bounds")


def _layouts(setting: Setting) -> list[Setting]:
    if setting.copies == 1:
        return [setting]
    layouts, chips = [], int(setting.machine.chips)
    for each in range(int(setting.rig.chips), chips + 1):
        if chips % each == 0:
            rig = setting.machine.times(each / chips)
            layouts.append(replace(setting, rig=rig, copies=chips // each))
    return layouts


def _sizing(
    workload: Workload, setting: Setting, curve: Curve, point: Point, precision: Precision
) -> Sizing:
    (low, high), traffic = setting.spreads.rate, workload.traffic
    p95_low, p95_high = setting.spreads.request
    rps = point.rps * setting.copies
    saturated = curve.saturated_rps * setting.copies
    held = hold(workload, rps, start_up_s(setting))
    in_flight = max(1.0, point.in_flight)
    batch = min(curve.room, math.ceil(in_flight)) * curve.items
    static = setting.stack.static_shapes
    requests = sum(day_of(traffic)) * 3600.0
    hours = sum(held.by_hour)
    return Sizing(
        prediction=prediction_at(
            setting, precision, batch, in_flight * setting.copies, curve.items
        ),
        chips_per_replica=setting.rig.chips * setting.copies,
        rps_per_replica=Interval(rps / high, rps, rps / low),
        headroom=min(1.0, rps / saturated),
        p95_ms=Interval(
            point.request_s * 1e3 * p95_low,
            point.request_s * 1e3,
            point.request_s * 1e3 * p95_high,
        ),
        replicas_minimum=held.minimum,
        replicas_peak=held.peak,
        replicas_maximum=held.maximum,
        replica_hours_by_hour=held.by_hour,
        load=min(1.0, requests / (hours * 3600.0 * saturated)) if hours else 0.0,
        compiled_batch=math.ceil(curve.crowd(point.in_flight) * curve.items) if static else None,
        compiled_sequence_tokens=_bucket(setting.context_tokens) if static and curve.llm else None,
    )


class Held:
    """Replicas over a day."""

    __slots__ = ("by_hour", "maximum", "minimum", "peak")

    def __init__(self, minimum: int, peak: int, maximum: int, by_hour: tuple[float, ...]) -> None:
        self.minimum, self.peak, self.maximum, self.by_hour = minimum, peak, maximum, by_hour


def hold(workload: Workload, rps: float, start_up: float) -> Held:
    """Replicas that bear the day, each ``rps``, when a new one takes ``start_up`` seconds.

    In each hour enough for its busiest moment (the peak over the busiest hour's mean, every
    hour alike) and for the rise into the next hour until a new replica serves.
    """
    traffic = workload.traffic
    day = day_of(traffic)
    floor = floor_of(workload)
    if workload.mode == "batch":
        work_hours = sum(day) / rps
        count = max(1, math.ceil(work_hours / HOURS))
        by_hour = tuple(
            max(0.0, min(float(count), work_hours - count * hour)) for hour in range(HOURS)
        )
        return Held(floor, max(count, floor), max(count, floor), by_hour)
    busiest = max(day)
    asynchronous = workload.mode == "asynchronous"
    burst = traffic.peak_rps / busiest if busiest > 0 and not asynchronous else 1.0
    bare = [
        math.ceil(most * burst / rps - 1e-9)
        for most in _hourly_most(traffic, min(1.0, start_up / 3600.0))
    ]
    spared = {count: _spared(workload, count) for count in set(bare)}
    needed = [spared[count] for count in bare]
    peak_rps = busiest if asynchronous else traffic.peak_rps
    peak = max(floor, 1, _spared(workload, math.ceil(peak_rps / rps - 1e-9)))
    minimum = max(floor, min(needed)) if floor else 0
    if minimum:
        by_hour = tuple([float(max(count, minimum)) for count in needed])
    else:
        by_hour = tuple(map(_awake, day, needed))
    return Held(minimum, peak, max(peak, math.ceil(peak * SURGE)), by_hour)


@lru_cache(maxsize=64)
def _hourly_most(traffic: Traffic, lead_hours: float) -> tuple[float, ...]:
    """The most that each hour asks before a replica started in it serves."""
    day = day_of(traffic)
    return tuple(
        rate + max(0.0, then - rate) * lead_hours
        for rate, then in zip(day, (*day[1:], day[0]), strict=True)
    )


def floor_of(workload: Workload) -> int:
    """Replicas never gone below, whatever the traffic."""
    asked = workload.availability.minimum_replicas
    if workload.environment == "prod":
        return max(1, asked or 0, workload.availability.zones)
    if asked is not None:
        return asked
    return 1 if workload.mode == "real-time" else 0


def _spared(workload: Workload, needed: int) -> int:
    """In production: the same load still borne with a zone gone, or with one replica failed."""
    if workload.environment != "prod" or workload.mode != "real-time" or needed < 1:
        return needed
    zones = workload.availability.zones
    if zones > 1:
        return max(math.ceil(needed * zones / (zones - 1)), needed + 1)
    return needed + 1 if needed > 1 else needed


def _awake(rate: float, needed: int) -> float:
    """Replicas on average where sleep is allowed: awake within IDLE_S of a request."""
    return needed * -math.expm1(-rate * IDLE_S)


def start_up_s(setting: Setting) -> float:
    """Seconds until a new replica serves: a machine, its image, the weights."""
    return BOOT_S + setting.need.weight_bytes / LOAD_BYTES_S


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
    wave = [(1.0 + math.cos(2.0 * math.pi * (hour - 14) / HOURS)) / 2.0 for hour in range(HOURS)]
    low, high = 0.0, 4096.0
    for _ in range(50):
        k = (low + high) / 2.0
        if sum(w**k for w in wave) / HOURS > mean / peak:
            low = k
        else:
            high = k
    return tuple(peak * w**k for w in wave)


def _bucket(tokens: float) -> int:
    """The compiled sequence length: the next power of two, 128 at least."""
    return int(max(128, 2 ** math.ceil(math.log2(max(1.0, tokens)))))

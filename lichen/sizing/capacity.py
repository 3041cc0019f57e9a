"""What one machine serves: the load at which its slowest requests still meet their bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from lichen.figures import figure, whole
from lichen.sizing.answers import Misfit
from lichen.sizing.arrangement import Arrangement
from lichen.sizing.compiled import batches
from lichen.sizing.confidence import LIKELY, Slowness, slowness
from lichen.workload import Latency

P95 = 1.645
"""Standard deviations to a normal's 95th percentile: requests in flight vary as a Poisson count."""

_BISECTIONS = 14
_JUST_BELOW, _JUST_ABOVE = 1.0 - 1e-9, 1.0 + 1e-9
_CLOSE = 1e-3
"""No prediction here is known to a thousandth: a search ends there."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """A copy at work: requests in flight on average, requests a second, and times in seconds.

    ``first_s`` and ``request_s`` are 95th percentiles of a request's first token and its end;
    ``token_s`` is the time per output token while the copy is as full as it is one time in 20.
    """

    in_flight: float
    rps: float
    first_s: float
    token_s: float
    request_s: float


class Curve:
    """A copy's times against requests in flight, as straight lines: ``step = alpha + beta x b``."""

    __slots__ = ("alpha", "around", "beta", "items", "llm", "output", "prefill", "room")

    def __init__(
        self,
        arrangement: Arrangement,
        items: int,
        at: float | None = None,
        prefill_s: float | None = None,
    ) -> None:
        """``at``: requests in flight where a mixture of experts' line touches its curve; left
        out, as many as there is room for. ``prefill_s``: of reading one prompt, where it is
        known."""
        self.llm = arrangement.need.work == "llm"
        self.items = 1 if self.llm else items
        self.output = max(1, arrangement.output_tokens) if self.llm else 1
        self.prefill = arrangement.prefill_s() if prefill_s is None else prefill_s
        self.around = arrangement.around_s
        room = arrangement.room
        self.room = max(1.0, room / self.items)
        if arrangement.compiled_batch is not None:
            self.alpha, self.beta = arrangement.step_s(self.items), 0.0
            return
        wide = max(2.0, room if at is None else at) * self.items
        full, one = arrangement.step_s(wide), arrangement.step_s(1.0)
        self.beta = max(0.0, (full - one) / (wide - 1.0))
        self.alpha = full - self.beta * wide
        self.beta *= self.items

    def at(self, in_flight: float) -> Point:
        """The copy with ``in_flight`` requests in it on average; below one it idles between."""
        crowd = self.crowd(in_flight)
        slow = self.alpha + self.beta * crowd
        more = in_flight - 1.0 if in_flight > 1.0 else 0.0
        step = self.alpha + self.beta * (1.0 + more)
        if not self.llm:
            busy = min(1.0, in_flight)
            request = self.around + (1.0 + busy) * slow
            return Point(in_flight, in_flight / step, 0.0, 0.0, request)
        prefill, output = self.prefill, self.output
        interleaved = prefill / output
        rps = in_flight / (prefill + output * (step + more * interleaved))
        first = self.around + prefill + slow + queue_p95_s(rps * prefill, prefill)
        token = slow + (crowd - 1.0) * interleaved
        return Point(in_flight, rps, first, token, first + (output - 1) * token)

    def crowd(self, in_flight: float) -> float:
        """Requests in flight one time in 20."""
        crowd = in_flight + P95 * math.sqrt(in_flight)
        if crowd <= 1.0:
            return 1.0
        return crowd if crowd < self.room else self.room

    @property
    def saturated_rps(self) -> float:
        return self.at(self.room).rps

    def serving(self, rps: float) -> Point:
        """The copy while ``rps`` requests a second arrive; at its saturation where that is more."""
        return self.at(min(self.room, self._in_flight(rps)))

    def _in_flight(self, rps: float) -> float:
        """Requests in flight on average at a rate: the rate of :meth:`at`, solved for them;
        infinite at a rate that it never reaches."""
        alone_s = self.prefill + self.output * (self.alpha + self.beta)
        if rps * alone_s <= 1.0:
            return rps * alone_s
        each_more_s = self.output * self.beta + self.prefill
        spare = 1.0 - rps * each_more_s
        return rps * (alone_s - each_more_s) / spare if spare > 0 else math.inf

    @property
    def most_in_flight(self) -> float:
        """The average that is over the room one time in 20: b + 1.645 sqrt(b) = room."""
        root = (math.sqrt(P95 * P95 + 4.0 * self.room) - P95) / 2.0
        return max(min(1.0, self.room), root * root) if self.room > 1 else 1.0


def queue_p95_s(busy: float, service_s: float) -> float:
    """95th percentile of the wait for one server with even service times and random arrivals.

    Mean wait of those who wait in M/D/1 is ``s / 2 / (1 - rho)``; its tail is taken as
    exponential. Infinite at or above full use.
    """
    if busy >= 1.0:
        return math.inf
    if busy <= 0.05:
        return 0.0
    return service_s / 2.0 / (1.0 - busy) * math.log(busy / 0.05)


class Capacity(msgspec.Struct, frozen=True):
    """A machine at its busiest point that keeps every bound with a stated confidence: how it is
    arranged, the curve of one copy, the point on it, the share of saturation that was allowed,
    and how slow the machine may turn out. Curve and point are at the likely speed."""

    arrangement: Arrangement
    curve: Curve
    point: Point
    share: float
    confidence: float
    slow: Slowness

    @property
    def likely_rps(self) -> float:
        """Requests a second of all copies at the likely speed."""
        return self.point.rps * self.arrangement.copies

    @property
    def rps(self) -> float:
        """Requests a second of all copies that hold with the confidence."""
        return self.likely_rps / self.slow.rate

    @property
    def saturated_rps(self) -> float:
        """Requests a second of all copies with every place taken, at the likely speed."""
        return self.curve.saturated_rps * self.arrangement.copies


def best_within(
    arrangement: Arrangement,
    latency: Latency,
    share: float,
    items: int,
    confidence: float = LIKELY,
) -> Capacity | Misfit:
    """The arrangement, of all numbers of chips a copy and all batches that its stack compiles,
    that serves most within every bound."""
    # What a batch has no part in is worked out once.
    slow = slowness(arrangement.spreads, confidence)
    options = [
        (option, prefill_s)
        for one in arrangement.with_more_chips()
        for prefill_s in (one.prefill_s(),)
        for option in _compiled(one, items)
    ]
    best: Capacity | None = None
    misfits: list[Misfit] = []
    # From the last on: the largest batch mostly serves most, and the others then cannot win.
    for option, prefill_s in reversed(options):
        curve = Curve(option, items, prefill_s=prefill_s)
        if best is not None and best.rps > _most_rps(curve, option, share, slow):
            continue
        found = _capacity(option, curve, latency, share, items, confidence, slow)
        if isinstance(found, Misfit):
            misfits.append(found)
        elif found.rps > 0.0 and (best is None or found.rps >= best.rps):
            best = found
    if best:
        return best
    return _nearest(misfits[::-1]) or Misfit("throughput", "serves no request within its bounds")


def _most_rps(curve: Curve, arrangement: Arrangement, share: float, slow: Slowness) -> float:
    """What no capacity of an arrangement exceeds; infinite for a mixture of experts, whose curve is
    another one at its busiest point."""
    if arrangement.need.expert_share < 1.0:
        return math.inf
    return share * curve.saturated_rps * arrangement.copies / slow.rate * _JUST_ABOVE


def _nearest(misfits: Sequence[Misfit]) -> Misfit | None:
    """The first that misses its bounds by least."""
    nearest = misfits[0] if misfits else None
    for each in misfits:
        if nearest and nearest.shortfall and each.shortfall and each.shortfall < nearest.shortfall:
            nearest = each
    return nearest


def _compiled(arrangement: Arrangement, items: int) -> Iterator[Arrangement]:
    """The same with each batch that its stack may compile; of those that do not hold the items of
    one request, only the largest."""
    if not arrangement.stack.static_shapes or arrangement.compiled_batch is not None:
        yield arrangement
        return
    every = batches(arrangement.room)
    least = 1 if arrangement.need.work == "llm" else items
    for batch in [batch for batch in every if batch >= least] or every[-1:]:
        yield replace(arrangement, compiled_batch=batch)


def capacity_within(
    arrangement: Arrangement,
    latency: Latency,
    share: float,
    items: int,
    confidence: float = LIKELY,
) -> Capacity | Misfit:
    """One arrangement at its busiest point inside ``latency`` and ``share`` of its saturation.

    The bounds hold there with ``confidence``: a machine that is slower by a factor takes so much
    longer for everything, with the same requests in flight.
    """
    slow = slowness(arrangement.spreads, confidence)
    curve = Curve(arrangement, items)
    return _capacity(arrangement, curve, latency, share, items, confidence, slow)


def _capacity(
    arrangement: Arrangement,
    curve: Curve,
    latency: Latency,
    share: float,
    items: int,
    confidence: float,
    slow: Slowness,
) -> Capacity | Misfit:
    point = _busiest(curve, latency, share, slow, confidence)
    if arrangement.need.expert_share < 1.0 and not isinstance(point, Misfit):
        around = max(2.0, point.in_flight)
        curve = Curve(arrangement, items, around, curve.prefill)
        point = _busiest(curve, latency, share, slow, confidence)
    if isinstance(point, Misfit):
        return point
    return Capacity(arrangement, curve, point, share, confidence, slow)


def _busiest(
    curve: Curve, latency: Latency, share: float, slow: Slowness, confidence: float
) -> Point | Misfit:
    most_rps = share * curve.saturated_rps
    low = curve.at(0.0)
    most_first_s = _most_s(latency.time_to_first_token_ms, slow.first)
    most_token_s = _most_s(latency.time_per_output_token_ms, slow.token)
    most_request_s = _most_s(latency.p95_ms, slow.request)

    def serves(point: Point) -> bool:
        return (
            point.rps <= most_rps
            and point.token_s <= most_token_s
            and point.first_s <= most_first_s
            and point.request_s <= most_request_s
        )

    if not serves(low):
        return _too_slow(low, latency, slow, confidence)
    high = curve.at(curve.most_in_flight)
    if serves(high):
        return high
    if high.rps > most_rps:
        high = curve.serving(most_rps * _JUST_BELOW)
        if serves(high):
            return high
    for _ in range(_BISECTIONS):
        if high.in_flight - low.in_flight < _CLOSE * low.in_flight:
            break
        middle = curve.at((low.in_flight + high.in_flight) / 2.0)
        if serves(middle):
            low = middle
        else:
            high = middle
    if low.in_flight <= 0.0:
        return _too_slow(high, latency, slow, confidence)
    return low


def _most_s(bound_ms: float | None, slow: float) -> float:
    """The likely seconds that keep a bound with a factor on them; infinite without a bound."""
    return bound_ms / 1e3 / slow if bound_ms else math.inf


def _bounds(
    point: Point, latency: Latency, slow: Slowness
) -> tuple[tuple[str, float, float, float | None], ...]:
    """What is bounded: its name, the likely seconds, the factor on them, the bound in ms."""
    return (
        ("time to first token", point.first_s, slow.first, latency.time_to_first_token_ms),
        ("time per output token", point.token_s, slow.token, latency.time_per_output_token_ms),
        ("p95", point.request_s, slow.request, latency.p95_ms),
    )


def _too_slow(point: Point, latency: Latency, slow: Slowness, confidence: float) -> Misfit:
    name, took, factor, bound = max(
        (
            (name, took, factor, bound)
            for name, took, factor, bound in _bounds(point, latency, slow)
            if bound
        ),
        key=lambda each: each[1] * each[2] / each[3],
    )
    likely_ms, limit = took * 1e3, f"with no other request; the limit is {whole(bound)} ms"
    if factor == 1.0:
        reason = f"{name} is {figure(likely_ms)} ms {limit}"
    else:
        kept = likely_ms <= bound
        confirm = ", which a benchmark would have to confirm" if kept else ""
        reason = (
            f"{name} may be {figure(likely_ms * factor)} ms at {confidence * 100:g} % confidence "
            f"{limit} (likely is {figure(likely_ms)} ms{confirm})"
        )
    return Misfit("latency", reason, likely_ms * factor / bound)

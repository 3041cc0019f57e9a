"""From what became of requests to the benchmark record that placing reads."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec

from lichen import __version__
from lichen.document import InputError
from lichen.evidence import Record, Unanswered
from lichen.figures import many
from lichen.words import Precision
from lichen_practices.bench.exchange import Outcome
from lichen_practices.bench.measure import Measured, OfferedLoad
from lichen_practices.bench.percentiles import percentiles

LATE_SHARE = 0.05
"""A client that sends later than so much of the median time measures itself."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: the model, on what, with what; see :class:`lichen.evidence.Record`.

    ``generates``: the model answers in tokens, so that a time says nothing without the lengths of
    a request. ``input_tokens`` and ``output_tokens`` are those of a result that lacks them.
    ``parameters`` are the model's and ``accelerator`` the machine's, where they are known: a
    result that says others is of another.
    """

    model: str
    machine: str
    precision: Precision
    day: date
    stack: str | None = None
    chip: str | None = None
    chips: float | None = None
    notes: tuple[str, ...] = ()
    generates: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    parameters: float | None = None
    accelerator: str | None = None


def record_of(
    measured: Measured, plan: OfferedLoad, about: About, *, assumed_tokens: int = 0
) -> Record:
    """The record of a measurement; :class:`InputError` where no request was answered.

    ``assumed_tokens`` are those of a prompt where the server does not count them.
    """
    good = [one for one in measured.outcomes if one.failure is None]
    if not measured.outcomes:
        raise InputError(
            "no request was due in the time that was measured",
            fix="measure longer than a request takes",
            field="--seconds",
        )
    if not good:
        raise InputError(
            f"no request was answered in full: {_commonest(measured)}",
            fix="look into the server's log, or lower the load",
            field="URL",
        )
    # A time-out counts with what was waited: without it a server that hangs would look fast.
    waited = [one for one in measured.outcomes if one.failure == "timeouts"]
    window_s = max(1e-3, measured.ended - measured.begun)
    # What was answered or in flight in the window counts whenever it was due: a request of the
    # warm-up that ends in the window takes the place of one that ends after it.
    every = (*measured.warm_up, *measured.outcomes)
    answered_within = sum(
        one.failure is None and measured.begun <= one.end <= measured.ended for one in every
    )
    firsts = percentiles(
        [one.first_ms for one in good if one.first_ms is not None]
        + [one.request_ms for one in waited if not one.tokens_at and plan.shape.streams]
    )
    whole = percentiles([one.request_ms for one in (*good, *waited)])
    per_token = [one.per_token_ms for one in good if one.per_token_ms is not None]
    assert whole is not None
    in_flight = (
        sum(max(0.0, min(one.end, measured.ended) - max(one.due, measured.begun)) for one in every)
        / window_s
    )
    spent = Counter(one.failure for one in measured.outcomes if one.failure)
    return Record(
        model=about.model,
        machine=about.machine,
        precision=about.precision,
        measured_on=about.day,
        stack=about.stack,
        chip=about.chip,
        chips=about.chips,
        loop="closed" if plan.concurrency else "open",
        concurrency=plan.concurrency or max(1e-3, round(in_flight, 3)),
        offered_rps=None if plan.concurrency else sum(plan.rates_rps) / len(plan.rates_rps) or None,
        requests=len(good),
        warm_up_requests=len(measured.warm_up),
        seconds=window_s,
        input_tokens=_median([one.input_tokens for one in good]) or assumed_tokens,
        output_tokens=_median([one.answered_tokens or None for one in good]) or 0,
        time_to_first_token_ms=firsts.p50.ms if firsts else None,
        time_per_output_token_ms=statistics.median(per_token) if per_token else None,
        request_ms=whole.p50.ms,
        requests_per_s=answered_within / window_s or None,
        unanswered=Unanswered(**{str(name): count for name, count in spent.items()}),
        first_token=firsts,
        between_tokens=percentiles(_gaps_ms(good)),
        request=whole,
        energy=measured.energy,
        interrupted=bool(measured.why_stopped),
        tool=f"lichen bench {__version__}",
        notes=" ".join((*about.notes, *_notes(measured, plan, whole.p50.ms))),
    )


def _median(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return round(statistics.median(known)) if known else None


def _gaps_ms(outcomes: Sequence[Outcome]) -> list[float]:
    """Milliseconds between one event with text and the next, of all streams."""
    return [
        (later - earlier) * 1e3
        for one in outcomes
        for earlier, later in zip(one.tokens_at, one.tokens_at[1:], strict=False)
    ]


def _notes(measured: Measured, plan: OfferedLoad, request_ms: float) -> list[str]:
    """What a reader of the record must know, in sentences."""
    found = []
    if measured.why_stopped:
        found.append(f"It was stopped before its time: {measured.why_stopped}.")
    failed = [one for one in measured.outcomes if one.failure is not None]
    if failed:
        found.append(
            f"{len(failed):,} of {many(len(measured.outcomes), 'request')} were not answered in "
            "full: "
            f"{_commonest(measured)}."
        )
    late_ms = sorted((one.sent - one.due) * 1e3 for one in measured.outcomes)
    late = late_ms[int(0.95 * (len(late_ms) - 1))] if late_ms else 0.0
    if late > LATE_SHARE * request_ms:
        found.append(
            f"The measuring machine was busy: one request in twenty was sent {late:.0f} ms late or "
            "more, which is part of the times."
        )
    if plan.shape.streams and not any(one.output_tokens for one in measured.outcomes):
        found.append("The server does not report tokens: events of the stream are counted.")
    return found


def _commonest(measured: Measured) -> str:
    """Why most of the failed requests failed."""
    why = Counter(one.why for one in measured.outcomes if one.failure is not None)
    return why.most_common(1)[0][0]

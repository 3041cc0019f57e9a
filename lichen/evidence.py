"""Benchmark records: what was measured, when, on what; and how far a prediction follows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lichen.document import InputError, convert, read_document
from lichen.evaluation import Evaluation
from lichen.words import Precision

Z80 = 1.2816
"""Standard deviations to either end of a normal 80 % interval."""
RECORD_SPREAD = 0.10
"""Standard deviation of a good record in log units: runs of one benchmark differ by a tenth."""
FEW_REQUESTS = 100
"""A record of fewer requests is less sure, by the root of how many it lacks."""

CARRIED = 0.18
"""How much of what a record finds carries over to another machine: the slope between the logarithms
of measured over predicted times of one model under one stack on two machines. Of public rows it is
0.18 where the chips are of one family (12 pairs), and none where they are not (81).
``python -m derive.carried`` prints it."""
CARRIED_LEFT = math.sqrt(1.0 - CARRIED**2)
"""What a record of another machine leaves of an interval, in log units: nearly all."""

Milliseconds = Annotated[float, Meta(gt=0, le=1e9)]


class Percentile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One quantile of measured times, in milliseconds, with its 95 % confidence interval.

    The ends are order statistics, so that no shape of the times is assumed; None where too few
    requests were measured to have that end.
    """

    ms: Annotated[float, Meta(ge=0, le=1e9)]
    low_ms: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    high_ms: Annotated[float, Meta(ge=0, le=1e9)] | None = None


class Percentiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What so many measured times were like: their median and the slow ones."""

    count: Annotated[int, Meta(ge=1)]
    p50: Percentile
    p95: Percentile
    p99: Percentile


class Unanswered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests of a measurement that were not answered in full, by why.

    ``errors`` were refused or answered with an error; ``timeouts`` took longer than they may;
    ``cut`` were closed in the middle of an answer; ``garbled`` answered something unreadable;
    ``dropped`` were due and never sent; ``unfinished`` were under way when the measurement ended.
    """

    errors: Annotated[int, Meta(ge=0)] = 0
    timeouts: Annotated[int, Meta(ge=0)] = 0
    cut: Annotated[int, Meta(ge=0)] = 0
    garbled: Annotated[int, Meta(ge=0)] = 0
    dropped: Annotated[int, Meta(ge=0)] = 0
    unfinished: Annotated[int, Meta(ge=0)] = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, field) for field in self.__struct_fields__)


class Energy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Energy that a machine's own counter showed while it was measured, idle share included.

    ``covers`` says of what: the counter of a processor or of GPUs leaves out the rest of the
    machine.
    """

    joules: Annotated[float, Meta(ge=0, le=1e12)]
    seconds: Annotated[float, Meta(gt=0, le=1e8)]
    covers: str
    counter: str


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One benchmark of one endpoint at one concurrency: the file that ``lichen bench`` writes.

    Times are medians in milliseconds; ``requests`` is how many were answered and measured.
    ``stack`` left out is any. Lengths of a request that are left out are the workload's own.
    ``machine`` is a name of the catalogue; where it is another machine,
    ``chip`` and ``chips`` say what it computes with, and the speed carries over to the catalogue's
    machines with a wider interval. An open loop sends at ``offered_rps`` and counts from when a
    request was due; a closed loop keeps ``concurrency`` requests in flight. ``first_token``,
    ``between_tokens`` and ``request`` have the slow ones. ``energy`` left out is unknown.
    ``interrupted``: it was stopped before its time. ``evaluations`` are scores of what was
    measured, or of another variant. Its JSON Schema is docs/schemas/benchmark-record.json.
    """

    model: str
    machine: str
    precision: Precision
    measured_on: date
    concurrency: Annotated[float, Meta(gt=0, le=1e6)]
    requests: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    input_tokens: Annotated[int, Meta(ge=0)] = 0
    output_tokens: Annotated[int, Meta(ge=0)] = 0
    time_to_first_token_ms: Milliseconds | None = None
    time_per_output_token_ms: Milliseconds | None = None
    request_ms: Milliseconds | None = None
    requests_per_s: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    stack: str | None = None
    chip: str | None = None
    chips: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    loop: Literal["open", "closed"] | None = None
    offered_rps: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    seconds: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    warm_up_requests: Annotated[int, Meta(ge=0)] | None = None
    unanswered: Unanswered | None = None
    first_token: Percentiles | None = None
    between_tokens: Percentiles | None = None
    request: Percentiles | None = None
    energy: Energy | None = None
    interrupted: bool = False
    evaluations: tuple[Evaluation, ...] = ()
    tool: str = ""
    notes: str = ""

    @property
    def tag(self) -> str:
        """What it was measured on, and when, in a text: ``g6e.xlarge 2026-11-26``."""
        return f"{self.chip or self.machine} {self.measured_on}"

    def is_of(self, model: str, precision: Precision, stack: str) -> bool:
        """Whether it was measured on this model, precision and stack."""
        return self.model == model and self.precision == precision and self.stack in (None, stack)


def read_record(path: Path) -> Record:
    """Read a record from JSON, YAML or TOML; :class:`InputError` names the field and the fix."""
    document = read_document(path)
    try:
        record = convert(document, Record) if isinstance(document, dict) else None
    except InputError as error:
        raise error.within(str(path)) from None
    if record is None or not any(_times(record).values()):
        raise InputError(
            "a benchmark record has at least one measured time",
            fix="add time_per_output_token_ms, time_to_first_token_ms or request_ms",
            document=str(path),
        )
    return record


def _times(record: Record) -> dict[str, float | None]:
    """What was measured; of a closed loop, requests a second are a time by Little's law.

    Requests of equal length that are sent together end together, so in a closed loop of several the
    prompts meet again and again, and each first token waits for the prompts before it: a wait of
    the load, not of the machine. The first token counts there only where nothing else was measured.
    """
    request_ms, first_ms = record.request_ms, record.time_to_first_token_ms
    if request_ms is None and record.requests_per_s is not None:
        request_ms = record.concurrency / record.requests_per_s * 1e3
    in_step = record.loop == "closed" and record.concurrency > 1
    if in_step and (record.time_per_output_token_ms or request_ms):
        first_ms = None
    return {
        "time_per_output_token_ms": record.time_per_output_token_ms,
        "time_to_first_token_ms": first_ms,
        "request_ms": request_ms,
    }


def surprise(predicted: Mapping[str, float], record: Record) -> float:
    """Log of measured over predicted time: the mean of the times that both have, 0 without any."""
    logs = [
        math.log(took / predicted[name])
        for name, took in _times(record).items()
        if took and predicted.get(name, 0.0) > 0
    ]
    return sum(logs) / len(logs) if logs else 0.0


def carried_over(ratios: Sequence[float]) -> float:
    """A factor on the times of a machine, from records of other ones.

    ``ratios`` are measured over predicted time, each on its own machine: how much slower than the
    roofline there the model was. Their mean carries over by the share CARRIED; 1 without any.
    """
    if not ratios:
        return 1.0
    return math.exp(CARRIED * sum(map(math.log, ratios)) / len(ratios))


def left_by_others(spread: tuple[float, float]) -> tuple[float, float]:
    """The 80 % factors that records of other machines leave."""
    return spread[0] ** CARRIED_LEFT, spread[1] ** CARRIED_LEFT


def weigh(
    predicted: Mapping[str, float], record: Record, spread: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    """A factor on predicted times and their new 80 % factors.

    Prediction and record are log-normal; each weighs by one over its variance. The prediction's
    standard deviation comes from its interval, the record's is RECORD_SPREAD, wider with few
    requests. A record that contradicts the prediction widens what is left: see :func:`discord`.
    """
    predicted_sd, record_sd = _deviation(spread), _record_deviation(record.requests)
    if predicted_sd <= 0:
        return 1.0, spread
    weight = predicted_sd**2 / (predicted_sd**2 + record_sd**2)
    factor = math.exp(weight * surprise(predicted, record))
    return factor, narrower(spread, record.requests, discord(predicted, record, spread))


def discord(predicted: Mapping[str, float], record: Record, spread: tuple[float, float]) -> float:
    """How much wider than usual the interval is that a prediction and its record leave: 1, unless
    the record contradicts. Then it is the Birge ratio: how far the two are apart, over how far
    they would be in an 80 % interval of their difference."""
    if not contradicts(predicted, record, spread):
        return 1.0
    apart_sd = math.hypot(_deviation(spread), _record_deviation(record.requests))
    return max(1.0, abs(surprise(predicted, record)) / (Z80 * apart_sd))


def narrower(
    spread: tuple[float, float], requests: int = FEW_REQUESTS, wider: float = 1.0
) -> tuple[float, float]:
    """The 80 % factors of a prediction together with a record of so many requests, times
    ``wider`` in log units."""
    predicted_sd, record_sd = _deviation(spread), _record_deviation(requests)
    if predicted_sd <= 0:
        return spread
    both_sd = predicted_sd * record_sd / math.hypot(predicted_sd, record_sd)
    reach = math.exp(Z80 * both_sd * wider)
    return 1.0 / reach, reach


def _deviation(spread: tuple[float, float]) -> float:
    """The standard deviation, in log units, of 80 % factors."""
    return math.log(spread[1] / spread[0]) / 2.0 / Z80


def _record_deviation(requests: int) -> float:
    """The standard deviation of a record of so many requests, in log units."""
    return RECORD_SPREAD * math.sqrt(max(1.0, FEW_REQUESTS / requests))


def contradicts(
    predicted: Mapping[str, float], record: Record, spread: tuple[float, float]
) -> bool:
    """Whether the record lies outside the prediction's 80 % interval by more than its own doubt."""
    log, doubt = surprise(predicted, record), Z80 * RECORD_SPREAD
    return not math.log(spread[0]) - doubt <= log <= math.log(spread[1]) + doubt

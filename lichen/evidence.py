"""Benchmark records: what was measured, when, on what; and how far a prediction follows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.document import InputError, convert, read_document
from lichen.words import Precision

Z80 = 1.2816
"""Standard deviations to either end of a normal 80 % interval."""
RECORD_SPREAD = 0.10
"""Standard deviation of a good record in log units: runs of one benchmark differ by a tenth."""
FEW_REQUESTS = 100
"""A record of fewer requests is less sure, by the root of how many it lacks."""

Milliseconds = Annotated[float, Meta(gt=0, le=1e9)]


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One benchmark of one endpoint at one concurrency: the file that ``lichen bench`` writes.

    Times are medians in milliseconds; ``requests`` is how many were sent. ``stack`` left out is
    any. Its JSON Schema is docs/schemas/benchmark-record.json.
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
    tool: str = ""
    notes: str = ""

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
    """What was measured; of a closed loop, requests a second are a time by Little's law."""
    request_ms = record.request_ms
    if request_ms is None and record.requests_per_s is not None:
        request_ms = record.concurrency / record.requests_per_s * 1e3
    return {
        "time_per_output_token_ms": record.time_per_output_token_ms,
        "time_to_first_token_ms": record.time_to_first_token_ms,
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

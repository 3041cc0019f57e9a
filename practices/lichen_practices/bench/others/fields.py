"""What the readers of all tools share: one record of the fields that a result has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from lichen.document import InputError
from lichen.evidence import Percentile, Percentiles, Record
from lichen_practices.bench.record import About

Document = Mapping[str, Any]
AS_WRITTEN = "give the result as the tool wrote it"
LENGTHS = ("input_tokens", "output_tokens")


def record(
    about: About,
    tool: str,
    requests: object,
    *,
    lengths: Sequence[str] = LENGTHS,
    **measured: Any,
) -> Iterator[Record]:
    """One record; none where no request was answered. ``lengths`` are those that its times need."""
    count = round(float(str(requests)))
    if count < 1:
        return
    times = ("time_to_first_token_ms", "time_per_output_token_ms", "request_ms", "requests_per_s")
    for name in times:
        if (measured.get(name) or 0.0) < 0:
            raise InputError(f"has a negative {name}", fix=AS_WRITTEN)
    day = measured.get("day")
    if day is not None and day > about.day + timedelta(days=1):
        raise InputError(f"is of {day}, which is yet to come", fix="set the clock, measure again")
    known = {
        name: value
        for name, value in measured.items()
        if value is not None and not (name in times and not 0 < value < 1e9)
    }
    if not known.keys() & set(times):
        raise InputError("has no measured time", fix="measure with streaming, or give latencies")
    for name in LENGTHS:
        known[name] = known.get(name) or getattr(about, name) or 0
    lacking = [name for name in lengths if about.generates and not known[name]]
    if lacking:
        of = {"input_tokens": "a prompt", "output_tokens": "an answer"}
        raise InputError(
            f"does not say how many tokens {' and '.join(of[name] for name in lacking)} had",
            fix=f"add {' and '.join('--' + name.replace('_', '-') for name in lacking)}",
        )
    notes = about.notes
    if "day" not in known:
        notes = (*notes, "The result has no date: measured_on is the day on which it was read.")
    yield Record(
        model=about.model,
        machine=about.machine,
        precision=about.precision,
        measured_on=known.pop("day", about.day),
        stack=about.stack,
        chip=known.pop("chip", None) or about.chip,
        chips=known.pop("chips", None) or about.chips,
        concurrency=max(1e-3, known.pop("concurrency", 1.0)),
        requests=count,
        tool=tool,
        notes=" ".join(notes),
        **known,
    )


def number(value: object) -> float | None:
    """A finite number; None for anything else, and for ``inf`` as some tools write it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def percentiles_of(
    count: object, p50: object, p95: object, p99: object, unit_ms: float = 1.0
) -> Percentiles | None:
    """Percentiles in milliseconds, without intervals: the tools keep no single times."""
    found = [number(value) for value in (p50, p95, p99)]
    if None in found or number(count) is None:
        return None
    ordered = [(value or 0.0) * unit_ms for value in found]
    if ordered[0] < 0 or ordered != sorted(ordered):
        written = ", ".join(f"{value:g}" for value in ordered)
        raise InputError(f"has percentiles that no times have: {written} ms", fix=AS_WRITTEN)
    middle, slow, slowest = (Percentile(ms=value) for value in ordered)
    return Percentiles(count=max(1, int(float(str(count)))), p50=middle, p95=slow, p99=slowest)


def in_flight(rate: float | None, request_s: float | None, most: float | None = None) -> float:
    """Requests in flight on average, by Little's law; ``most`` is what the load allowed."""
    if not rate or not request_s:
        return most or 1.0
    return min(most or math.inf, round(rate * request_s, 3))


def day_of(text: object) -> date | None:
    """The day that a text begins with: ``2026-11-20T...``, or ``20261120-...`` as vLLM has it."""
    found = re.match(r"(\d{4})-?(\d\d)-?(\d\d)", str(text))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def of_model(about: About, named: object) -> About:
    """``about``, with a note where the result calls its model otherwise."""
    if named in (None, about.model):
        return about
    said = f"The result calls its model {str(named)[:200]}."
    return replace(about, notes=(*about.notes, said))

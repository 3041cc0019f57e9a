"""MLPerf's loadgen: ``mlperf_log_summary.txt``, lines of a name and a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec.structs import replace

from lichen.document import InputError
from lichen.evidence import Percentiles, Record
from lichen_practices.bench.others.fields import in_flight, percentiles_of, record
from lichen_practices.bench.record import About

_RATES = (
    "Samples per second", "Completed samples per second", "Scheduled samples per second",
    "QPS w/o loadgen overhead",
)  # fmt: skip
_TOKEN_RATES = ("Completed tokens per second", "TPS w/o loadgen overhead")
"""Tokens of answers a second; over the rate of requests they are an answer's tokens."""


def is_summary(text: str) -> bool:
    return "MLPerf Results Summary" in text


def read(text: str, about: About) -> Iterator[Record]:
    lines = [line.partition(":") for line in text.splitlines()]
    values = {name.strip(): value.strip() for name, _, value in lines if value.strip()}
    scenario = values["Scenario"]
    if values.get("Mode", "").startswith("Accuracy"):
        raise InputError("is of an accuracy run", fix="give the summary of a performance run")
    if values.get("Result is", "VALID") != "VALID":
        raise InputError(
            f"is of a run that loadgen calls {values['Result is']}",
            fix="see its lines that say NO, and give the summary of a VALID run",
        )

    def of(name: str) -> float | None:
        return float(values[name]) if name in values else None

    def ms(name: str, percent: str) -> float | None:
        found = of(f"{percent} percentile {name} (ns)")
        return None if found is None else found / 1e6

    rate = next((found for name in _RATES if (found := of(name)) is not None), None)
    mean_s = (of("Mean latency (ns)") or 0.0) / 1e9 or None
    if scenario == "Offline":
        yield from _offline(about, rate, mean_s, of("Max latency (ns)"), of("Tokens per second"))
        return
    if scenario not in _LOOPS:
        raise InputError(
            f"is of the scenario {scenario}, which is not known here",
            fix=f"give one of {', '.join((*_LOOPS, 'Offline'))}",
        )
    # A query of MultiStream is so many samples at once; the others' are one each.
    at_once = (of("samples_per_query") or 1.0) if scenario == "MultiStream" else 1.0
    if rate is None and mean_s:
        rate = at_once / mean_s
    tokens = next((found for name in _TOKEN_RATES if (found := of(name)) is not None), None)
    counted = of("min_query_count") or 1.0  # the summary has no other count

    def times(name: str) -> Percentiles | None:
        return percentiles_of(counted, ms(name, "50.00"), ms(name, "95.00"), ms(name, "99.00"))

    counts = "The summary has the least number of queries, not how many there were."
    yield from record(
        replace(about, notes=(*about.notes, counts)),
        "mlperf loadgen",
        counted * at_once,
        concurrency=in_flight(rate, mean_s) if scenario == "Server" else at_once,
        loop=_LOOPS[scenario],
        offered_rps=of("target_qps") if scenario == "Server" else None,
        requests_per_s=rate,
        output_tokens=round(tokens / rate) if tokens and rate else None,
        time_to_first_token_ms=ms("first token latency", "50.00"),
        time_per_output_token_ms=ms("time to output token", "50.00"),
        request_ms=ms("latency", "50.00"),
        first_token=times("first token latency"),
        request=times("latency"),
    )


_LOOPS: Mapping[str, Literal["open", "closed"]] = {
    "Server": "open",
    "SingleStream": "closed",
    "MultiStream": "closed",
}


def _offline(
    about: About,
    rate: float | None,
    mean_s: float | None,
    longest_ns: float | None,
    tokens_per_s: float | None,
) -> Iterator[Record]:
    """Every sample was due at once: the rate is that of a machine that is never short of work, and
    a sample's latency is mostly waiting, so that it is no time of a request."""
    if not rate or not mean_s or not longest_ns:
        raise KeyError("Samples per second")
    derived = (
        "All samples were due at once (MLPerf, Offline). The summary does not count them: requests "
        "is the rate times the longest latency, concurrency the rate times the mean one."
    )
    full = replace(about, notes=(*about.notes, derived))
    yield from record(
        full,
        "mlperf loadgen",
        rate * longest_ns / 1e9,
        concurrency=in_flight(rate, mean_s),
        seconds=longest_ns / 1e9,
        requests_per_s=rate,
        output_tokens=round((tokens_per_s or 0.0) / rate),
    )

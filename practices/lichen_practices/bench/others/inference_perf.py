"""inference-perf: ``summary_lifecycle_metrics.json`` and those of stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen.evidence import Percentiles, Record, Unanswered
from lichen_practices.bench.others.fields import (
    Document,
    in_flight,
    number,
    percentiles_of,
    record,
)
from lichen_practices.bench.record import About


def is_document(document: Any) -> bool:
    return isinstance(document, dict) and {"load_summary", "successes"} <= document.keys()


def read(document: Document, about: About) -> Iterator[Record]:
    load, good = document["load_summary"], document["successes"]
    latency, count = good["latency"], good["count"]

    def of(name: str, key: str) -> float | None:
        found = number((latency.get(name) or {}).get(key))
        return None if found is None else found * 1e3

    def times(name: str) -> Percentiles | None:
        return percentiles_of(count, of(name, "median"), of(name, "p95"), of(name, "p99"))

    rate = number(good["throughput"]["requests_per_sec"])
    mean_ms = of("request_latency", "mean")
    asked = good.get("prompt_len") or good.get("prompt_tokens") or {}
    answered = good.get("output_len") or good.get("output_tokens") or {}
    offered = number(load.get("requested_rate"))
    yield from record(
        about,
        "inference-perf",
        count,
        concurrency=number(load.get("concurrency"))
        or in_flight(rate, None if mean_ms is None else mean_ms / 1e3),
        loop="open" if offered else None,
        offered_rps=offered or None,
        seconds=number(document.get("benchmark_time_seconds")),
        requests_per_s=rate,
        input_tokens=round(number(asked.get("median", asked.get("mean"))) or 0),
        output_tokens=round(number(answered.get("median", answered.get("mean"))) or 0),
        time_to_first_token_ms=of("time_to_first_token", "median"),
        time_per_output_token_ms=of("time_per_output_token", "median"),
        request_ms=of("request_latency", "median"),
        first_token=times("time_to_first_token"),
        between_tokens=times("inter_token_latency"),
        request=times("request_latency"),
        unanswered=Unanswered(errors=int((document.get("failures") or {}).get("count") or 0)),
    )

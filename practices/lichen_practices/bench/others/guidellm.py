"""guidellm: ``benchmarks.json``, which has a benchmark for each load."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from lichen.evidence import Percentiles, Record, Unanswered
from lichen_practices.bench.others.fields import (
    Document,
    in_flight,
    number,
    of_model,
    percentiles_of,
    record,
)
from lichen_practices.bench.record import About


def is_document(document: Any) -> bool:
    rows = document.get("benchmarks") if isinstance(document, dict) else None
    return isinstance(rows, list) and all(
        isinstance(row, dict) and "metrics" in row for row in rows
    )


def read(document: Document, about: About) -> Iterator[Record]:
    version = (document.get("metadata") or {}).get("guidellm_version") or ""
    for row in document["benchmarks"]:
        metrics = row["metrics"]
        config = row.get("config") or {}
        strategy = config.get("strategy") or {}
        offered = number(strategy.get("rate"))
        totals = metrics["request_totals"]
        good = totals["successful"]

        def of(name: str, metrics: Document = metrics) -> Document:
            return (metrics.get(name) or {}).get("successful") or {}

        def times(name: str, unit_ms: float, good: object = good) -> Percentiles | None:
            found = of(name)
            ends = found.get("percentiles") or {}
            return percentiles_of(
                found.get("count") or good, found.get("median"), ends.get("p95"), ends.get("p99"),
                unit_ms,
            )  # fmt: skip

        rate = number(of("requests_per_second").get("mean"))
        whole_s = number(of("request_latency").get("median"))
        yield from record(
            of_model(about, (config.get("backend") or {}).get("model")),
            f"guidellm {version}".strip(),
            good,
            concurrency=number(of("request_concurrency").get("mean"))
            or in_flight(rate, number(of("request_latency").get("mean"))),
            loop="open" if offered else "closed" if strategy else None,
            offered_rps=offered,
            day=_day_at(row.get("start_time")),
            seconds=number(row.get("duration")),
            requests_per_s=rate,
            input_tokens=round(number(of("prompt_token_count").get("median")) or 0),
            output_tokens=round(number(of("output_token_count").get("median")) or 0),
            time_to_first_token_ms=number(of("time_to_first_token_ms").get("median")),
            # Of its two, this one leaves out the first token, as the others' does.
            time_per_output_token_ms=number(of("inter_token_latency_ms").get("median")),
            request_ms=None if whole_s is None else whole_s * 1e3,
            first_token=times("time_to_first_token_ms", 1.0),
            between_tokens=times("inter_token_latency_ms", 1.0),
            request=times("request_latency", 1e3),
            unanswered=Unanswered(
                errors=int(totals.get("errored") or 0),
                unfinished=int(totals.get("incomplete") or 0),
            ),
        )


def _day_at(seconds: object) -> date | None:
    """The day of a time in seconds since 1970, of UTC."""
    found = number(seconds)
    return None if found is None else datetime.fromtimestamp(found, UTC).date()

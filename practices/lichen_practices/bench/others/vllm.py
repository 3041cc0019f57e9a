"""``vllm bench serve``, and SGLang's ``bench_serving``, which took its names: JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from lichen.document import InputError
from lichen.evidence import Percentiles, Record, Unanswered
from lichen_practices.bench.others.fields import (
    AS_WRITTEN,
    Document,
    day_of,
    in_flight,
    number,
    of_model,
    percentiles_of,
    record,
)
from lichen_practices.bench.percentiles import percentiles
from lichen_practices.bench.record import About


def is_document(document: Any) -> bool:
    return isinstance(document, dict) and {"request_throughput", "mean_ttft_ms"} <= document.keys()


def read(document: Document, about: About) -> Iterator[Record]:
    completed, get = document["completed"], document.get
    whole = "e2el" if "mean_e2el_ms" in document else "e2e_latency"

    def times(name: str, single: str) -> Percentiles | None:
        if measured_ms := _each_ms(get(single), completed):
            return percentiles(measured_ms)
        middle, slow, slowest = (get(f"{end}_{name}_ms") for end in ("median", "p95", "p99"))
        return percentiles_of(completed, middle, slow, slowest)

    rate = number(document["request_throughput"])
    lasted = number(get("duration"))
    if rate and lasted and completed and not 0.95 < rate * lasted / completed < 1.05:
        raise InputError(
            f"says {rate:g} requests/s, and {completed} requests in {lasted:g} s", fix=AS_WRITTEN
        )
    per_token = number(get("median_tpot_ms"))
    first = number(get("median_ttft_ms"))
    output = round(document["total_output_tokens"] / completed) if completed else 0
    request = times(whole, "latencies")
    request_ms = number(get(f"median_{whole}_ms")) or (request and request.p50.ms)
    mean_ms = number(get(f"mean_{whole}_ms"))
    if mean_ms is None and (single := _each_ms(get("latencies"), completed)):
        mean_ms = statistics.fmean(single)
    if mean_ms is None:  # kept only where it was asked for, and single times by newer versions
        mean_ms = (get("mean_ttft_ms") or 0.0) + max(0, output - 1) * (get("mean_tpot_ms") or 0.0)
    most = number(get("max_concurrency"))
    offered = number(get("request_rate"))
    failed = int(get("failed") or max(0, (get("num_prompts") or completed) - completed))
    yield from record(
        of_model(about, get("model_id")),
        "vllm bench serve" if "model_id" in document else "sglang bench_serving",
        completed,
        concurrency=number(get("concurrency")) or in_flight(rate, mean_ms / 1e3, most),
        loop="open" if offered else "closed" if most else None,
        offered_rps=offered or None,
        day=day_of(get("date")),
        seconds=lasted,
        requests_per_s=rate,
        input_tokens=round(document["total_input_tokens"] / completed) if completed else 0,
        output_tokens=output,
        time_to_first_token_ms=first,
        time_per_output_token_ms=per_token,
        request_ms=request_ms,
        first_token=times("ttft", "ttfts"),
        between_tokens=times("itl", ""),
        request=request,
        unanswered=Unanswered(errors=failed),
    )


def _each_ms(single_s: object, completed: int) -> list[float] | None:
    """The time of each answered request; None where a failed one cannot be left out: it has 0,
    unless part of its answer came."""
    if not isinstance(single_s, list):
        return None
    found = [time_s * 1e3 for each in single_s if (time_s := number(each) or 0.0) > 0]
    return found if len(found) == completed else None

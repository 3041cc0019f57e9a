"""aiperf (``profile_export_aiperf.json``) and genai-perf, whose form it kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen.evidence import Percentiles, Record, Unanswered
from lichen_practices.bench.others.fields import (
    Document,
    day_of,
    in_flight,
    number,
    of_model,
    percentiles_of,
    record,
)
from lichen_practices.bench.record import About


def is_document(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    found = document.get("request_latency")
    return isinstance(found, dict) and "unit" in found and "avg" in found


_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3}


def read(document: Document, about: About) -> Iterator[Record]:
    def of(name: str) -> Document:
        found = document.get(name)
        return found if isinstance(found, dict) else {}

    def ms(name: str, key: str) -> float | None:
        found = number(of(name).get(key))
        return None if found is None else found * _MS[of(name)["unit"]]

    rate = number(of("request_throughput").get("avg"))
    lasted = of("benchmark_duration").get("avg")
    requests = of("request_count").get("avg") or (rate or 0.0) * (number(lasted) or 0.0) or 1

    def times(name: str) -> Percentiles | None:
        return percentiles_of(requests, ms(name, "p50"), ms(name, "p95"), ms(name, "p99"))

    whole_ms = ms("request_latency", "avg")
    config = of("input_config")
    load = _load(config)
    most = number(load.get("concurrency"))
    offered = number(load.get("rate")) or number(load.get("request_rate"))
    is_aiperf = bool(load) or "aiperf_version" in document or "was_cancelled" in document
    tool = f"aiperf {document.get('aiperf_version', '')}".strip() if is_aiperf else "genai-perf"
    mean_s = None if whole_ms is None else whole_ms / 1e3
    yield from record(
        of_model(about, _model(config)),
        tool,
        requests,
        concurrency=in_flight(rate, mean_s, most),
        loop="open" if offered else "closed" if most else None,
        offered_rps=offered,
        day=day_of(document.get("start_time")),
        requests_per_s=rate,
        seconds=number(lasted),
        input_tokens=round(number(of("input_sequence_length").get("avg")) or 0),
        output_tokens=round(number(of("output_sequence_length").get("avg")) or 0),
        time_to_first_token_ms=ms("time_to_first_token", "p50"),
        time_per_output_token_ms=ms("inter_token_latency", "p50"),
        request_ms=ms("request_latency", "p50") or whole_ms,
        first_token=times("time_to_first_token"),
        between_tokens=times("inter_token_latency"),
        request=times("request_latency"),
        unanswered=Unanswered(errors=int(of("error_request_count").get("avg") or 0)),
        interrupted=bool(document.get("was_cancelled")),
    )


def _load(config: Document) -> Document:
    """The load that is measured, and not that of the warm-up; {} where it is not said. It was
    ``loadgen`` before aiperf had phases."""
    phases = config.get("phases")
    if not isinstance(phases, list):
        return config.get("loadgen") or {}
    return next((each for each in phases if each.get("kind") == "profiling"), {})


def _model(config: Document) -> object:
    """The model's name at the server, where there is one."""
    models = config.get("models")
    items = models.get("items") if isinstance(models, dict) else None
    return items[0].get("name") if isinstance(items, list) and len(items) == 1 else None

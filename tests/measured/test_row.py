"""A benchmark row is read once: its words become kinds and numbers."""

from __future__ import annotations

import pytest

from lichen.measured.row import Load, Measure, parse_row

LLM = {"row_id": "1", "model": "Llama-3.1-8B", "model_class": "LLM"}


@pytest.mark.parametrize(
    ("metric", "unit", "measure"),
    [
        ("TTFT p99", "ms", Measure(metric="first-token", percentile="p99", scale=1e3)),
        ("TPOT mean", "ms/token", Measure(metric="tpot", mean=True, of_tokens=True, scale=1e3)),
        ("decode speed (aggregate)", "tokens/s",
         Measure(metric="decode-speed", aggregate=True, of_tokens=True)),
        ("output throughput per GPU", "tokens/s/GPU",
         Measure(metric="throughput", per_chip=True, of_tokens=True)),
        ("request throughput", "requests/s", Measure(metric="throughput", of_requests=True)),
        ("end-to-end latency", "s", Measure(metric="latency")),
        ("batch latency", "ms", Measure(metric="other", scale=1e3)),
        ("accuracy", "%", Measure(metric="other")),
    ],
)  # fmt: skip
def test_the_metric_of_a_language_model(metric: str, unit: str, measure: Measure) -> None:
    row = parse_row({**LLM, "metric": metric, "unit": unit})
    assert row.measure == Measure(
        **{
            name: metric.casefold() if name == "text" else getattr(measure, name)
            for name in Measure.__struct_fields__
        }
    )


def test_any_latency_of_another_model_is_a_latency() -> None:
    row = parse_row({**LLM, "model_class": "vision", "metric": "batch latency", "unit": "ms"})
    assert row.measure.metric == "latency"


@pytest.mark.parametrize(
    ("text", "load"),
    [
        ("16", Load(protocol="closed", batch=16)),
        ("16.0", Load(protocol="closed", batch=16)),
        ("3.07", Load(protocol="closed", batch=3.07)),
        ("server (Poisson arrivals, latency-bounded)", Load(protocol="server")),
        ("Offline", Load(protocol="offline")),
        ("offline (unbounded batch)", Load(protocol="offline")),
        ("open loop 2.46 req/sec", Load(protocol="open", arrival_rps=2.46)),
        ("saturating (max batch 32/replica)", Load(protocol="saturated", batch=32)),
        (
            "saturating (1000 requests at once, max_num_seqs 512)",
            Load(protocol="saturated", batch=512, at_once=1000),
        ),
        ("max_num_seqs 64 (avg batch 63.9)", Load(protocol="closed", batch=64)),
        ("8 samples/query", Load(protocol="closed", batch=8)),
        ("not recorded in the envelope", Load(protocol="closed")),
    ],
)
def test_the_load(text: str, load: Load) -> None:
    assert parse_row({**LLM, "batch_or_concurrency": text}).load == load


@pytest.mark.parametrize(
    ("text", "boundary"),
    [
        ("", None),
        ("GPU only, steady state", "chip"),
        ("whole server at the wall (AC power meter)", "wall"),
        ("full stack", "other"),
        ("CPU package (RAPL)", "chip"),
        ("TPU chips only", "chip"),
        ("GPU, CPU and memory (CodeCarbon)", "other"),
        ("server and PUE, at the wall", "other"),
    ],
)
def test_the_boundary_of_energy(text: str, boundary: str | None) -> None:
    assert parse_row({**LLM, "boundary": text}).boundary == boundary


def test_a_row_of_blanks_is_read() -> None:
    row = parse_row({})
    assert row.kind == "llm"
    assert row.load == Load(protocol="closed")
    assert row.accelerators is None
    assert not row.precision_given

"""Results of other tools become records: fields and units as the tools' own sources write them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lichen_practices.bench.others import records_of_other
from lichen_practices.bench.record import About
from msgspec.structs import replace

from lichen.document import InputError
from lichen.evidence import Record, Unanswered

ABOUT = About(model="m", machine="g5.xlarge", precision="bf16", day=date(2026, 11, 26))


def read(tmp_path: Path, content: object, name: str = "result.json") -> tuple[Record, ...]:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return records_of_other(path, ABOUT)


VLLM: dict[str, Any] = {
    "date": "20261120-101500", "endpoint_type": "openai", "model_id": "m", "num_prompts": 210,
    "request_rate": "inf", "max_concurrency": 16, "duration": 50.0, "completed": 200,
    "total_input_tokens": 102_400, "total_output_tokens": 25_600, "request_throughput": 4.0,
    "mean_ttft_ms": 130.0, "median_ttft_ms": 120.0, "p95_ttft_ms": 300.0, "p99_ttft_ms": 400.0,
    "mean_tpot_ms": 26.0, "median_tpot_ms": 25.0, "p99_tpot_ms": 40.0,
    "mean_itl_ms": 26.0, "median_itl_ms": 24.0, "p99_itl_ms": 90.0,
}  # fmt: skip


def test_vllm_bench_serve(tmp_path: Path) -> None:
    (record,) = read(tmp_path, VLLM)
    assert record.tool == "vllm bench serve"
    assert record.measured_on == date(2026, 11, 20)
    assert record.requests == 200
    assert record.unanswered == Unanswered(errors=10)
    assert (record.input_tokens, record.output_tokens) == (512, 128)
    assert record.time_to_first_token_ms == 120.0
    assert record.time_per_output_token_ms == 25.0
    assert record.loop == "closed"
    # 4 requests a second of 130 + 127 x 26 ms: fewer in flight than the limit
    assert record.concurrency == pytest.approx(4.0 * (0.130 + 127 * 0.026))
    assert record.first_token is not None
    assert record.first_token.p99.ms == 400.0
    assert record.between_tokens is None  # without p95, which is kept only where it was asked for


def test_sglang_writes_a_line_a_run(tmp_path: Path) -> None:
    run = {key: value for key, value in VLLM.items() if key not in ("model_id", "num_prompts")}
    run |= {"mean_e2e_latency_ms": 3400.0, "median_e2e_latency_ms": 3300.0, "concurrency": 13.6}
    lines = [json.dumps(run), json.dumps(run | {"request_rate": 2.0})]
    runs = read(tmp_path, "\n".join(lines) + "\n", "r.jsonl")
    assert [record.request_ms for record in runs] == [3300.0, 3300.0]
    assert [record.concurrency for record in runs] == [13.6, 13.6]
    assert [record.loop for record in runs] == ["closed", "open"]
    assert runs[1].offered_rps == 2.0


def test_llama_bench(tmp_path: Path) -> None:
    row = {
        "build_number": 6000, "cpu_info": "AMD Ryzen 7", "gpu_info": "NVIDIA RTX 4080",
        "model_type": "llama 8B Q4_K", "test_time": "2026-11-20T10:00:00Z", "samples_ns": [1, 2, 3],
    }  # fmt: skip
    rows = [
        row | {"n_prompt": 512, "n_gen": 0, "avg_ns": 72_000_000, "avg_ts": 7111.0},
        row | {"n_prompt": 0, "n_gen": 128, "avg_ns": 1_280_000_000, "avg_ts": 100.0},
    ]
    (record,) = read(tmp_path, rows)
    assert record.tool == "llama-bench 6000"
    assert record.time_to_first_token_ms == pytest.approx(72.0)
    assert record.time_per_output_token_ms == pytest.approx(10.0)
    assert (record.input_tokens, record.output_tokens, record.concurrency) == (512, 128, 1.0)
    assert (record.chip, record.chips) == ("NVIDIA RTX 4080", 1.0)
    assert record.measured_on == date(2026, 11, 20)
    assert record.requests == 3


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"model_type": "llama 8B Q4_K - Medium"}, "is q4_k_m, and not bf16. Fix: add --precision"),
        ({"model_n_params": 70_600_000_000}, "a model of 70.6 B parameters, and m has 8.03 B"),
        ({"gpu_info": "NVIDIA H100 80GB HBM3"}, "and the machine has NVIDIA A10G"),
        ({"model_type": "llama 8B BF16", "gpu_info": "NVIDIA A10G", "model_n_params": 8.03e9}, ""),
    ],
)
def test_llama_bench_says_what_it_ran(row: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    ran = {"n_prompt": 0, "n_gen": 128, "avg_ns": 1_280_000_000, "avg_ts": 100.0}
    path.write_text(json.dumps([row | ran]))
    about = replace(ABOUT, parameters=8.03e9, accelerator="NVIDIA A10G")
    if not says:
        assert len(records_of_other(path, about)) == 1
        return
    with pytest.raises(InputError, match=says):
        records_of_other(path, about)


def test_guidellm_has_a_record_for_each_load(tmp_path: Path) -> None:
    def summary(median: float) -> dict[str, Any]:
        ends = {"p95": 2 * median, "p99": 3 * median}
        good = {"mean": 1.1 * median, "median": median, "count": 90, "percentiles": ends}
        return {"successful": good, "errored": {}, "incomplete": {}}

    def load(concurrency: float) -> dict[str, Any]:
        return {
            "metrics": {
                "request_totals": {"successful": 90, "errored": 4, "incomplete": 6, "total": 100},
                "requests_per_second": summary(3.0),
                "request_concurrency": summary(concurrency),
                "request_latency": summary(2.5),
                "prompt_token_count": summary(256.0),
                "output_token_count": summary(64.0),
                "time_to_first_token_ms": summary(80.0),
                "time_per_output_token_ms": summary(39.0),
                "inter_token_latency_ms": summary(38.0),
            }
        }

    report = {"metadata": {"version": 2}, "benchmarks": [load(2.0), load(8.0)]}
    first, second = read(tmp_path, report)
    assert first.concurrency == pytest.approx(2.2)
    assert second.concurrency == pytest.approx(8.8)
    assert first.request_ms == 2500.0
    assert first.time_per_output_token_ms == 38.0
    assert first.unanswered == Unanswered(errors=4, unfinished=6)
    assert first.request is not None
    assert first.request.p95.ms == 5000.0


@pytest.mark.parametrize("tool", ["genai-perf", "aiperf"])
def test_genai_perf_and_aiperf(tool: str, tmp_path: Path) -> None:
    def metric(unit: str, average: float) -> dict[str, Any]:
        ends = {"p50": average, "p95": 2 * average, "p99": 3 * average}
        return {"unit": unit, "avg": average, **ends}

    document: dict[str, Any] = {
        "request_throughput": metric("requests/sec", 4.0),
        "request_latency": metric("ms", 2000.0),
        "request_count": {"unit": "requests", "avg": 150.0},
        "time_to_first_token": metric("ms", 90.0),
        "inter_token_latency": metric("ms", 15.0),
        "input_sequence_length": metric("tokens", 300.0),
        "output_sequence_length": metric("tokens", 100.0),
        "input_config": {"loadgen": {"concurrency": 8}} if tool == "aiperf" else {"model": ["m"]},
    }
    (record,) = read(tmp_path, document)
    assert record.tool == tool
    assert record.requests == 150
    assert record.concurrency == 8.0  # as given, or 4 requests a second of 2 seconds
    assert record.time_to_first_token_ms == 90.0
    assert record.time_per_output_token_ms == 15.0
    assert record.first_token is not None
    assert record.first_token.p99.ms == 270.0


def test_inference_perf(tmp_path: Path) -> None:
    def seconds(median: float) -> dict[str, float]:
        return {"mean": median, "median": median, "p95": 2 * median, "p99": 3 * median}

    document = {
        "load_summary": {"count": 500, "requested_rate": 5.0, "achieved_rate": 4.9},
        "successes": {
            "count": 490,
            "latency": {
                "request_latency": seconds(3.0),
                "time_per_output_token": seconds(0.02),
                "time_to_first_token": seconds(0.2),
                "inter_token_latency": None,
            },
            "throughput": {"requests_per_sec": 4.9},
            "prompt_len": {"mean": 512.0, "median": 500.0},
            "output_len": {"mean": 130.0, "median": 128.0},
        },
        "failures": {"count": 10, "request_latency": None},
    }
    (record,) = read(tmp_path, document)
    assert record.loop == "open"
    assert record.concurrency == pytest.approx(14.7)
    assert record.time_to_first_token_ms == pytest.approx(200.0)
    assert record.time_per_output_token_ms == pytest.approx(20.0)
    assert (record.input_tokens, record.output_tokens) == (500, 128)
    assert record.unanswered == Unanswered(errors=10)


LOADGEN = """\
================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : {scenario}
Mode     : {mode}
Completed samples per second    : 4.50
Result is : VALID
Mean latency (ns)               : 2000000000
50.00 percentile latency (ns)   : 1900000000
95.00 percentile latency (ns)   : 4000000000
99.00 percentile latency (ns)   : 5000000000
50.00 percentile first token latency (ns)   : 187000000
95.00 percentile first token latency (ns)   : 298000000
99.00 percentile first token latency (ns)   : 674000000
50.00 percentile time to output token (ns)   : 61000000
target_qps : 5
min_query_count : 240
"""


def test_loadgen(tmp_path: Path) -> None:
    text = LOADGEN.format(scenario="Server", mode="PerformanceOnly")
    (record,) = read(tmp_path, text, "mlperf_log_summary.txt")
    assert record.loop == "open"
    assert record.offered_rps == 5.0
    assert record.concurrency == pytest.approx(9.0)
    assert record.request_ms == 1900.0
    assert record.time_to_first_token_ms == 187.0
    assert record.time_per_output_token_ms == 61.0
    assert record.requests == 240


WRITTEN_SERVER = """\
================================================
MLPerf Results Summary
================================================
SUT name : PySUT
Scenario : Server
Mode     : PerformanceOnly
Completed samples per second    : 17.49
Completed tokens per second: 146.88
Result is : VALID
  Performance constraints satisfied : Yes
  Min duration satisfied : Yes
TTFT Early Stopping Result:
 * Run successful.

================================================
Additional Stats
================================================
Scheduled samples per second : 18.76
Min latency (ns)                : 50545806
Max latency (ns)                : 107878175
Mean latency (ns)               : 66895818
50.00 percentile latency (ns)   : 63301854
95.00 percentile latency (ns)   : 92009570
99.00 percentile latency (ns)   : 107878175
99.90 percentile latency (ns)   : 107878175

Completed tokens per second                 : 146.88
Mean First Token latency (ns)               : 31987277
50.00 percentile first token latency (ns)   : 29163464
95.00 percentile first token latency (ns)   : 56903236
99.00 percentile first token latency (ns)   : 74040602

Mean Time per Output Token (ns)                : 4986934
50.00 percentile time to output token (ns)   : 4522530

================================================
Test Parameters Used
================================================
samples_per_query : 1
target_qps : 20
ttft_latency (ns): 100000000
min_duration (ms): 1000
min_query_count : 20
"""
"""Lines as mlcommons-loadgen 6.0.17 wrote them of a server of ours that answers 8 tokens: the first
after 20 ms and the last after 50 ms, on a busy machine."""


def test_loadgen_as_it_writes(tmp_path: Path) -> None:
    (record,) = read(tmp_path, WRITTEN_SERVER, "mlperf_log_summary.txt")
    assert (record.loop, record.offered_rps, record.requests) == ("open", 20.0, 20)
    assert (record.requests_per_s, record.request_ms) == (17.49, 63.301854)
    assert record.concurrency == pytest.approx(17.49 * 0.0669, rel=0.01)
    assert record.time_to_first_token_ms == 29.163464
    assert record.time_per_output_token_ms == 4.52253
    assert record.first_token is not None
    assert record.first_token.p99.ms == 74.040602
    assert record.output_tokens == 8  # 146.88 tokens and 17.49 samples a second

    alone = (
        "MLPerf Results Summary\nScenario : SingleStream\nMode     : PerformanceOnly\n"
        "QPS w/ loadgen overhead         : 17.06\nQPS w/o loadgen overhead        : 16.45\n"
        "Mean latency (ns)               : 60805799\n"
        "50.00 percentile latency (ns)   : 53954646\n"
        "TPS w/ loadgen overhead         : 143.63\nTPS w/o loadgen overhead        : 131.57\n"
    )
    (record,) = read(tmp_path, alone, "mlperf_log_summary.txt")
    assert (record.loop, record.output_tokens) == ("closed", 8)


def test_a_result_that_calls_its_model_otherwise_is_noted(tmp_path: Path) -> None:
    (record,) = read(tmp_path, {**VLLM, "model_id": "foo/bar"})
    assert record.notes == "The result calls its model foo/bar."


def test_what_a_result_does_not_say_is_asked_for_or_said(tmp_path: Path) -> None:
    """Of a model that generates, lengths of requests are never taken as 0."""
    path = tmp_path / "mlperf_log_summary.txt"
    path.write_text(LOADGEN.format(scenario="Server", mode="PerformanceOnly"))
    about = replace(ABOUT, generates=True)
    with pytest.raises(InputError, match="a prompt and an answer had") as raised:
        records_of_other(path, about)
    assert raised.value.fix == "add --input-tokens and --output-tokens"
    (record,) = records_of_other(path, replace(about, input_tokens=500, output_tokens=128))
    assert (record.input_tokens, record.output_tokens) == (500, 128)
    assert "not how many there were" in record.notes
    assert "The result has no date" in record.notes
    path.write_text(path.read_text().replace("Result is : VALID", "Result is : INVALID"))
    with pytest.raises(InputError, match="loadgen calls INVALID"):
        records_of_other(path, about)


def test_loadgen_of_every_scenario(tmp_path: Path) -> None:
    """Sources of the lines: loadgen's results.cc, each scenario's own."""
    base = LOADGEN.replace("Completed samples per second    : 4.50\n", "")

    offline = base.format(scenario="Offline", mode="PerformanceOnly") + (
        "Samples per second: 40\nTokens per second: 5000\nMax latency (ns) : 600000000000\n"
    )
    offline = offline.replace("(ns)               : 2000000000", "(ns) : 300000000000")
    (record,) = read(tmp_path, offline, "mlperf_log_summary.txt")
    assert record.requests == 24_000  # 40 a second for 600 seconds
    assert record.seconds == 600.0
    assert record.requests_per_s == 40.0
    assert record.concurrency == pytest.approx(12_000)  # in flight: half of them on average
    assert record.output_tokens == 125
    assert record.request_ms is None  # it would be the time in the queue
    assert "Offline" in record.notes

    several = base.format(scenario="MultiStream", mode="PerformanceOnly")
    (record,) = read(tmp_path, f"{several}samples_per_query : 8\n", "mlperf_log_summary.txt")
    assert (record.concurrency, record.loop) == (8.0, "closed")
    assert record.requests_per_s == 4.0  # queries of 8 samples, each of 2 s on average
    assert record.requests == 8 * 240

    alone = base.format(scenario="SingleStream", mode="PerformanceOnly")
    (record,) = read(tmp_path, f"{alone}QPS w/o loadgen overhead        : 0.50\n", "summary.txt")
    assert (record.concurrency, record.loop, record.requests_per_s) == (1.0, "closed", 0.5)
    assert record.request_ms == 1900.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not json", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ({"some": "thing"}, "is of no tool that is read"),
        ({**VLLM, "completed": 0, "total_input_tokens": 0}, "no request that was answered"),
        ({"request_throughput": 4.0, "mean_ttft_ms": 130.0}, "not all of its fields"),
        ({**VLLM, "total_input_tokens": "many"}, "not all of its fields"),
        ([{"n_prompt": 5, "n_gen": 5, "avg_ts": 1.0, "avg_ns": 1}], "neither a prompt's row"),
        (LOADGEN.format(scenario="Server", mode="AccuracyOnly"), "accuracy run"),
        (LOADGEN.format(scenario="Offline", mode="PerformanceOnly"), "not all of its fields"),
        (LOADGEN.format(scenario="Interactive", mode="PerformanceOnly"), "Fix: give one of Server"),
        ("MLPerf Results Summary", "not all of its fields"),
        ({**VLLM, "median_ttft_ms": -5.0}, "has a negative time_to_first_token_ms|no times have"),
        ({**VLLM, "median_ttft_ms": 900.0}, "no times have: 900, 300, 400 ms"),
        ({**VLLM, "request_throughput": 1e3}, "says 1000 requests/s, and 200 requests in 50 s"),
        ({**VLLM, "date": "20990101-101500"}, "is of 2099-01-01, which is yet to come"),
        ([], "is of no tool that is read"),
    ],
)
def test_what_is_no_result_is_a_sentence(content: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as raised:
        read(tmp_path, content)
    assert raised.value.document.endswith("result.json")


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes(b"a caf\xe9 of text")
    with pytest.raises(InputError, match="is not UTF-8 text") as raised:
        records_of_other(tmp_path / "result.json", ABOUT)
    assert raised.value.document.endswith("result.json")

"""Results of other tools become records: results that they wrote, and fields of their sources for
inference-perf, genai-perf and SGLang, which do not run here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
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


RESULTS = Path(__file__).parent / "results"
"""What tools wrote of runs of ours, less what is not read: against a llama.cpp server (commit
4227c9b) with the model of sandbox/llama on one core. TOK is a folder with a tokenizer of bytes."""


@dataclass(frozen=True)
class Real:
    """A result, the tool and its version, the command that wrote it, and what is read of it."""

    file: str
    version: str
    command: str
    read: Mapping[str, object]


_VLLM = (
    "vllm bench serve --backend openai --base-url URL --model tiny --tokenizer TOK --dataset-name "
    "random --random-input-len 64 --random-output-len 16 --ignore-eos --num-prompts 20 "
    "--save-result"
)
_GUIDELLM = (
    'guidellm run --backend \'{"kind": "openai_http", "target": "URL", "model": "tiny", '
    '"request_format": "/v1/completions"}\' --tokenizer \'{"kind": "hf_auto", "model": "TOK"}\' '
    "--data kind=synthetic_text,prompt_tokens=64,output_tokens=16 "
    '--constraint \'{"kind": "max_requests", "count": 20}\' --output kind=json,path=FILE'
)
_AIPERF = (
    "aiperf profile --model tiny --tokenizer TOK --url URL --endpoint-type completions --streaming "
    "--synthetic-input-tokens-mean 64 --output-tokens-mean 16 --request-count 20 "
    "--extra-inputs ignore_eos:true"
)
REAL = (
    Real(
        "vllm-closed.json",
        "vllm 0.33.0",
        f"{_VLLM} --max-concurrency 2",
        {"tool": "vllm bench serve", "loop": "closed", "concurrency": 1.917, "output_tokens": 29,
         "input_tokens": 65, "time_to_first_token_ms": 7.352, "time_per_output_token_ms": 0.267,
         "requests_per_s": 134.15, "seconds": 0.149,
         "request_ms": 14.037},  # of single times: its median is not among the figures
    ),
    Real(
        "vllm-open.json",
        "vllm 0.33.0",
        f"{_VLLM} --request-rate 10 --save-detailed --percentile-metrics ttft,tpot,itl,e2el "
        "--metric-percentiles 50,95,99",
        {"tool": "vllm bench serve", "loop": "open", "offered_rps": 10.0, "concurrency": 0.117,
         "output_tokens": 26, "time_to_first_token_ms": 6.882, "request_ms": 10.440},
    ),
    Real(
        "guidellm-concurrent.json",
        "guidellm 0.8.1",
        f'{_GUIDELLM} --profile \'{{"kind": "concurrent", "streams": [1, 2]}}\'',
        {"tool": "guidellm 0.8.1", "loop": "closed", "concurrency": 0.684, "requests_per_s": 55.14,
         "input_tokens": 56, "output_tokens": 16, "time_to_first_token_ms": 5.850,
         "time_per_output_token_ms": 0.411, "request_ms": 12.608, "seconds": 0.363},
    ),
    Real(
        "guidellm-poisson.json",
        "guidellm 0.8.1",
        f'{_GUIDELLM} --profile \'{{"kind": "poisson", "rate": [10]}}\'',
        {"tool": "guidellm 0.8.1", "loop": "open", "offered_rps": 10.0, "requests_per_s": 19.54,
         "time_to_first_token_ms": 17.621, "request_ms": 49.335},
    ),
    Real(
        "aiperf-closed.json",
        "aiperf 0.13.0",
        f"{_AIPERF} --concurrency 2",
        {"tool": "aiperf 0.13.0", "loop": "closed", "concurrency": 1.49, "requests_per_s": 51.99,
         "input_tokens": 64, "output_tokens": 28, "time_to_first_token_ms": 20.626,
         "time_per_output_token_ms": 0.221, "request_ms": 27.755, "seconds": 0.373},
    ),
    Real(
        "aiperf-open.json",
        "aiperf 0.13.0",
        f"{_AIPERF} --request-rate 10",
        {"tool": "aiperf 0.13.0", "loop": "open", "offered_rps": 10.0, "concurrency": 0.129,
         "time_to_first_token_ms": 7.544, "request_ms": 12.620},
    ),
    *(
        Real(
            f"llama-bench.{form}",
            "llama-bench of llama.cpp 4227c9b",
            f"llama-bench -m tiny.gguf -p 64 -n 16 -r 3 -t 1 -o {form}",
            {"tool": "llama-bench 1", "loop": "closed", "concurrency": 1.0, "requests": count,
             "input_tokens": 64, "output_tokens": 16, "time_to_first_token_ms": first_ms,
             "time_per_output_token_ms": next_ms},
        )
        for form, count, first_ms, next_ms in (
            ("json", 3, 1.415, 0.0339), ("jsonl", 3, 1.483, 0.0355), ("csv", 1, 1.792, 0.0385),
            ("md", 1, 1.436, 0.0333), ("sql", 1, 1.371, 0.0337),
        )
    ),
)  # fmt: skip
REAL_ABOUT = replace(
    ABOUT,
    model="tiny",
    precision="fp32",
    day=date(2026, 11, 28),
    generates=True,
    parameters=124_736,
)


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.file)
def test_what_the_tools_write_is_read(real: Real) -> None:
    record = records_of_other(RESULTS / real.file, REAL_ABOUT)[0]
    for name, value in {"requests": 20, **real.read}.items():
        found = getattr(record, name)
        assert found == (pytest.approx(value, rel=5e-3) if isinstance(value, float) else value)
    assert record.unanswered in (None, Unanswered())
    undated = real.file.endswith(".md")
    assert record.measured_on == date(2026, 11, 28 if undated else 27)
    assert ("The result has no date" in record.notes) == undated


def test_every_result_kept_has_its_command() -> None:
    assert sorted(real.file for real in REAL) == sorted(path.name for path in RESULTS.iterdir())


def test_a_result_of_several_loads_has_a_record_for_each() -> None:
    first, second = records_of_other(RESULTS / "guidellm-concurrent.json", REAL_ABOUT)
    assert (first.concurrency, second.concurrency) == pytest.approx((0.684, 1.179), rel=1e-3)
    assert second.request is not None
    assert second.request.p95.ms == pytest.approx(26.493, rel=1e-3)


def test_single_times_give_percentiles_with_their_confidence() -> None:
    """vllm keeps each request's time; of answered requests alone, which it does not mark."""
    (record,) = records_of_other(RESULTS / "vllm-open.json", REAL_ABOUT)
    assert record.request is not None
    assert record.first_token is not None
    assert record.request.p50.low_ms is not None
    assert record.request.p50.low_ms < record.request.p50.ms < 11.0
    assert record.first_token.p95.low_ms is not None


VLLM: dict[str, Any] = json.loads((RESULTS / "vllm-closed.json").read_text())


def test_a_failed_request_of_vllm_has_no_time(tmp_path: Path) -> None:
    times = [0.0, *VLLM["latencies"][1:]]
    failed = {**VLLM, "completed": 19, "failed": 1, "latencies": times, "duration": 19 / 134.15}
    (record,) = read(tmp_path, failed)
    assert record.unanswered == Unanswered(errors=1)
    assert record.request is not None
    assert record.request.count == 19
    cut = {**failed, "latencies": [0.002, *times[1:]]}  # it had begun to answer
    (record,) = read(tmp_path, cut)
    assert record.request is None


def test_sglang_writes_a_line_a_run(tmp_path: Path) -> None:
    run = {key: value for key, value in VLLM.items() if key not in ("model_id", "num_prompts")}
    run |= {"max_concurrency": 16, "concurrency": 13.6, "latencies": None}
    run |= {"mean_e2e_latency_ms": 3400.0, "median_e2e_latency_ms": 3300.0}
    lines = [json.dumps(run), json.dumps(run | {"request_rate": 2.0})]
    runs = read(tmp_path, "\n".join(lines) + "\n", "r.jsonl")
    assert [record.request_ms for record in runs] == [3300.0, 3300.0]
    assert [record.concurrency for record in runs] == [13.6, 13.6]
    assert [record.loop for record in runs] == ["closed", "open"]
    assert runs[1].offered_rps == 2.0


def rows_of_llama_bench(**changes: object) -> list[dict[str, Any]]:
    rows = json.loads((RESULTS / "llama-bench.json").read_text())
    return [{**row, "model_type": "llama 8B", **changes} for row in rows]


def test_llama_bench_names_the_graphics_cards(tmp_path: Path) -> None:
    card = "NVIDIA RTX 4080"
    (record,) = read(tmp_path, rows_of_llama_bench(gpu_info=card))
    assert (record.chip, record.chips) == (card, 1.0)
    (record,) = read(tmp_path, rows_of_llama_bench(gpu_info=f"{card}, {card}"))
    assert (record.chip, record.chips) == (card, 2.0)


def test_each_setting_of_llama_bench_has_a_record(tmp_path: Path) -> None:
    two = [*rows_of_llama_bench(n_threads=1), *rows_of_llama_bench(n_threads=2)]
    one, other = read(tmp_path, two)
    assert [record.notes for record in (one, other)] == [
        f"llama-bench ran it with n_threads {threads}. The result is of llama 8B."
        for threads in (1, 2)
    ]
    models = [*rows_of_llama_bench(), *rows_of_llama_bench(model_filename="other.gguf")]
    with pytest.raises(InputError, match=r"is of several models. Fix: run llama-bench with one -m"):
        read(tmp_path, models)


def test_llama_bench_after_a_context(tmp_path: Path) -> None:
    """A prompt after others is no first token; an answer after them has them as its prompt."""
    empty, deep = rows_of_llama_bench(), rows_of_llama_bench(n_depth=512, avg_ns=1, avg_ts=5.0)
    (record,) = read(tmp_path, [*deep, *empty])
    assert record.time_to_first_token_ms == pytest.approx(1.415, rel=1e-3)
    assert record.time_per_output_token_ms == pytest.approx(0.0339, rel=1e-2)
    (record,) = read(tmp_path, deep)
    assert record.time_to_first_token_ms is None
    assert (record.input_tokens, record.time_per_output_token_ms) == (512, 200.0)


TABLE = (RESULTS / "llama-bench.md").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TABLE.replace("pp64", "warp9"), "not all of its fields"),
        (TABLE.replace("tg16 |", "tg16"), "not all of its fields"),
        (TABLE.split("\n| llama")[0], "is of no tool that is read"),
        ((RESULTS / "llama-bench.csv").read_text().replace("avg_ts", "a_ts"), "is of no tool"),
        ((RESULTS / "llama-bench.sql").read_text().replace(", 'AMD EPYC'", ""), "not all of its"),
    ],
    ids=["unknown test", "short row", "no rows", "no rates", "a value less"],
)
def test_what_llama_bench_never_prints_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says):
        read(tmp_path, text)


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


@pytest.mark.parametrize(
    ("tool", "config"),
    [("genai-perf", {"model": ["m"]}), ("aiperf", {"loadgen": {"concurrency": 9}})],
)
def test_genai_perf_and_an_older_aiperf(tool: str, config: dict[str, Any], tmp_path: Path) -> None:
    """The form that aiperf took over, and its load as it told it before it had phases."""
    document = json.loads((RESULTS / "aiperf-closed.json").read_text())
    for name in ("aiperf_version", "schema_version", "was_cancelled", "start_time"):
        del document[name]
    (record,) = read(tmp_path, {**document, "input_config": config})
    assert record.tool == tool
    assert record.loop == ("closed" if tool == "aiperf" else None)
    assert record.concurrency == pytest.approx(51.987 * 0.028655, rel=1e-3)


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
        ("not json", "is of no tool that is read"),
        pytest.param("[" * 100_000, "is of no tool that is read", id="deep"),
        ("", "is empty. Fix: read are vllm bench serve, SGLang's"),
        (" \n", "is empty"),
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
        ({**VLLM, "median_ttft_ms": 9.0, "p95_ttft_ms": 2.0}, r"no times have: 9, 2, 15\.3"),
        ({**VLLM, "request_throughput": 1e3}, "says 1000 requests/s, and 20 requests in 0.14"),
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

"""Benchmark records from the results of other tools, each recognised by its content.

Read are: ``vllm bench serve`` and SGLang's ``bench_serving`` (JSON), ``llama-bench -o json``,
guidellm (``benchmarks.json``), genai-perf and aiperf (``profile_export_*.json``), inference-perf
(``summary_lifecycle_metrics.json`` and those of stages), and MLPerf's loadgen
(``mlperf_log_summary.txt``). Names and units of fields are those of the tools' own sources.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from lichen.document import InputError
from lichen.evidence import Percentile, Percentiles, Record, Unanswered
from lichen.figures import billions
from lichen.parsing.content import text_in
from lichen.words import Precision
from lichen_practices.bench.record import About

Document = Mapping[str, Any]
_MOST_MIB = 512
"""Some results have every request in them."""
READ = (
    "vllm bench serve, SGLang's bench_serving, llama-bench -o json, guidellm, genai-perf, aiperf, "
    "inference-perf and MLPerf's loadgen"
)


def records_of_other(path: Path, about: About) -> tuple[Record, ...]:
    """The records in another tool's result, one for each load that it ran.

    :class:`InputError` where the file is of no tool that is read, or has no time in it.
    """
    text = text_in(path, _MOST_MIB)
    try:
        found = tuple(_records(text, about))
    except InputError as error:
        raise error.within(str(path)) from None
    except (KeyError, TypeError, AttributeError, ZeroDivisionError, ValueError, OverflowError):
        raise InputError(
            "has the form of a benchmark's result, but not all of its fields",
            fix="give the whole file, as the tool wrote it",
            document=str(path),
        ) from None
    if not found:
        raise InputError(
            "has no request that was answered", fix="measure again", document=str(path)
        )
    return found


def _records(text: str, about: About) -> Iterator[Record]:
    if "MLPerf Results Summary" in text:
        yield from _loadgen(text, about)
        return
    documents = _documents(text)
    for document in documents:
        for recognises, read in _READERS:
            if recognises(document):
                yield from read(document, about)
                break
        else:
            raise InputError("is of no tool that is read", fix=f"read are {READ}")


def _documents(text: str) -> Sequence[Any]:
    """One JSON document, or one a line."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise InputError("is not JSON", fix=f"read are {READ}") from None


_AS_WRITTEN = "give the result as the tool wrote it"
_LENGTHS = ("input_tokens", "output_tokens")


def _record(
    about: About,
    tool: str,
    requests: object,
    *,
    lengths: Sequence[str] = _LENGTHS,
    **measured: Any,
) -> Iterator[Record]:
    """One record; none where no request was answered. ``lengths`` are those that its times need."""
    count = round(float(str(requests)))
    if count < 1:
        return
    times = ("time_to_first_token_ms", "time_per_output_token_ms", "request_ms", "requests_per_s")
    for name in times:
        if (measured.get(name) or 0.0) < 0:
            raise InputError(f"has a negative {name}", fix=_AS_WRITTEN)
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
    for name in _LENGTHS:
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


def _plain(value: object) -> float | None:
    """A finite number; None for anything else, and for ``inf`` as some tools write it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _percentiles(
    count: object, p50: object, p95: object, p99: object, unit_ms: float = 1.0
) -> Percentiles | None:
    """Percentiles in milliseconds, without intervals: the tools keep no single times."""
    found = [_plain(value) for value in (p50, p95, p99)]
    if None in found or _plain(count) is None:
        return None
    ordered = [(value or 0.0) * unit_ms for value in found]
    if ordered[0] < 0 or ordered != sorted(ordered):
        written = ", ".join(f"{value:g}" for value in ordered)
        raise InputError(f"has percentiles that no times have: {written} ms", fix=_AS_WRITTEN)
    middle, slow, slowest = (Percentile(ms=value) for value in ordered)
    return Percentiles(count=max(1, int(float(str(count)))), p50=middle, p95=slow, p99=slowest)


def _in_flight(rate: float | None, request_s: float | None) -> float:
    """Requests in flight on average, by Little's law."""
    return round(rate * request_s, 3) if rate and request_s else 1.0


# --- vllm bench serve, and SGLang's bench_serving, which took its names ---


def _is_vllm(document: Any) -> bool:
    return isinstance(document, dict) and {"request_throughput", "mean_ttft_ms"} <= document.keys()


def _vllm(document: Document, about: About) -> Iterator[Record]:
    completed, get = document["completed"], document.get
    whole = "e2el" if "mean_e2el_ms" in document else "e2e_latency"

    def times(name: str) -> Percentiles | None:
        middle, slow, slowest = (get(f"{end}_{name}_ms") for end in ("median", "p95", "p99"))
        return _percentiles(completed, middle, slow, slowest)

    rate = _plain(document["request_throughput"])
    lasted = _plain(get("duration"))
    if rate and lasted and completed and not 0.95 < rate * lasted / completed < 1.05:
        raise InputError(
            f"says {rate:g} requests/s, and {completed} requests in {lasted:g} s", fix=_AS_WRITTEN
        )
    named = get("model_id")
    if named not in (None, about.model):
        said = f"The result calls its model {str(named)[:200]}."
        about = replace(about, notes=(*about.notes, said))
    per_token = _plain(get("median_tpot_ms"))
    first = _plain(get("median_ttft_ms"))
    output = round(document["total_output_tokens"] / completed) if completed else 0
    request_ms = _plain(get(f"median_{whole}_ms"))
    mean_ms = _plain(get(f"mean_{whole}_ms"))
    if mean_ms is None:  # kept only where it was asked for
        mean_ms = (get("mean_ttft_ms") or 0.0) + max(0, output - 1) * (get("mean_tpot_ms") or 0.0)
    most = _plain(get("max_concurrency"))
    offered = _plain(get("request_rate"))
    failed = int(get("failed") or max(0, (get("num_prompts") or completed) - completed))
    yield from _record(
        about,
        "vllm bench serve" if "model_id" in document else "sglang bench_serving",
        completed,
        concurrency=_plain(get("concurrency")) or min(most or math.inf,
                                                      _in_flight(rate, mean_ms / 1e3)),
        loop="open" if offered else "closed" if most else None,
        offered_rps=offered or None,
        day=_day(get("date")),
        seconds=lasted,
        requests_per_s=rate,
        input_tokens=round(document["total_input_tokens"] / completed) if completed else 0,
        output_tokens=output,
        time_to_first_token_ms=first,
        time_per_output_token_ms=per_token,
        request_ms=request_ms,
        first_token=times("ttft"),
        between_tokens=times("itl"),
        request=times(whole),
        unanswered=Unanswered(errors=failed),
    )  # fmt: skip


# --- llama-bench -o json: one row for reading a prompt, one for generating ---


def _is_llama_bench(document: Any) -> bool:
    rows = document if isinstance(document, list) else [document]
    return bool(rows) and all(
        isinstance(row, dict) and {"n_prompt", "n_gen", "avg_ts", "avg_ns"} <= row.keys()
        for row in rows
    )


def _llama_bench(document: Any, about: About) -> Iterator[Record]:
    rows: list[Document] = document if isinstance(document, list) else [document]
    prompts = [row for row in rows if row["n_prompt"] and not row["n_gen"]]
    answers = [row for row in rows if row["n_gen"] and not row["n_prompt"]]
    prompt, answer = (max(kind, key=_tokens, default=None) for kind in (prompts, answers))
    if prompt is None and answer is None:
        raise InputError("has neither a prompt's row nor an answer's", fix="run it with -p and -n")
    of: Document = answer or prompt or {}
    graphics = str(of.get("gpu_info") or "")
    yield from _record(
        _of_the_same(of, graphics, about),
        f"llama-bench {of.get('build_number', '')}".strip(),
        len(of.get("samples_ns") or ()) or 1,
        lengths=[
            name for name, row in zip(_LENGTHS, (prompt, answer), strict=True) if row is not None
        ],
        concurrency=1.0,
        loop="closed",
        day=_day(of.get("test_time")),
        input_tokens=int(prompt["n_prompt"]) if prompt else 0,
        output_tokens=int(answer["n_gen"]) if answer else 0,
        time_to_first_token_ms=prompt["avg_ns"] / 1e6 if prompt else None,
        time_per_output_token_ms=1e3 / answer["avg_ts"] if answer else None,
        chip=None if about.chip else graphics.split(",")[0] or None,
        chips=None if about.chip or not graphics else float(graphics.count(",") + 1),
    )


_FILE_TYPES: Mapping[str, Precision] = {
    " all F32": "fp32", " BF16": "bf16", " F16": "fp16", " Q8_0": "q8_0", " Q6_K": "q6_k",
    " Q5_K - Medium": "q5_k_m", " Q4_K - Medium": "q4_k_m", " Q4_0": "q4_0",
}  # fmt: skip
"""How a ``model_type`` ends: the file's type by llama.cpp's name (llama_model_ftype_name)."""
_OTHER_SIZE = 1.5
"""Counts of parameters that differ by more are of two models: some leave embeddings out."""


def _of_the_same(row: Document, graphics: str, about: About) -> About:
    """What a result is about, with what it says of its file in the notes. :class:`InputError`
    where it says another precision, model or chip."""
    kind = str(row.get("model_type") or "")[:200]
    precision = next((each for end, each in _FILE_TYPES.items() if kind.endswith(end)), None)
    if precision not in (None, about.precision):
        raise InputError(
            f"is of {kind}, which is {precision}, and not {about.precision}",
            fix=f"add --precision {precision}",
        )
    count = _plain(row.get("model_n_params"))
    if count and about.parameters:
        apart = max(count / about.parameters, about.parameters / count)
        if apart > _OTHER_SIZE:
            raise InputError(
                f"is of a model of {billions(count)} parameters, and {about.model} has "
                f"{billions(about.parameters)}",
                fix="name the model that was measured: --model",
            )
    named, expected = _chips_in(graphics), _chips_in(about.accelerator or "")
    if named and expected and not named & expected:
        raise InputError(
            f"is of {graphics[:200]}, and the machine has {about.accelerator}",
            fix="name the machine that was measured: --machine, or --chip and --chips",
        )
    if not kind or precision is not None:
        return about
    return replace(about, notes=(*about.notes, f"The result is of {kind}."))


def _chips_in(name: str) -> frozenset[str]:
    """The numbers of chips in a text: ``H100`` of "NVIDIA H100 80GB HBM3"."""
    words = re.split(r"[^A-Za-z0-9]+", name)
    return frozenset(each for each in words if re.fullmatch(r"[A-Z]{1,2}\d{1,4}[A-Z]{0,2}", each))


def _tokens(row: Document) -> float:
    return float(row["n_prompt"] + row["n_gen"])


def _day(text: object) -> date | None:
    """The day that a text begins with: ``2026-11-20T...``, or ``20261120-...`` as vLLM has it."""
    found = re.match(r"(\d{4})-?(\d\d)-?(\d\d)", str(text))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


# --- guidellm ---


def _is_guidellm(document: Any) -> bool:
    rows = document.get("benchmarks") if isinstance(document, dict) else None
    return isinstance(rows, list) and all(
        isinstance(row, dict) and "metrics" in row for row in rows
    )


def _guidellm(document: Document, about: About) -> Iterator[Record]:
    for row in document["benchmarks"]:
        metrics = row["metrics"]
        totals = metrics["request_totals"]
        good = totals["successful"]

        def of(name: str, metrics: Document = metrics) -> Document:
            return (metrics.get(name) or {}).get("successful") or {}

        def times(name: str, unit_ms: float, good: object = good) -> Percentiles | None:
            found = of(name)
            ends = found.get("percentiles") or {}
            return _percentiles(
                found.get("count") or good, found.get("median"), ends.get("p95"), ends.get("p99"),
                unit_ms,
            )  # fmt: skip

        rate = _plain(of("requests_per_second").get("mean"))
        whole_s = _plain(of("request_latency").get("median"))
        yield from _record(
            about,
            "guidellm",
            good,
            concurrency=_plain(of("request_concurrency").get("mean"))
            or _in_flight(rate, _plain(of("request_latency").get("mean"))),
            requests_per_s=rate,
            input_tokens=round(_plain(of("prompt_token_count").get("median")) or 0),
            output_tokens=round(_plain(of("output_token_count").get("median")) or 0),
            time_to_first_token_ms=_plain(of("time_to_first_token_ms").get("median")),
            # Of its two, this one leaves out the first token, as the others' does.
            time_per_output_token_ms=_plain(of("inter_token_latency_ms").get("median")),
            request_ms=None if whole_s is None else whole_s * 1e3,
            first_token=times("time_to_first_token_ms", 1.0),
            between_tokens=times("inter_token_latency_ms", 1.0),
            request=times("request_latency", 1e3),
            unanswered=Unanswered(
                errors=int(totals.get("errored") or 0),
                unfinished=int(totals.get("incomplete") or 0),
            ),
        )


# --- genai-perf and aiperf, which kept its form ---


def _is_genai_perf(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    found = document.get("request_latency")
    return isinstance(found, dict) and "unit" in found and "avg" in found


_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3}


def _genai_perf(document: Document, about: About) -> Iterator[Record]:
    def of(name: str) -> Document:
        found = document.get(name)
        return found if isinstance(found, dict) else {}

    def ms(name: str, key: str) -> float | None:
        found = _plain(of(name).get(key))
        return None if found is None else found * _MS[of(name)["unit"]]

    rate = _plain(of("request_throughput").get("avg"))
    lasted = of("benchmark_duration").get("avg")
    requests = of("request_count").get("avg") or (rate or 0.0) * (_plain(lasted) or 0.0) or 1

    def times(name: str) -> Percentiles | None:
        return _percentiles(requests, ms(name, "p50"), ms(name, "p95"), ms(name, "p99"))

    whole_ms = ms("request_latency", "avg")
    given = document.get("input_config")
    is_aiperf = "aiperf_version" in document or "was_cancelled" in document
    config: Document = given if isinstance(given, dict) else {}
    load = config.get("loadgen")
    loadgen: Document = load if isinstance(load, dict) else {}
    yield from _record(
        about,
        "aiperf" if is_aiperf or loadgen else "genai-perf",
        requests,
        concurrency=_plain(loadgen.get("concurrency"))
        or _in_flight(rate, None if whole_ms is None else whole_ms / 1e3),
        requests_per_s=rate,
        seconds=_plain(lasted),
        input_tokens=round(_plain(of("input_sequence_length").get("avg")) or 0),
        output_tokens=round(_plain(of("output_sequence_length").get("avg")) or 0),
        time_to_first_token_ms=ms("time_to_first_token", "p50"),
        time_per_output_token_ms=ms("inter_token_latency", "p50"),
        request_ms=ms("request_latency", "p50") or whole_ms,
        first_token=times("time_to_first_token"),
        between_tokens=times("inter_token_latency"),
        request=times("request_latency"),
        unanswered=Unanswered(errors=int(of("error_request_count").get("avg") or 0)),
        interrupted=bool(document.get("was_cancelled")),
    )


# --- inference-perf ---


def _is_inference_perf(document: Any) -> bool:
    return isinstance(document, dict) and {"load_summary", "successes"} <= document.keys()


def _inference_perf(document: Document, about: About) -> Iterator[Record]:
    load, good = document["load_summary"], document["successes"]
    latency, count = good["latency"], good["count"]

    def of(name: str, key: str) -> float | None:
        found = _plain((latency.get(name) or {}).get(key))
        return None if found is None else found * 1e3

    def times(name: str) -> Percentiles | None:
        return _percentiles(count, of(name, "median"), of(name, "p95"), of(name, "p99"))

    rate = _plain(good["throughput"]["requests_per_sec"])
    mean_ms = of("request_latency", "mean")
    asked = good.get("prompt_len") or good.get("prompt_tokens") or {}
    answered = good.get("output_len") or good.get("output_tokens") or {}
    offered = _plain(load.get("requested_rate"))
    yield from _record(
        about,
        "inference-perf",
        count,
        concurrency=_plain(load.get("concurrency"))
        or _in_flight(rate, None if mean_ms is None else mean_ms / 1e3),
        loop="open" if offered else None,
        offered_rps=offered or None,
        seconds=_plain(document.get("benchmark_time_seconds")),
        requests_per_s=rate,
        input_tokens=round(_plain(asked.get("median", asked.get("mean"))) or 0),
        output_tokens=round(_plain(answered.get("median", answered.get("mean"))) or 0),
        time_to_first_token_ms=of("time_to_first_token", "median"),
        time_per_output_token_ms=of("time_per_output_token", "median"),
        request_ms=of("request_latency", "median"),
        first_token=times("time_to_first_token"),
        between_tokens=times("inter_token_latency"),
        request=times("request_latency"),
        unanswered=Unanswered(errors=int((document.get("failures") or {}).get("count") or 0)),
    )


# --- MLPerf's loadgen ---

_RATES = (
    "Samples per second", "Completed samples per second", "Scheduled samples per second",
    "QPS w/o loadgen overhead",
)  # fmt: skip
_TOKEN_RATES = ("Completed tokens per second", "TPS w/o loadgen overhead")
"""Tokens of answers a second; over the rate of requests they are an answer's tokens."""


def _loadgen(text: str, about: About) -> Iterator[Record]:
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
        return _percentiles(counted, ms(name, "50.00"), ms(name, "95.00"), ms(name, "99.00"))

    counts = "The summary has the least number of queries, not how many there were."
    yield from _record(
        replace(about, notes=(*about.notes, counts)),
        "mlperf loadgen",
        counted * at_once,
        concurrency=_in_flight(rate, mean_s) if scenario == "Server" else at_once,
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
    yield from _record(
        full,
        "mlperf loadgen",
        rate * longest_ns / 1e9,
        concurrency=_in_flight(rate, mean_s),
        seconds=longest_ns / 1e9,
        requests_per_s=rate,
        output_tokens=round((tokens_per_s or 0.0) / rate),
    )


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, About], Iterator[Record]]], ...] = (
    (_is_vllm, _vllm),
    (_is_llama_bench, _llama_bench),
    (_is_guidellm, _guidellm),
    (_is_inference_perf, _inference_perf),
    (_is_genai_perf, _genai_perf),
)

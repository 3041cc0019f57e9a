"""A row of a benchmark table, read once: what was set, as numbers and words of a few kinds.

The columns are those of the measured and energy tables (docs/accuracy.md). Only what was set is
read: model, hardware, precision, stack, load, lengths, protocol, and which quantity was measured.
The measured value is never read, nor are figures that a note repeats.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

Cells = Mapping[str, str]
"""A row as the file has it: text by column."""

Metric = Literal[
    "throughput", "decode-speed", "first-token", "prompt-speed", "tpot", "itl", "latency", "other"
]
"""What was measured. ``tpot`` is the mean time per output token of a request, ``itl`` the time
between two tokens, ``first-token`` the time until the first one."""

Percentile = Literal["p99", "p90", "p95"]
Boundary = Literal["chip", "wall", "other"]
"""What an energy row includes: chips alone, a server at its socket, or something else."""

Energy = Literal["power", "item", "request", "thousand queries", "rate", "other"]
"""What an energy row counts: watts; joules an item or a request; watt-hours; items a second."""

Protocol = Literal["closed", "saturated", "open", "offline", "server"]
"""How load was offered: a fixed number in flight, as much as it takes, arrivals at a fixed rate,
all at once, or arrivals within a latency bound."""

Word = Literal[
    "q4_0", "q4_k", "q5_k", "q6_k", "q8_0",
    "mxfp4", "fp4", "weights int8", "fp8", "or bf16", "int4", "int8", "fp32", "bf16", "tf32", "kv",
]  # fmt: skip
"""Words for a precision that benchmarks use; a row may have several."""

Kind = Literal["llm", "encoder", "vision", "diffusion", "speech"]
_KINDS: dict[str, Kind] = {
    "LLM": "llm",
    "encoder/embedding": "encoder",
    "vision": "vision",
    "diffusion": "diffusion",
    "speech": "speech",
}
_ENERGY: dict[str, Energy] = {
    "w": "power",
    "j/token": "item",
    "j/image": "item",
    "j/sample": "item",
    "j/request": "request",
    "wh/1000 queries": "thousand queries",
    "tokens/s": "rate",
    "samples/s": "rate",
}


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """The quantity of a row; ``text`` is its name there.

    ``scale`` turns seconds into the row's unit of time. A rate counts the tokens of a language
    model unless it is ``of_requests``, and the items of any other unless it is ``of_tokens``,
    ``of_steps`` of denoising, or ``of_audio`` in seconds. A time is that of a batch unless it is
    ``per_item``.
    """

    metric: Metric
    text: str = ""
    percentile: Percentile | None = None
    mean: bool = False
    aggregate: bool = False
    per_chip: bool = False
    of_requests: bool = False
    of_tokens: bool = False
    of_steps: bool = False
    of_audio: bool = False
    per_item: bool = False
    scale: float = 1.0


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How load was offered: ``batch`` on one copy (None: as many as fit), requests sent
    ``at_once``, arrivals a second."""

    protocol: Protocol
    batch: float | None = None
    at_once: float | None = None
    arrival_rps: float | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says was run. Text that tables are matched against is in lower case."""

    row_id: str
    unit: str
    measure: Measure
    boundary_text: str
    boundary: Boundary | None
    energy: Energy
    model: str
    kind: Kind
    billions: float | None
    billions_in_name: float | None
    active_billions: float | None
    active_billions_in_name: float | None
    denoising_steps: int | None
    pixels: float | None
    audio_s: float | None
    copies: int | None
    accelerator: str
    family: str
    machine: str
    accelerators: float | None
    parallel: float | None
    sockets: tuple[int, int] | None
    threads: int | None
    precision: frozenset[Word]
    precision_given: bool
    stack_text: str
    context_text: str
    mlperf: bool
    load: Load
    input_tokens: float | None
    output_tokens: float | None
    sentences: int | None
    compiled_tokens: int | None
    compiled_batch: int | None
    batch_compiled: bool
    power_capped: bool
    cpu_sampling: bool
    year: float


def parse_row(cells: Cells) -> Row:
    """The row of these cells; a column that is missing is blank."""

    def cell(name: str) -> str:
        return cells.get(name) or ""

    def lower(name: str) -> str:
        return cell(name).casefold()

    model, notes = lower("model"), cell("notes")
    chips_text = f"{cell('accelerator')} {notes}"
    kind = _KINDS.get(cell("model_class"), "llm")
    sockets = re.search(r"\((\d+)x(\d+) cores\)", chips_text)
    boundary_text, precision = cell("boundary"), lower("precision")
    return Row(
        row_id=cell("row_id"),
        unit=cell("unit"),
        measure=_measure(lower("metric"), lower("unit"), kind),
        boundary_text=boundary_text,
        boundary=_boundary(boundary_text),
        energy=_ENERGY.get(lower("unit"), "other"),
        model=cell("model"),
        kind=kind,
        billions=number(cell("params_b")),
        billions_in_name=_found(r"(\d+(?:\.\d+)?)\s*b(?![a-z0-9])", model),
        active_billions=number(cell("active_params_b")),
        active_billions_in_name=_found(r"-a(\d+(?:\.\d+)?)b", model),
        denoising_steps=_whole(r"(\d+) (?:denoising |inference )?steps", notes),
        pixels=_pixels(model, f"{notes} {cell('input_tokens')}".casefold()),
        audio_s=_audio_s(f"{model} {notes.casefold()}"),
        copies=_whole(r"^(\d+) copies", lower("batch_or_concurrency")),
        accelerator=cell("accelerator"),
        family=cell("hw_family"),
        machine=cell("hardware").strip().partition(" ")[0],
        accelerators=number(cell("accelerator_count")),
        parallel=number(cell("tensor_parallel")),
        sockets=(int(sockets[1]), int(sockets[2])) if sockets else None,
        threads=_threads(chips_text.casefold()),
        precision=frozenset(word for word in get_args(Word) if word in precision),
        precision_given=bool(precision),
        stack_text=lower("serving_stack"),
        context_text=" ".join(
            (notes, cell("input_tokens"), cell("source_title"), cell("batch_or_concurrency"))
        ).casefold(),
        mlperf="mlperf" in lower("source_title"),
        load=_load(lower("batch_or_concurrency"), notes),
        input_tokens=number(cell("input_tokens")),
        output_tokens=number(cell("output_tokens")),
        sentences=_whole(r"\((\d+) sentences\)", cell("input_tokens")),
        compiled_tokens=_whole(r"(?:sequence length|seq|cache length) (\d+)", notes),
        compiled_batch=_whole(r"static batch (\d+)", notes),
        batch_compiled="static batch" in notes,
        power_capped="maxq" in (cell("hardware") + notes).casefold(),
        cpu_sampling="cpu sampling" in lower("serving_stack"),
        year=_year(f"{cell('date_version')} {cell('source_title')}"),
    )


def number(text: str) -> float | None:
    """``128``, ``1k``, ``110 (mean)``, ``~120``; None for words."""
    found = re.match(r"~?(\d+(?:\.\d+)?)(k?)\b", text.strip())
    if not found:
        return None
    return float(found[1]) * (1000 if found[2] else 1)


def _found(pattern: str, text: str) -> float | None:
    found = re.search(pattern, text)
    return float(found[1]) if found else None


def _whole(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


_SIDES = "224|240|256|260|288|299|300|320|336|380|384|416|448|512|518|600|640|768|800|1024|1280"


def _pixels(model: str, notes: str) -> float | None:
    """Pixels of an image: ``640x480`` in a name or its notes, else a usual side in the name."""
    for text in (notes, model):
        for width, height in re.findall(r"(?<![\dx])(\d{3,4}) ?[x\u00d7] ?(\d{3,4})(?!\d)", text):
            return float(width) * float(height)
    side = re.search(rf"(?:^|[\s(@_/-])({_SIDES})(?:px)?(?=$|[\s),_-])", model)
    return float(side[1]) ** 2 if side else None


def _audio_s(text: str) -> float | None:
    """Seconds of audio in one item; None where nothing is said of it."""
    number = r"(\d+(?:\.\d+)?)"
    ways = (
        rf"utterances of {number} s",
        rf"windows of {number} s",
        rf"{number} s window",
        rf"audio of {number} s",
        rf"{number} s (?:of )?audio",
        rf"{number} s clips?",
    )
    return next((found for way in ways if (found := _found(way, text)) is not None), None)


def _threads(text: str) -> int | None:
    """Threads or cores at work. Parallel tasks take one each."""
    threads = _whole(r"(\d+)[ -](?:threads|vcpu|core)", text)
    tasks = _whole(r"(\d+) parallel tasks", text)
    if tasks is None:
        return threads
    return tasks if threads is None else min(tasks, threads)


def _measure(metric: str, unit: str, kind: Kind) -> Measure:
    percentile: Percentile | None = None
    for each in get_args(Percentile):
        if each in metric and percentile is None:
            percentile = each
    return Measure(
        metric=_metric(metric, unit, kind),
        text=metric,
        percentile=percentile,
        mean="mean" in metric,
        aggregate="aggregate" in metric,
        per_chip=any(f"per {chip}" in metric for chip in ("gpu", "chip", "device")),
        of_requests="request" in unit or "sample" in unit,
        of_tokens="token" in unit,
        of_steps=unit.startswith(("it/s", "steps/s", "iterations/s")),
        of_audio="rtf" in unit or "audio" in unit,
        per_item="per image" in metric or "per sample" in metric or unit.endswith("/image"),
        scale=1e3 if unit.startswith("ms") else 1.0,
    )


def _item_metric(metric: str, unit: str) -> Metric:
    """By the unit, since a rate and a time have many names."""
    if "power" in metric or "energy" in metric:
        return "other"
    if "throughput" in metric or unit.endswith(("/s", "fps")) or "rtfx" in unit:
        return "throughput"
    return "latency" if "latency" in metric or unit in ("ms", "s") else "other"


def _metric(metric: str, unit: str, kind: Kind) -> Metric:
    if kind != "llm":
        return _item_metric(metric, unit)
    if "decode speed" in metric:
        return "decode-speed"
    if "throughput" in metric:
        return "throughput"
    starts: dict[tuple[str, ...], Metric] = {
        ("ttft", "first-token", "encoding"): "first-token",
        ("prefill",): "prompt-speed",
        ("tpot",): "tpot",
        ("itl",): "itl",
        ("latency", "end-to-end"): "latency",
    }
    return next((name for words, name in starts.items() if metric.startswith(words)), "other")


def _boundary(text: str) -> Boundary | None:
    if not text:
        return None
    words = text.casefold()
    if any(part in words for part in ("full stack", "data centre", "pue")):
        return "other"
    if "gpu" in words and "cpu" in words:
        return "other"  # more than chips of one kind, less than the server
    if re.search(r"\b(at the wall|ac power|socket of the (server|machine))\b", words):
        return "wall"
    if re.match(
        r"(one |all )?(gpus?|tpus?|npus?|accelerators?|chips?|cards?|cpu packages?)\b", words
    ):
        return "chip"
    return "chip" if "rapl" in words or "nvml" in words else "other"


def _load(text: str, notes: str) -> Load:
    protocol = _protocol(text)
    if re.fullmatch(r"\d+(\.\d+)?", text):  # pandas writes a whole number as 8.0
        return Load(protocol=protocol, batch=float(text))
    at_once = _found(r"(\d+) (?:sharegpt )?(?:requests|prompts)", text)
    if (arrival_rps := _found(r"open loop (\d+(?:\.\d+)?)", text)) is not None:
        slots = _found(r"static batch (\d+)", notes)
        return Load(protocol=protocol, batch=slots, arrival_rps=arrival_rps)
    if (limit := _found(r"(?:max batch|max_num_seqs) (\d+)", text)) is not None:
        return Load(protocol=protocol, batch=limit, at_once=at_once)
    if (samples := _found(r"^(\d+) samples", text)) is not None:
        return Load(protocol=protocol, batch=samples)
    if text.startswith("single"):
        return Load(protocol=protocol, batch=1.0)
    return Load(protocol=protocol, at_once=at_once)


def _protocol(text: str) -> Protocol:
    if "server" in text:
        return "server"
    if text.startswith("offline (") or text == "offline":
        return "offline"
    if "open loop" in text:
        return "open"
    if "saturating" in text or (
        text.startswith(("max (", "max", "offline")) and "num_seqs" not in text[:12]
    ):
        return "saturated"
    return "closed"


def _year(text: str) -> float:
    """When it was run, as far as the version says; vendors' release numbers by their year."""
    if found := re.search(r"(20[12]\d)(?:-(\d\d))?", text):
        return float(found[1]) + ((float(found[2]) - 1) / 12 if found[2] else 0.5)
    for word, year in (("v0.5", 2023.8), ("v0.6", 2023.9), ("TensorRT 8", 2022.5)):
        if word in text:
            return year
    if neuron := re.search(r"Neuron 2\.(\d+)", text):
        return 2022.8 + 0.12 * float(neuron[1])
    return 2024.5

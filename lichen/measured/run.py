"""What a row says was run, in the terms of sizing: what, on what, under which load."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from lichen.catalogue.schema import Chip, Compute, Dataset, ServingStack, Work
from lichen.measured.item_models import WINDOW_S, Model, windows
from lichen.measured.names import (
    NotPredicted,
    Tables,
    dataset_of,
    hardware_of,
    model_of,
    stack_of,
)
from lichen.measured.row import Load, Row, Word
from lichen.sizing.answers import Misfit
from lichen.sizing.formats import Format, Formats, form_of
from lichen.sizing.hardware import Chips
from lichen.sizing.item_need import TEXT_TOKENS
from lichen.sizing.memory import available_gib, needed_gib
from lichen.sizing.need import WORK, Need, need_of
from lichen.words import Precision


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What was run. ``copies`` of the model run on ``chips`` each, of ``system_chips`` in all;
    ``items`` are those of one request, of speech with ``audio_s`` seconds each; ``at_once`` copies
    were at work, where that is said. Where a row names no stack that is known, ``stack`` is the
    usual one of the chips: the fit takes what was measured for it, and no case is answered by it.
    """

    hardware: Chip
    stack: ServingStack
    stack_is_known: bool
    model: Model
    need: Need
    chips: Chips
    system_chips: float
    copies: int
    load: Load
    input_tokens: float
    output_tokens: float
    compiled_tokens: float | None
    compiled_batch: float | None
    dataset: Dataset | None
    items: float
    audio_s: float
    at_once: int | None
    power_capped: bool
    cpu_sampling: bool
    year: float
    caveats: tuple[str, ...]

    @property
    def family(self) -> str:
        """The family of the chips."""
        return self.hardware.family

    def bound_ms(self, of: Literal["first", "token", "request"]) -> float | None:
        """The latency bound that the benchmark sets, where it sets one."""
        if self.dataset is None:
            return None
        bounds = {
            "first": self.dataset.first_bound_ms,
            "token": self.dataset.token_bound_ms,
            "request": self.dataset.request_bound_ms,
        }
        return bounds[of]


def run_of(row: Row, tables: Tables) -> Run | NotPredicted:
    """The run that a row describes, or why it cannot be read."""
    dataset = dataset_of(row, tables)
    model = model_of(row, tables, dataset)
    if model is None:
        return NotPredicted(
            f"neither the name {row.model!r} nor params_b says how large the model is"
        )
    work = WORK[model.card.kind]
    hardware = hardware_of(row, tables)
    if hardware is None:
        return NotPredicted(f"hardware {row.accelerator!r} is not known")
    chip = tables.known.chips.one(hardware)
    if chip is None:
        return NotPredicted(f"no published rate or bandwidth of {hardware.name}")
    named = stack_of(row, hardware, work, tables)
    stack = named or tables.known.usual_stack(hardware.family, hardware.kind, work)
    if stack is None:
        return NotPredicted(f"no known way to serve {work} on {hardware.family}")
    caveats = [_DOUBTS[work == "diffusion" and model.known]] if model.doubt > 1 else []
    inputs, outputs = _lengths(row, work, dataset, caveats)
    items = float(row.sentences) if row.sentences is not None else 1.0
    if work == "speech" and "window" in model.card.item:
        items = float(math.ceil(windows(row)))
    item_tokens = (dataset and work == "encoder" and dataset.input_tokens) or inputs / items
    if work == "speech":
        text = (dataset and dataset.output_tokens) or TEXT_TOKENS
        item_tokens = text * min(1.0, windows(row))
    form = format_of_row(row, hardware, work, tables.known.formats)
    need = need_of(model.card, form, int(item_tokens) or None)
    if isinstance(need, Misfit):
        return NotPredicted(need.reason)
    chips, system_chips, copies = _chips_of(
        row, hardware, chip, need, stack, inputs + outputs, tables
    )
    compiled = row.compiled_tokens
    return Run(
        hardware=hardware,
        stack=stack,
        stack_is_known=named is not None or not row.stack_text,
        model=model,
        need=need,
        chips=chips,
        system_chips=system_chips,
        copies=copies,
        load=row.load,
        input_tokens=inputs,
        output_tokens=outputs,
        compiled_tokens=float(compiled) if compiled is not None and stack.static_shapes else None,
        compiled_batch=None if row.compiled_batch is None else float(row.compiled_batch),
        dataset=dataset,
        items=items,
        audio_s=min(WINDOW_S, row.audio_s or WINDOW_S) if items > 1 else row.audio_s or WINDOW_S,
        at_once=row.copies,
        power_capped=row.power_capped,
        cpu_sampling=row.cpu_sampling,
        year=row.year,
        caveats=tuple(caveats),
    )


USUAL_PROMPT = 512.0
"""Tokens of the prompt that llama-bench measures by default."""

USUAL_ANSWER = 256.0
"""Tokens of an answer where nobody states a length, of the prompt or of the answer (design choice).
An answer of one token would charge the reading of the whole prompt to it."""

_OF_ANSWERS = frozenset({"throughput", "tpot", "itl"})


def _lengths(
    row: Row, work: Work, dataset: Dataset | None, caveats: list[str]
) -> tuple[float, float]:
    """Input and output tokens: the row's, else the data set's mean, else the usual ones where the
    figure of a language model hangs on them."""
    inputs, outputs = row.input_tokens, row.output_tokens
    answers = work == "llm" and row.measure.metric in _OF_ANSWERS
    unstated = answers and inputs is None and outputs is None
    if inputs is None:
        inputs = float((dataset and dataset.input_tokens) or 0)
        if dataset and dataset.input_tokens:
            caveats.append(f"{dataset.name}: {dataset.input_tokens} input tokens taken")
    if not inputs and (unstated or row.measure.metric == "prompt-speed"):
        inputs = USUAL_PROMPT
        caveats.append(f"nobody says how long the prompt is: {USUAL_PROMPT:g} tokens are taken")
    if outputs is None or (outputs == 0 and dataset):
        outputs = float((dataset and dataset.output_tokens) or 0)
    if not outputs and unstated:
        outputs = USUAL_ANSWER
        caveats.append(f"nobody says how long the answer is: {USUAL_ANSWER:g} tokens are taken")
    return inputs, outputs


_DOUBTS = (
    "model not known by name: its shape is taken from its size",
    "nobody says how many denoising steps: the usual number is taken",
)
_GGUF: dict[Word, Precision] = {
    "q4_0": "q4_0",
    "q4_k": "q4_k_m",
    "q5_k": "q5_k_m",
    "q6_k": "q6_k",
    "q8_0": "q8_0",
}


def format_of_row(row: Row, hardware: Chip, work: Work, formats: Formats) -> Format:
    """Bits of a weight, what computes it, bits of the cache, from a benchmark's own words."""
    words, mlperf = row.precision, row.mlperf
    cpu = hardware.kind == "cpu"
    tensorrt = "tensorrt" in row.stack_text or (
        mlperf and hardware.kind == "gpu" and not row.stack_text
    )
    eight = "fp8" in hardware.runs
    small_cache = "kv" in words or (tensorrt and work == "llm" and "fp8" in words)

    def stored(precision: Precision, *, compute: Compute | None = None, cache: float = 0) -> Format:
        """A row of precisions.csv, also on a chip that does not run it by itself."""
        row = formats.row(precision, hardware.kind, work)
        form = Format(16, "bf16") if row is None else form_of(row, hardware)
        kv = cache or (8.0 if small_cache else form.kv_bits)
        return msgspec.structs.replace(form, compute=compute or form.compute, kv_bits=kv)

    for name, precision in _GGUF.items():
        if name in words:
            return stored(precision)
    if "mxfp4" in words:
        return stored("mxfp4")
    if "fp4" in words:
        return stored("nvfp4", cache=8.0)
    if "weights int8" in words:
        return stored("int8", compute="bf16")
    if work == "llm" and mlperf and tensorrt and eight:
        return stored("fp8", cache=8.0)  # the column names the checkpoint; the engines are fp8
    if "fp8" in words and "or bf16" not in words and eight:
        return stored("fp8")
    if "int4" in words:
        return stored("int4", compute="bf16" if mlperf else None)
    if mlperf and not row.precision_given and work == "diffusion" and eight:
        return stored("fp8")
    # MLPerf leaves the column blank where an engine mixes formats; its usual one is int8.
    if "int8" in words or (
        mlperf and not row.precision_given and (cpu or work in ("encoder", "vision"))
    ):
        return stored("int8", compute="bf16" if work == "llm" and not cpu else "int8")
    tf32 = "bf16" in hardware.runs and hardware.kind == "gpu" and work != "llm"
    if "tf32" in words or (tf32 and tensorrt and not mlperf and "fp32" in words):
        # Half the rate of bf16; TensorRT and cuDNN take it for fp32 where the chip has it.
        return Format(32, "bf16", slower=2.0)
    if (
        "fp32" in words
        and hardware.kind != "neuron"
        and not (tensorrt and mlperf)
        and "bf16" not in words
    ):
        return Format(32, "fp32")
    if cpu and not row.precision_given:
        return Format(32, "fp32")
    return Format(16, "bf16", 8.0 if "kv" in words else 16.0)


def _chips_of(
    row: Row,
    hardware: Chip,
    chip: Chips,
    need: Need,
    stack: ServingStack,
    context: float,
    tables: Tables,
) -> tuple[Chips, float, int]:
    """The chips of one copy, the number in the system, and how many copies there are."""
    if hardware.kind == "cpu":
        cores = _cores_of(row, hardware, chip, tables).as_used_by(stack)
        return cores, cores.count, 1
    stated = row.accelerators
    count = stated or 8.0
    parallel = row.parallel or 0.0
    if hardware.kind == "neuron":
        if need.work in ("encoder", "vision"):
            return chip.times(1.0 / chip.cores), count, int(count * chip.cores)
        each = parallel / chip.cores if parallel else count
        each = min(each, count) or 1.0
        sharing = row.batch_compiled
        return chip.times(each), count, int(count // each) if sharing else 1
    if stack.layer_split:
        # Taking turns: no faster than one chip, but with the memory of all.
        return msgspec.structs.replace(chip, memory_gib=chip.memory_gib * count), count, 1
    if need.work != "llm":
        side_by_side = need.work != "diffusion" or row.mlperf
        return (chip, count, int(count)) if side_by_side else (chip.times(count), count, 1)
    if (stated is None or row.mlperf) and count > 1:
        each = 1.0
        while each < count and not _fits_well(need, chip.times(each), stack, context):
            each *= 2
        copies = max(1, int(count // each)) if stated else 1
        return chip.times(each), each * copies, copies
    return chip.times(max(count, parallel)), count, 1


def _fits_well(need: Need, chips: Chips, stack: ServingStack, context: float) -> bool:
    """Whether a sequence fits with the room to spare that people leave."""
    needed = needed_gib(need, 1.0, context, chips.degree)
    return needed * 1.3 <= available_gib(chips, stack)


def _cores_of(row: Row, hardware: Chip, chip: Chips, tables: Tables) -> Chips:
    """CPU cores in use, the bandwidth that they draw, and the memory of the machine."""
    threads, machine = row.threads, tables.catalogue.machines.get(row.machine)
    whole = machine.vcpu / hardware.threads_per_core if machine else chip.cores
    if row.sockets:
        cores = max(1.0, float(row.sockets[0]) * float(row.sockets[1]))
    else:
        cores = whole if threads is None else max(1.0, min(float(threads), whole))
    name = machine.name if machine and cores == whole else ""
    chips = tables.known.chips.cores_of(hardware, cores, name) or chip.times(cores / chip.cores)
    return msgspec.structs.replace(chips, memory_gib=(machine and machine.memory_gib) or 512.0)

"""A row of a benchmark table, in the words of sizing: what ran, on what, under which load.

Rows have the columns of the measured and energy tables (docs/accuracy.md). Only what was set is
read: model, hardware, precision, stack, batch, lengths, protocol. Nothing that was measured is:
not the value, nor throughput or batch figures that a note repeats.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from lichen.catalogue.schema import Chip
from lichen.measured.names import (
    Dataset,
    Row,
    Tables,
    card_of,
    dataset_of,
    hardware_of,
    number,
    stack_of,
)
from lichen.sizing.answers import Misfit
from lichen.sizing.coefficients import Stack
from lichen.sizing.hardware import Chips, Compute
from lichen.sizing.memory import fewest_chips
from lichen.sizing.need import WORK, Format, Need, Work, need_at
from lichen.workload import ModelCard


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says was run. ``batch`` is on one copy; None is as many as memory allows."""

    hardware: Chip
    family: str
    stack: Stack
    card: ModelCard
    need: Need
    rig: Chips
    chips: float
    copies: int
    batch: float | None
    at_once: float | None
    arrival_rps: float | None
    input_tokens: float
    output_tokens: float
    compiled_tokens: float | None
    compiled_batch: float | None
    dataset: Dataset | None
    protocol: str
    items_per_request: float
    capped: bool
    cpu_sampling: bool
    year: float
    caveats: tuple[str, ...]

    def bound_ms(self, of: Literal["first", "token", "request"]) -> float | None:
        """The latency bound that the benchmark sets, where it sets one."""
        return getattr(self.dataset, f"{of}_bound_ms") if self.dataset else None


def read_run(row: Row, tables: Tables) -> Run | str:
    """The run that a row describes, or why it cannot be read."""
    caveats: list[str] = []
    dataset = dataset_of(row, tables)
    card, model = card_of(row, tables, dataset, caveats)
    if card is None:
        return f"neither the name {row['model']!r} nor params_b tells the size of the model"
    work = WORK[card.kind]
    hardware = hardware_of(row, tables)
    if hardware is None:
        return f"hardware {row['accelerator']!r} is not known"
    family = row.get("hw_family") or hardware.family
    chip = tables.known.chips.one(hardware)
    if chip is None:
        return f"no published rate or bandwidth of {hardware.name}"
    if hardware.family != family:
        family = hardware.family
    stack = stack_of(row, hardware, work, tables)
    if stack is None:
        return f"no known way to serve {work} on {hardware.family}"
    inputs, outputs = lengths_of(row, dataset, caveats)
    sentences = re.search(r"\((\d+) sentences\)", row["input_tokens"])
    items = float(sentences[1]) if sentences else 1.0
    item_tokens = (dataset and work == "encoder" and dataset.input_tokens) or inputs / items
    form = format_of_row(row, hardware, work, model.expert_bits if model else None)
    state = (model.state_bytes if model else None) or 0.0
    need = need_at(card, form, int(item_tokens) or None, state)
    if isinstance(need, Misfit):
        return need.reason
    rig, chips, copies = rig_of(row, hardware, chip, need, stack, inputs + outputs, tables)
    batch, at_once, arrival = batch_of(row)
    note = row["notes"]
    compiled = re.search(r"(?:sequence length|seq|cache length) (\d+)", note)
    slots = re.search(r"static batch (\d+)", note)
    return Run(
        hardware=hardware,
        family=family,
        stack=stack,
        card=card,
        need=need,
        rig=rig,
        chips=chips,
        copies=copies,
        batch=batch,
        at_once=at_once,
        arrival_rps=arrival,
        input_tokens=inputs,
        output_tokens=outputs,
        compiled_tokens=float(compiled[1]) if compiled and stack.static_shapes else None,
        compiled_batch=float(slots[1]) if slots else None,
        dataset=dataset,
        protocol=protocol_of(row),
        items_per_request=items,
        capped="maxq" in (row["hardware"] + note).casefold(),
        cpu_sampling="cpu sampling" in row["serving_stack"].casefold(),
        year=year_of(row),
        caveats=tuple(caveats),
    )


def lengths_of(row: Row, dataset: Dataset | None, caveats: list[str]) -> tuple[float, float]:
    inputs = number(row["input_tokens"])
    outputs = number(row["output_tokens"])
    if inputs is None:
        inputs = float((dataset and dataset.input_tokens) or 0)
        if dataset and dataset.input_tokens:
            caveats.append(f"{dataset.name}: {dataset.input_tokens} input tokens taken")
    if outputs is None or (outputs == 0 and dataset):
        outputs = float((dataset and dataset.output_tokens) or 0)
    return inputs, outputs


_BITS = {"q4_0": 4.5, "q4_k": 4.85, "q5_k": 5.7, "q6_k": 6.56, "q8_0": 8.5, "q3_k": 3.9}


def format_of_row(row: Row, hardware: Chip, work: Work, expert_bits: float | None) -> Format:
    """Bits of a weight, what computes it, bits of the cache, from a benchmark's own words."""
    words = row["precision"].casefold()
    cpu = hardware.kind == "cpu"
    mlperf = "mlperf" in row["source_title"].casefold()
    tensorrt = "tensorrt" in row["serving_stack"].casefold() or (
        mlperf and hardware.kind == "gpu" and not row["serving_stack"]
    )
    eight = "fp8" in hardware.runs
    kv = 8.0 if "kv" in words or (tensorrt and work == "llm" and "fp8" in words) else 16.0
    for name, bits in _BITS.items():
        if name in words:
            return Format(bits, "int8" if cpu else "bf16")
    if "mxfp4" in words:
        blackwell = hardware.family in ("B200", "B300")
        return Format(expert_bits or 4.25, "fp4" if blackwell else "bf16")
    if "fp4" in words:
        return Format(4.5, "fp4", 8.0)
    if "weights int8" in words:
        return Format(8, "bf16")
    if work == "llm" and mlperf and tensorrt and eight:
        return Format(8, "fp8", 8.0)  # the column names the checkpoint; the engines are fp8
    if "fp8" in words and "or bf16" not in words and eight:
        return Format(8, "fp8", kv)
    if "int4" in words:
        return Format(4.25, "int8" if cpu and not mlperf else "bf16", kv)
    if mlperf and not words and work == "diffusion" and eight:
        return Format(8, "fp8")
    # MLPerf leaves the column blank where an engine mixes formats; its usual one is int8.
    if "int8" in words or (mlperf and not words and (cpu or work in ("encoder", "vision"))):
        weight_only = work == "llm" and not cpu
        compute: Compute = "bf16" if weight_only else "int8"
        return Format(8, compute, kv)
    if "fp32" in words and hardware.kind != "neuron" and not tensorrt and "bf16" not in words:
        return Format(32, "fp32")
    if cpu and not words:
        return Format(32, "fp32")
    return Format(16, "bf16")


def rig_of(
    row: Row,
    hardware: Chip,
    chip: Chips,
    need: Need,
    stack: Stack,
    context: float,
    tables: Tables,
) -> tuple[Chips, float, int]:
    """One copy's chips as a rig, the chips of the system, and how many copies there are."""
    if hardware.kind == "cpu":
        rig = _cores_of(row, hardware, chip, tables)
        return rig, rig.count, 1
    stated = number(row["accelerator_count"])
    count = stated or 8.0
    parallel = number(row.get("tensor_parallel", "")) or 0.0
    if hardware.kind == "neuron":
        if need.work in ("encoder", "vision"):
            return chip.times(1.0 / chip.cores), count, int(count * chip.cores)
        each = parallel / chip.cores if parallel else count
        each = min(each, count) or 1.0
        sharing = "static batch" in row["notes"]
        return chip.times(each), count, int(count // each) if sharing else 1
    if stack.layer_split:
        # Taking turns: no faster than one chip, but with the memory of all.
        rig = msgspec.structs.replace(chip, memory_gib=chip.memory_gib * count)
        return rig, count, 1
    if need.work != "llm":
        side_by_side = need.work != "diffusion" or "mlperf" in row["source_title"].casefold()
        return (chip, count, int(count)) if side_by_side else (chip.times(count), count, 1)
    if (stated is None or "mlperf" in row["source_title"].casefold()) and count > 1:
        each = 1.0
        while each < count and fewest_chips(need, chip.times(count), stack, context) * 1.3 > each:
            each *= 2
        copies = max(1, int(count // each)) if stated else 1
        return chip.times(each), each * copies, copies
    return chip.times(max(count, parallel)), count, 1


def _cores_of(row: Row, hardware: Chip, chip: Chips, tables: Tables) -> Chips:
    """CPU cores in use, and the memory bandwidth of the machine that they are a part of."""
    text = f"{row['accelerator']} {row['notes']}"
    sockets = re.search(r"\((\d+)x(\d+) cores\)", text)
    threads = re.search(r"(\d+)[ -](?:threads|vcpu|core)", text.casefold())
    machine = tables.catalogue.machines.get(row["hardware"].strip().partition(" ")[0])
    if sockets:
        cores = whole = max(1.0, float(sockets[1]) * float(sockets[2]))
    else:
        whole = machine.vcpu / hardware.threads_per_core if machine else chip.cores
        cores = max(1.0, min(float(threads[1]), whole)) if threads else whole
        if machine is None and threads:
            whole = min(whole, max(cores, 32.0))
    rig = chip.times(cores / chip.cores)
    reach = min(whole / cores, 4.0)
    return msgspec.structs.replace(
        rig,
        bandwidth_bytes_s=rig.bandwidth_bytes_s * reach,
        memory_gib=(machine and machine.memory_gib) or 512.0,
    )


def batch_of(row: Row) -> tuple[float | None, float | None, float | None]:
    """Batch on a copy (None: what fits), requests sent at once, arrivals a second."""
    text = row["batch_or_concurrency"].casefold()
    if text.isdigit():
        return float(text), None, None
    at_once = re.search(r"(\d+) (?:sharegpt )?(?:requests|prompts)", text)
    sent = float(at_once[1]) if at_once else None
    if arrival := re.search(r"open loop (\d+(?:\.\d+)?)", text):
        compiled = re.search(r"static batch (\d+)", row["notes"])
        return (float(compiled[1]) if compiled else None), None, float(arrival[1])
    if limit := re.search(r"(?:max batch|max_num_seqs) (\d+)", text):
        return float(limit[1]), sent, None
    if first := re.match(r"(\d+) samples", text):
        return float(first[1]), None, None
    if text.startswith("single"):
        return 1.0, None, None
    return None, sent, None


def protocol_of(row: Row) -> str:
    """How load was offered: closed (a fixed number in flight), saturated, open or server."""
    text = row["batch_or_concurrency"].casefold()
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


def year_of(row: Row) -> float:
    """When it was run, as far as the version says; vendors' release numbers by their year."""
    text = f"{row['date_version']} {row['source_title']}"
    if found := re.search(r"(20[12]\d)(?:-(\d\d))?", text):
        return float(found[1]) + ((float(found[2]) - 1) / 12 if found[2] else 0.5)
    for word, year in (("v0.5", 2023.8), ("v0.6", 2023.9), ("TensorRT 8", 2022.5)):
        if word in text:
            return year
    if neuron := re.search(r"Neuron 2\.(\d+)", text):
        return 2022.8 + 0.12 * float(neuron[1])
    return 2024.5

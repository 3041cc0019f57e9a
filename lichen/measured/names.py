"""Names that benchmarks use, and what they stand for: models, chips, stacks, data sets."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip
from lichen.sizing.coefficients import Knowledge, Stack, knowledge
from lichen.sizing.need import WORK, Work
from lichen.workload import ModelCard

Row = Mapping[str, str]


class BenchmarkModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that benchmarks name: a row of ``benchmark_models.csv``.

    ``match`` is looked for in the row's model, first match wins. ``flops_per_item`` of a
    diffusion model is one denoising step's, guidance included; ``steps`` their usual number.
    """

    match: str
    name: str
    kind: str
    parameters: float
    active_parameters: float | None
    layers: int | None
    hidden: int | None
    heads: int | None
    kv_heads: int | None
    head_dim: int | None
    max_context_tokens: int | None
    sliding_window_tokens: int | None
    experts: int | None
    experts_per_token: int | None
    kv_bytes_per_token: float | None
    flops_per_item: float | None
    steps: int | None
    expert_bits: float | None
    state_bytes: float | None
    basis: str
    source: str


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """Prompts that benchmarks name: mean lengths, and the latency bounds of MLPerf's Server runs.

    ``match`` and ``model`` are looked for in the row's notes and model; ``tail_tokens`` is
    a long prompt, ``decode_width`` the width of the beam.
    """

    match: str
    model: str | None
    name: str
    input_tokens: int | None
    output_tokens: int | None
    tail_tokens: int | None
    decode_width: int
    steps: int | None
    first_bound_ms: float | None
    token_bound_ms: float | None
    request_bound_ms: float | None
    basis: str
    source: str


class Tables:
    """Benchmark names and what they stand for, beside sizing's own tables."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.known: Knowledge = knowledge(catalogue)
        self.catalogue = catalogue
        self.energy: object | None = None
        self.models = catalogue.table("benchmark_models", BenchmarkModel)
        self.datasets = catalogue.table("datasets", Dataset)


def card_of(
    row: Row, tables: Tables, dataset: Dataset | None, caveats: list[str]
) -> tuple[ModelCard | None, BenchmarkModel | None]:
    """A model card from the name, else from ``params_b`` by usual proportions."""
    name = row["model"].casefold().replace("_", "-").replace("llama-3-1", "llama-3.1")
    kind = {
        "LLM": "llm",
        "encoder/embedding": "encoder",
        "vision": "vision",
        "diffusion": "diffusion",
        "speech": "speech",
    }.get(row["model_class"], "llm")
    for known in tables.models:
        if known.match.replace("_", "-") in name and WORK[known.kind] == WORK[kind]:
            flops, layers = known.flops_per_item, known.layers
            if flops and known.steps:
                said = re.search(r"(\d+) (?:denoising )?steps", row["notes"])
                usual = (dataset.steps if dataset else None) or known.steps
                steps = int(said[1]) if said else usual
                flops, layers = flops * steps, layers and layers * steps
            return (
                ModelCard(
                    name=row["model"],
                    kind=kind,  # type: ignore[arg-type]
                    parameters=known.parameters,
                    active_parameters=known.active_parameters,
                    layers=layers,
                    hidden=known.hidden,
                    heads=known.heads,
                    kv_heads=known.kv_heads,
                    head_dim=known.head_dim,
                    sliding_window_tokens=known.sliding_window_tokens,
                    experts=known.experts,
                    experts_per_token=known.experts_per_token,
                    kv_bytes_per_token=known.kv_bytes_per_token,
                    flops_per_item=flops,
                ),
                known,
            )
    caveats.append("model not known by name: its shape is taken from its size")
    return _card_by_size(row, kind), None


def _card_by_size(row: Row, kind: str) -> ModelCard | None:
    named = re.search(r"(\d+(?:\.\d+)?)\s*b(?![a-z0-9])", row["model"].casefold())
    billions = number(row["params_b"]) or (float(named[1]) if named else 0.0)
    if not billions:
        return None
    active = number(row["active_params_b"])
    named_active = re.search(r"-a(\d+(?:\.\d+)?)b", row["model"].casefold())
    active = active or (float(named_active[1]) if named_active else 0.0)
    parameters = billions * 1e9
    scale = (billions / 8.0) ** (1.0 / 3.0)
    if kind == "llm":
        return ModelCard(
            name=row["model"],
            kind="llm",
            parameters=parameters,
            active_parameters=active * 1e9 if active and active < billions else None,
            layers=max(4, round(32 * scale)),
            hidden=max(256, round(4096 * scale)),
            heads=max(4, round(32 * scale)),
            kv_heads=8,
            head_dim=128,
        )
    if kind == "encoder":
        small = (billions / 0.085) ** (1.0 / 3.0)
        return ModelCard(
            name=row["model"],
            kind="encoder",
            parameters=parameters,
            layers=max(2, round(12 * small)),
            hidden=max(128, round(768 * small)),
            max_context_tokens=512,
        )
    # ResNet-50: 320 FLOP for each parameter; a latent diffusion transformer reads 4,096 tokens
    # twice in each of 20 to 50 steps; Whisper 1,500 frames and some text.
    each = {"vision": 320.0, "diffusion": 2 * 2 * 4096.0 * 28, "speech": 1560.0}[kind]
    return ModelCard(
        name=row["model"],
        kind=kind,  # type: ignore[arg-type]
        parameters=parameters,
        flops_per_item=parameters * each,
    )


def hardware_of(row: Row, tables: Tables) -> Chip | None:
    """The chip by its name, without what stands in brackets; else the first of its family."""
    bare = re.sub(r" \((?!\w\)).*| CPU @.*", "", row["accelerator"]).strip()
    names = (row["accelerator"], bare, bare.removeprefix("NVIDIA "), row.get("hw_family", ""))
    for name in names:
        if name and (found := tables.known.chips.get(name)):
            return found
    family = row.get("hw_family") or bare
    words = family.casefold()
    return tables.known.chips.of_family(family) or next(
        (
            hardware
            for hardware in tables.known.chips
            if hardware.family.casefold() in words and hardware.kind != "cpu"
        ),
        None,
    )


def stack_of(row: Row, hardware: Chip, work: Work, tables: Tables) -> Stack | None:
    """The stack whose words the row uses, longest first; else the usual one."""
    words = row["serving_stack"].casefold()
    if hardware.kind == "gpu" and work == "llm" and words.startswith("tensorrt "):
        words = "tensorrt-llm"  # MLPerf names the library beneath
    able = [s for s in tables.known.stacks if s.kind == hardware.kind and work in s.works]
    named = [(len(m), s) for s in able for m in s.matches if m in words]
    if named:
        return max(named, key=lambda each: each[0])[1]
    return tables.known.usual_stack(hardware.family, hardware.kind, work)


def dataset_of(row: Row, tables: Tables) -> Dataset | None:
    text = " ".join((row["notes"], row["input_tokens"], row["source_title"])).casefold()
    text += " " + row["batch_or_concurrency"].casefold()
    model = row["model"].casefold()
    for dataset in tables.datasets:
        if dataset.match in text and (dataset.model is None or dataset.model in model):
            return dataset
    return None


def number(text: str | None) -> float | None:
    """``128``, ``1k``, ``110 (mean)``, ``~120``; None for words."""
    found = re.match(r"~?(\d+(?:\.\d+)?)(k?)\b", (text or "").strip())
    if not found:
        return None
    return float(found[1]) * (1000 if found[2] else 1)

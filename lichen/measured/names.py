"""Names that benchmarks use, and what they mean: models, chips, stacks, data sets."""

from __future__ import annotations

import re

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import BenchmarkModel, Chip, Dataset, ServingStack, Work
from lichen.measured.item_models import SHAPE_BY_SIZE, Model, item_model, worded
from lichen.measured.row import Row
from lichen.measured.spreads import EnergyTables
from lichen.sizing.coefficients import Knowledge, knowledge
from lichen.sizing.need import WORK
from lichen.workload import ModelCard

FRAMEWORKS = frozenset({"pytorch", "diffusers"})
"""Stacks whose words stand beside an engine's: ``PyTorch (torch.compile)``, ``sentence-transformers
on ONNX Runtime``."""


class NotPredicted(msgspec.Struct, frozen=True):
    """Why there is no prediction for a row."""

    reason: str


class Tables:
    """The tables that rows are read with, beside sizing's own."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.known: Knowledge = knowledge(catalogue)
        self.catalogue = catalogue
        models = catalogue.table("benchmark_models", BenchmarkModel)
        cards = catalogue.models
        self.item_cards = worded(models, cards)
        self.language_cards = tuple(
            (tuple(word.replace("_", "-") for word in model.match), cards[model.card])
            for model in models
            if WORK[cards[model.card].kind] == "llm"
        )
        self.datasets = catalogue.table("datasets", Dataset)
        self.energy = EnergyTables(catalogue)


def model_of(row: Row, tables: Tables, dataset: Dataset | None) -> Model | None:
    """A model card from the name, else from its billions of parameters by usual proportions."""
    if row.kind != "llm":
        return item_model(row, tables.item_cards, dataset)
    name = row.model.casefold().replace("_", "-").replace("llama-3-1", "llama-3.1")
    for words, card in tables.language_cards:
        if any(word in name for word in words):
            return Model(msgspec.structs.replace(card, name=row.model, kind="llm"), True)
    card_by_size = _card_by_size(row)
    return None if card_by_size is None else Model(card_by_size, False, SHAPE_BY_SIZE)


def _card_by_size(row: Row) -> ModelCard | None:
    billions = row.billions or row.billions_in_name
    if not billions:
        return None
    active = row.active_billions or row.active_billions_in_name
    scale = (billions / 8.0) ** (1.0 / 3.0)
    return ModelCard(
        name=row.model,
        kind="llm",
        parameters=billions * 1e9,
        active_parameters=active * 1e9 if active and active < billions else None,
        layers=max(4, round(32 * scale)),
        hidden=max(256, round(4096 * scale)),
        heads=max(4, round(32 * scale)),
        kv_heads=8,
        head_dim=128,
    )


def chip_name(text: str) -> str:
    """A processor's name without marks, clocks and core counts: ``AMD EPYC 7763``."""
    name = re.sub(r"\((?:R|TM)\)", "", text, flags=re.IGNORECASE)
    name = re.sub(r"\s*@.*|\bCPU\b|\bProcessor\b|\b\d+-Core\b", "", name, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", name).strip()


def hardware_of(row: Row, tables: Tables) -> Chip | None:
    """The chip by its name, without what is in brackets; else that of the cloud machine that the
    row names; else the first of its family."""
    bare = re.sub(r" \((?!\w\)).*| CPU @.*", "", row.accelerator).strip()
    machine = tables.catalogue.machines.get(row.machine)
    of_machine = (machine and (machine.accelerator or machine.cpu)) or ""
    own = (row.accelerator, bare, bare.removeprefix("NVIDIA "), chip_name(row.accelerator))
    for name in (*own, of_machine, row.family):
        if name and (found := tables.known.chips.get(name)):
            return found
    family = row.family or bare
    words = family.casefold()
    return tables.known.chips.of_family(family) or next(
        (
            hardware
            for hardware in tables.known.chips
            if re.search(rf"\b{re.escape(hardware.family.casefold())}\b", words)
            and hardware.kind != "cpu"
        ),
        None,
    )


def stack_of(row: Row, hardware: Chip, work: Work, tables: Tables) -> ServingStack | None:
    """The stack whose name or words the row uses, an engine before a framework and the longest
    first; None where it uses those of none."""
    words = row.stack_text
    if hardware.kind == "gpu" and work == "llm":
        if words.startswith("tensorrt "):
            words = "tensorrt-llm"  # MLPerf names the library beneath
        if words.startswith("pytorch") and "torch.compile" in words:
            words = "vllm"  # gpt-fast: CUDA graphs, so that no step waits for the host, as vLLM's
    if row.mlperf and hardware.kind == "cpu" and work != "llm" and words == "pytorch":
        words = "ipex"  # the submissions on Xeon run Intel's extension, quantised and fused
    named = [
        (len(name), stack)
        for stack in stacks_for(hardware, work, tables)
        for name in (stack.stack, *stack.matches)
        if name in words
    ]
    if not named:
        return None
    return max(named, key=lambda each: (each[1].stack not in FRAMEWORKS, each[0]))[1]


def stacks_for(hardware: Chip, work: Work, tables: Tables) -> list[ServingStack]:
    """The stacks that serve this work on chips of this kind."""
    return [s for s in tables.known.stacks if s.kind == hardware.kind and work in s.works]


def dataset_of(row: Row, tables: Tables) -> Dataset | None:
    model = row.model.casefold()
    for dataset in tables.datasets:
        if dataset.match in row.context_text and (dataset.model is None or dataset.model in model):
            return dataset
    return None

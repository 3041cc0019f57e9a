"""The models that benchmarks name, other than language models: their cards, as a row ran them.

The FLOPs of an image grow with its pixels, those of speech with its length, those of diffusion
with its steps. Where nobody publishes a model's FLOPs they come from its parameters by the usual
proportion of its kind, and the interval is wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from lichen.catalogue.schema import BenchmarkModel, Dataset
from lichen.measured.row import Row
from lichen.sizing.need import WORK
from lichen.workload import ModelCard

FLOPS_PER_PARAMETER_AND_PIXEL = 7e-3
"""ResNet-50 6.4e-3, ViT-B/16 7.6e-3, YOLOv8m 7.4e-3, SAM ViT-H 8.9e-3, EfficientNet-B0 3e-3
(benchmark_models.csv)."""
FRAMES_PER_WINDOW = 750.0
"""Frames that meet every weight of a speech encoder in 30 seconds: 375 (FastConformer) to 1,500
(Whisper, wav2vec 2.0)."""
USUAL_SIDE, USUAL_DETECTION_SIDE, USUAL_DIFFUSION_SIDE = 224, 640, 1024
DETECTION = ("yolo", "det", "ssd", "rcnn", "segment")
WINDOW_S = 30.0


class Model(msgspec.Struct, frozen=True):
    """The card of a row's model; ``named`` is the table's row for it. Without one the shape is
    taken from the size alone."""

    card: ModelCard
    named: BenchmarkModel | None


def item_model(row: Row, models: Iterable[BenchmarkModel], dataset: Dataset | None) -> Model | None:
    """The card of a row's model at the size of item that the row ran; None without any size."""
    named = _named(row, models)
    if named is None:
        card = _by_size(row)
        return None if card is None else Model(card, None)
    steps = None
    if named.steps:
        steps = row.denoising_steps or (dataset and dataset.steps) or named.steps
    part = _part_of_item(row, named.item)
    card = ModelCard(
        name=row.model,
        kind=row.kind,
        parameters=named.parameters,
        active_parameters=named.active_parameters,
        layers=named.layers,
        hidden=named.hidden,
        heads=named.heads,
        kv_heads=named.kv_heads,
        head_dim=named.head_dim,
        max_context_tokens=named.max_context_tokens,
        item=named.item,
        flops_per_item=named.flops_per_item and named.flops_per_item * part,
        steps=steps,
        extra_flops_per_item=named.extra_flops_per_item and named.extra_flops_per_item * part,
        decoder_flops_per_token=named.decoder_flops_per_token,
        cross_kv_bytes=named.cross_kv_bytes,
        decoder_layers=named.decoder_layers,
    )
    return Model(card, named)


def _named(row: Row, models: Iterable[BenchmarkModel]) -> BenchmarkModel | None:
    """The model whose word is the longest of those in the name, letters and digits alone."""
    name = _letters(row.model)
    found = [
        (len(word), known)
        for known in models
        if WORK[known.kind] == WORK[row.kind]
        for word in map(_letters, known.match)
        if word in name
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _part_of_item(row: Row, item: str) -> float:
    """How large the row's item is, as a share of the one that the table's FLOPs are of."""
    if row.kind == "speech":
        return 1.0 if "window" in item else windows(row)
    side = re.search(r"(\d+)x(\d+)", item)
    if side is None or row.pixels is None:
        return 1.0
    return row.pixels / (float(side[1]) * float(side[2]))


def windows(row: Row) -> float:
    """Windows of 30 seconds in an item of speech; an item is one window where nothing is said."""
    return 1.0 if row.audio_s is None else row.audio_s / WINDOW_S


def _by_size(row: Row) -> ModelCard | None:
    """A card from parameters alone."""
    billions = row.billions or row.billions_in_name
    if not billions:
        return None
    parameters = billions * 1e9
    if row.kind == "encoder":
        small = (billions / 0.085) ** (1.0 / 3.0)
        return ModelCard(
            name=row.model,
            kind="encoder",
            parameters=parameters,
            layers=max(2, round(12 * small)),
            hidden=max(128, round(768 * small)),
            max_context_tokens=512,
        )
    if row.kind == "vision":
        detects = any(word in row.model.casefold() for word in DETECTION)
        side = USUAL_DETECTION_SIDE if detects else USUAL_SIDE
        pixels = row.pixels or float(side * side)
        return ModelCard(
            name=row.model,
            kind="vision",
            parameters=parameters,
            flops_per_item=parameters * FLOPS_PER_PARAMETER_AND_PIXEL * pixels,
            item=f"one image of {round(pixels**0.5)}x{round(pixels**0.5)}",
        )
    if row.kind == "diffusion":
        # A latent transformer: one token for 16 x 16 pixels, with and without guidance.
        pixels = row.pixels or float(USUAL_DIFFUSION_SIDE**2)
        return ModelCard(
            name=row.model,
            kind="diffusion",
            parameters=parameters,
            layers=max(12, round(57 * (billions / 11.9) ** (1.0 / 3.0))),
            flops_per_item=2.0 * 2.0 * parameters * pixels / 256.0 / 2.0,
            steps=row.denoising_steps or 28,
        )
    return ModelCard(
        name=row.model,
        kind="speech",
        parameters=parameters,
        flops_per_item=2.0 * parameters * FRAMES_PER_WINDOW * windows(row),
    )

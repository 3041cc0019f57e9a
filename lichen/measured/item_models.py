"""The models that benchmarks name, other than language models: their cards, as a row ran them.

The FLOPs of an image grow with its pixels, those of speech with its length, those of diffusion
with its steps. Where nobody publishes a model's FLOPs they come from its parameters by the usual
proportion of its kind, and the interval is wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from lichen.catalogue.schema import BenchmarkModel, Dataset
from lichen.measured.row import Row
from lichen.sizing.item_need import usual_flops
from lichen.sizing.need import WORK
from lichen.workload import ModelCard

USUAL_DETECTION_SIDE = 640
DETECTION = ("yolo", "det", "ssd", "rcnn", "segment")
WINDOW_S = 30.0


SHAPE_BY_SIZE, FLOPS_BY_SIZE, ITEM_BY_KIND, STEPS_BY_CUSTOM = 1.2, 1.6, 1.5, 1.5
"""Factors on both ends of an interval where layers come from a model's size alone, its FLOPs do,
nobody says how large an item is, or how many steps of denoising there were."""


class Model(msgspec.Struct, frozen=True):
    """The card of a row's model; ``named`` is the benchmark table's row for it. ``doubt`` is a
    factor on both ends of an interval, above 1 where the card is more than a table's."""

    card: ModelCard
    named: BenchmarkModel | None
    doubt: float = 1.0


def item_model(
    row: Row,
    models: Iterable[BenchmarkModel],
    cards: Iterable[ModelCard],
    dataset: Dataset | None,
) -> Model | None:
    """The card of a row's model at the size of item that the row ran; None without any size."""
    named = _named(row, ((known.match, known) for known in models))
    if named is not None:
        return _at_size(row, named, dataset)
    card = _named(row, (((known.name.rpartition("/")[2],), known) for known in cards))
    if card is not None:
        return Model(_at_item(row, card, card.steps), None)
    return _by_size(row)


def _at_size(row: Row, named: BenchmarkModel, dataset: Dataset | None) -> Model:
    steps, doubt = None, 1.0
    if named.steps:
        steps = row.denoising_steps or (dataset and dataset.steps) or named.steps
        if row.denoising_steps is None and not (dataset and dataset.steps):
            doubt = STEPS_BY_CUSTOM
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
        flops_per_item=named.flops_per_item,
        extra_flops_per_item=named.extra_flops_per_item,
        decoder_flops_per_token=named.decoder_flops_per_token,
        cross_kv_bytes=named.cross_kv_bytes,
        decoder_layers=named.decoder_layers,
    )
    return Model(_at_item(row, card, steps), named, doubt)


def _at_item(row: Row, card: ModelCard, steps: int | None) -> ModelCard:
    """The card with the FLOPs of the row's item."""
    part = _part_of_item(row, card.item)
    return msgspec.structs.replace(
        card,
        steps=row.denoising_steps or steps,
        flops_per_item=card.flops_per_item and card.flops_per_item * part,
        extra_flops_per_item=card.extra_flops_per_item and card.extra_flops_per_item * part,
    )


Known = TypeVar("Known", BenchmarkModel, ModelCard)


def _named(row: Row, known: Iterable[tuple[tuple[str, ...], Known]]) -> Known | None:
    """The model whose word is the longest of those in the name, letters and digits alone."""
    name = _letters(row.model)
    found = [
        (len(word), one)
        for words, one in known
        if WORK[one.kind] == WORK[row.kind]
        for word in map(_letters, words)
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


def _by_size(row: Row) -> Model | None:
    """A card from parameters alone, or from ``12 layers x 384`` in an encoder's name."""
    billions = row.billions or row.billions_in_name
    shape = re.search(r"(\d+) layers x (\d+)", row.model)
    if shape and row.kind == "encoder":
        layers, hidden = int(shape[1]), int(shape[2])
        card = ModelCard(
            name=row.model,
            kind="encoder",
            parameters=(billions or 12e-9 * layers * hidden * hidden) * 1e9,
            layers=layers,
            hidden=hidden,
            max_context_tokens=512,
        )
        return Model(card, None, SHAPE_BY_SIZE)
    if not billions:
        return None
    parameters = billions * 1e9
    if row.kind == "encoder":
        small = (billions / 0.085) ** (1.0 / 3.0)
        card = ModelCard(
            name=row.model,
            kind="encoder",
            parameters=parameters,
            layers=max(2, round(12 * small)),
            hidden=max(128, round(768 * small)),
            max_context_tokens=512,
        )
        return Model(card, None, SHAPE_BY_SIZE)
    item, doubt = "", FLOPS_BY_SIZE
    if row.kind in ("vision", "diffusion"):
        if row.pixels is not None:
            item = _image(row.pixels)
        else:
            doubt *= ITEM_BY_KIND
            if any(word in row.model.casefold() for word in DETECTION):
                item = _image(USUAL_DETECTION_SIDE**2)
    card = ModelCard(
        name=row.model,
        kind=row.kind,
        parameters=parameters,
        item=item,
        steps=row.denoising_steps,
    )
    flops = usual_flops(card, WORK[row.kind])
    if row.kind == "speech":
        flops *= windows(row)
    if row.kind == "diffusion" and row.denoising_steps is None:
        doubt *= STEPS_BY_CUSTOM
    return Model(msgspec.structs.replace(card, flops_per_item=flops), None, doubt)


def _image(pixels: float) -> str:
    side = round(pixels**0.5)
    return f"one image of {side}x{side}"

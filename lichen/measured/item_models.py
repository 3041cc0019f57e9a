"""The models that benchmarks name, other than language models: their cards, as a row ran them.

The FLOPs of an image grow with its pixels, those of speech with its length, those of diffusion
with its steps. Where nobody publishes a model's FLOPs they come from its parameters by the usual
proportion of its kind, and the interval is wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from lichen.catalogue.schema import BenchmarkModel, Dataset, Work
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
    """The card of a row's model, from the table of models where it is ``known``. ``doubt`` is a
    factor on both ends of an interval, above 1 where the card is more than a table's."""

    card: ModelCard
    known: bool
    doubt: float = 1.0


def item_model(row: Row, cards: Iterable[Worded], dataset: Dataset | None) -> Model | None:
    """The card of a row's model at the size of item that the row ran; None without any size.

    ``cards`` are those of the table of models with the words that benchmarks use for each.
    """
    card = _named(row, cards)
    return _by_size(row) if card is None else _at_item(row, card, dataset)


class Worded(NamedTuple):
    """A card, the words for its model (letters and digits alone), and its kind of work."""

    words: tuple[str, ...]
    card: ModelCard
    work: Work


def worded(models: Iterable[BenchmarkModel], cards: Mapping[str, ModelCard]) -> tuple[Worded, ...]:
    """Every card but a language model's, by the words of benchmarks and by its own name."""
    words: dict[str, list[str]] = {
        name: [
            name.rpartition("/")[2].partition(".")[0]
            if name.startswith("timm/")
            else name.rpartition("/")[2]
        ]
        for name, card in cards.items()
    }
    for model in models:
        words[model.card] += model.match
    return tuple(
        Worded(tuple(map(_letters, of_card)), cards[name], WORK[cards[name].kind])
        for name, of_card in words.items()
        if WORK[cards[name].kind] != "llm"
    )


def _at_item(row: Row, card: ModelCard, dataset: Dataset | None) -> Model:
    """The card with the FLOPs of the row's item and its steps of denoising."""
    part = _part_of_item(row, card.item)
    steps, doubt = card.steps, 1.0
    if steps:
        stated = row.denoising_steps or (dataset and dataset.steps)
        steps, doubt = stated or steps, 1.0 if stated else STEPS_BY_CUSTOM
    at_item = msgspec.structs.replace(
        card,
        name=row.model,
        kind=row.kind,
        steps=steps,
        flops_per_item=card.flops_per_item and card.flops_per_item * part,
        extra_flops_per_item=card.extra_flops_per_item and card.extra_flops_per_item * part,
    )
    return Model(at_item, True, doubt)


def _named(row: Row, cards: Iterable[Worded]) -> ModelCard | None:
    """The model whose word is the longest of those in the name, letters and digits alone."""
    name = _letters(row.model)
    found = [
        (len(word), one.card)
        for one in cards
        if one.work == WORK[row.kind]
        for word in one.words
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
        return Model(card, False, SHAPE_BY_SIZE)
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
        return Model(card, False, SHAPE_BY_SIZE)
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
    return Model(msgspec.structs.replace(card, flops_per_item=flops), False, doubt)


def _image(pixels: float) -> str:
    side = round(pixels**0.5)
    return f"one image of {side}x{side}"

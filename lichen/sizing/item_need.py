"""What one item takes of a model that is not a language model: passes, bytes, operations.

An item is a text, an image, 30 seconds of speech, or a picture to be made. Speech runs its encoder
once and its decoder token by token; diffusion one pass for each denoising step, and its text
encoder and autoencoder once.
"""

from __future__ import annotations

import re
from math import inf
from typing import NamedTuple

from lichen.catalogue.schema import Work
from lichen.sizing.answers import Misfit
from lichen.workload import ModelCard

TEXT_TOKENS = 100
"""Tokens of text in 30 seconds of speech: 150 words a minute, four tokens for three words. Books
read aloud have 70 (LibriSpeech, datasets.csv)."""
CONVOLUTIONS = 5.0
"""Convolutions that take as many launches as one block of a transformer: a block is some twelve
kernels, a convolution with its norm and activation two or three."""
USUAL_CONVOLUTIONS = 60
"""Of a network whose layers nobody counts: ResNet-50 has 53, YOLOv8 64, EfficientNet-B0 81."""
USUAL_SIDE, USUAL_DIFFUSION_SIDE = 224, 1024
USUAL_STEPS = 28
"""Of denoising: what FLUX.1 and Stable Diffusion 3 are published with."""
FLOPS_PER_PARAMETER_AND_PIXEL = 7e-3
"""ResNet-50 6.4e-3, ViT-B/16 8.1e-3, YOLOv8m 7.4e-3, SAM ViT-H 8.9e-3, EfficientNet-B0 3e-3
(benchmark_models.csv)."""
PIXELS_PER_TOKEN = 256.0
"""A latent diffusion transformer reads one token for 16 x 16 pixels."""
FRAMES = 750.0
"""Frames that meet every weight of a speech encoder in 30 seconds: 375 (FastConformer) to 1,500
(Whisper, wav2vec 2.0)."""


class ItemNeed(NamedTuple):
    """Of one pass over a batch: ``passes`` through the network, ``layers`` in blocks of a
    transformer, ``read_bytes`` of weights. Of each item: ``flops``, ``activation_bytes`` that its
    layers hand on, and ``text_cache_bytes`` that its decoder reads, over all tokens."""

    passes: float
    layers: float
    read_bytes: float
    flops: float
    activation_bytes: float = 0.0
    text_cache_bytes: float = 0.0


def item_need(
    card: ModelCard, work: Work, bits: float, number_bytes: float, tokens: int | None
) -> ItemNeed | Misfit:
    """What one item takes, its weights at ``bits`` each and its activations at ``number_bytes``.

    ``tokens`` are those of a text, or those that a speech model writes; left out, the longest text
    and :data:`TEXT_TOKENS`. A Misfit names the fields of the card that a formula lacks.
    """
    flops = item_flops(card, work, tokens)
    if isinstance(flops, Misfit):
        return flops
    layers = blocks(card, work)
    weights = card.parameters * bits / 8
    moved = activations(card, work, flops, tokens) * number_bytes
    if work == "diffusion":
        steps = float(card.steps or USUAL_STEPS)
        once = card.extra_flops_per_item or 0.0
        # A step reads the network that it runs; text encoder and image decoder are read once.
        step = weights * min(1.0, (card.matmul_parameters_per_token or inf) / card.parameters)
        read = steps * step + weights - step
        return ItemNeed(steps, steps * layers, read, steps * flops + once)
    if work == "speech" and card.decoder_flops_per_token:
        return _with_decoder(card, layers, weights, moved, flops, float(tokens or TEXT_TOKENS))
    if work == "encoder" and card.matmul_parameters_per_token:
        weights *= min(1.0, card.matmul_parameters_per_token / card.parameters)
    return ItemNeed(1.0, layers, weights, flops, moved)


def _with_decoder(
    card: ModelCard, layers: float, weights: float, moved: float, flops: float, tokens: float
) -> ItemNeed:
    """The encoder once, the decoder and its cross attention for each token."""
    each = card.decoder_flops_per_token or 0.0
    cross = card.cross_kv_bytes or 0.0
    below = float(card.decoder_layers or 0)
    # A weight is two operations a token, and so is an element of the cache, of two bytes.
    decoder = weights * max(0.0, each - cross) / (2.0 * card.parameters)
    return ItemNeed(
        passes=1.0 + tokens,
        layers=max(0.0, layers - below) + tokens * below,
        read_bytes=weights + tokens * decoder,
        flops=flops + tokens * each,
        activation_bytes=moved,
        text_cache_bytes=tokens * cross,
    )


def item_flops(card: ModelCard, work: Work, tokens: int | None) -> float | Misfit:
    """FLOPs of one pass over one item: the card's own figure, or an encoder's from its layers and
    tokens.

    An encoder: two for each parameter that a token is multiplied with, else ``2 x 12 x layers x
    hidden^2`` (embeddings are looked up, not multiplied), and ``4 x layers x hidden`` per pair of
    tokens.
    """
    if card.flops_per_item:
        return card.flops_per_item
    if work != "encoder":
        return usual_flops(card, work)
    tokens = tokens or card.max_context_tokens
    if not (card.layers and card.hidden and tokens):
        fields = ("layers", "hidden", "max_context_tokens")
        lacking = " and ".join(field for field in fields if getattr(card, field) is None)
        return Misfit("card", f"{card.name} does not say {lacking} (or flops_per_item)")
    multiplied = card.matmul_parameters_per_token or 12.0 * card.layers * card.hidden**2
    return tokens * (2.0 * multiplied + 4.0 * card.layers * card.hidden * tokens)


def usual_flops(card: ModelCard, work: Work) -> float:
    """FLOPs of one pass by the usual proportion of the kind. Of 90 vision models whose FLOPs are
    known four in five are at 0.53 to 1.32 times this."""
    if work == "vision":
        return card.parameters * FLOPS_PER_PARAMETER_AND_PIXEL * pixels_of(card.item)
    if work == "diffusion":
        side = float(USUAL_DIFFUSION_SIDE**2) if not card.item else pixels_of(card.item)
        return 2.0 * card.parameters * side / PIXELS_PER_TOKEN
    return 2.0 * card.parameters * FRAMES


def blocks(card: ModelCard, work: Work) -> float:
    """Layers in blocks of a transformer, which is what a launch costs go by."""
    if work == "diffusion" and not card.layers:
        # FLUX.1 has 57 for 11.9e9 parameters; depth and width grow together.
        return max(12.0, 57.0 * float((card.parameters / 11.9e9) ** (1.0 / 3.0)))
    if card.hidden or work in ("encoder", "diffusion"):
        return float(card.layers or 12)
    return (card.layers or USUAL_CONVOLUTIONS) / CONVOLUTIONS


def activations(card: ModelCard, work: Work, flops: float, tokens: int | None) -> float:
    """Numbers that layers hand on for one item.

    A transformer's block writes some ten times its width for each token, and its heads one number
    for each pair of tokens. Of an image, ``0.45 x pixels^0.425 x multiply-adds^0.575``: the line
    through 1,441 models and sizes of the timm table, of which four in five are within a factor
    of 1.8.
    """
    if work == "vision":
        pixels = pixels_of(card.item)
        return float(0.446 * pixels**0.425 * (flops / 2.0) ** 0.575)
    if work in ("encoder", "speech") and card.layers and card.hidden:
        heads = card.heads or card.hidden / 64.0
        layers = float(card.layers - (card.decoder_layers or 0))
        # Frames of speech: as many as its FLOPs say that the weights are met by.
        length = flops / (24.0 * layers * card.hidden * card.hidden)
        if work == "encoder":
            length = float(tokens or card.max_context_tokens or 512)
        return layers * length * (10.0 * card.hidden + heads * length)
    return 0.0


def pixels_of(item: str) -> float:
    """Pixels of the image that a card's FLOPs are of; of 224 x 224 where it does not say."""
    side = re.search(r"(\d+)x(\d+)", item)
    if side is None:
        return float(USUAL_SIDE * USUAL_SIDE)
    return float(side[1]) * float(side[2])

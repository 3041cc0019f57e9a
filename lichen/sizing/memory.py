"""Does it fit: weights, all experts too, the cache of what is in flight, what a stack keeps."""

from __future__ import annotations

import math

from lichen.catalogue.schema import Kind, ServingStack
from lichen.sizing.hardware import Chips
from lichen.sizing.need import GIB, Need

ACTIVATION_SHARE = 0.05
"""Buffers beside the weights, as a share of them; EcoLogits allows 20 % for these and the cache."""

LARGEST_SHARD_GIB = 5e9 / GIB
"""A checkpoint's files are at most this large: the default of ``save_pretrained`` (Hugging Face,
Transformers documentation, "Instantiate a big model")."""


def host_needed_gib(need: Need, kind: Kind) -> float:
    """Host memory that loading takes at the least. Weights pass through it file by file on their
    way to an accelerator; the Neuron stacks keep all of them there until they are on its cores
    (AWS's card of CodeLlama 7B: an inf2.xlarge with 16 GiB has just enough for 12.6 GiB).
    """
    weights = need.weight_bytes / GIB
    return weights if kind == "neuron" else min(weights, LARGEST_SHARD_GIB)


SERVERLESS_FACTOR, SERVERLESS_GIB = 1.5, 1.0
"""Beside the weights a copy is kept while they load, and the program takes a GiB (assumed)."""


def serverless_gib(need: Need) -> float:
    """Memory of a serverless container, each of which answers one request at a time."""
    return need.weight_bytes / GIB * SERVERLESS_FACTOR + SERVERLESS_GIB


def available_gib(chips: Chips, stack: ServingStack) -> float:
    """What the stack leaves to weights, cache and buffers."""
    return max(0.0, chips.memory_gib * stack.memory_share - stack.reserve_gib * reserves(chips))


def reserves(chips: Chips) -> float:
    """How many times a stack keeps its reserve on the chips of a copy; cores of one Neuron chip
    divide it among them, as they divide its memory."""
    return chips.count if chips.kind == "neuron" else max(1.0, chips.count)


def needed_gib(need: Need, batch: float, context: float, degree: float) -> float:
    """Weights, buffers and the cache of ``batch`` sequences of ``context`` tokens, on a copy that
    is split over ``degree`` chips or cores."""
    weights = need.weight_bytes * (1.0 + ACTIVATION_SHARE)
    return (weights + batch * need.kv_bytes(context, degree)) / GIB


def most_sequences(need: Need, chips: Chips, stack: ServingStack, context: float) -> float:
    """Sequences that memory and the stack's own limit allow at once; 0 where not even one fits."""
    free = available_gib(chips, stack) - needed_gib(need, 0.0, 0.0, chips.degree)
    if free < 0:
        return 0.0
    each = need.kv_bytes(context, chips.degree) / GIB
    if each <= 0:
        return float(stack.most_sequences)
    return float(min(math.floor(free / each), stack.most_sequences))

"""Does it fit: weights, all experts too, the cache of what is in flight, what a stack keeps."""

from __future__ import annotations

import math

from lichen.sizing.coefficients import Stack
from lichen.sizing.hardware import Rig
from lichen.sizing.need import GIB, Need

ACTIVATION_SHARE = 0.05
"""Buffers beside the weights, as a share of them; EcoLogits allows 20 % for these and the cache."""


def available_gib(rig: Rig, stack: Stack) -> float:
    """What the stack leaves to weights, cache and buffers."""
    return max(0.0, rig.memory_gib * stack.memory_share - stack.reserve_gib * max(1.0, rig.chips))


def held_gib(need: Need, batch: float, context: float) -> float:
    """Weights, buffers and the cache of ``batch`` sequences of ``context`` tokens."""
    weights = need.weight_bytes * (1.0 + ACTIVATION_SHARE)
    return (weights + batch * need.kv_bytes(context)) / GIB


def most_sequences(need: Need, rig: Rig, stack: Stack, context: float) -> float:
    """Sequences that memory and the stack's own limit allow at once; 0 where not even one fits."""
    free = available_gib(rig, stack) - held_gib(need, 0.0, 0.0)
    if free < 0:
        return 0.0
    each = need.kv_bytes(context) / GIB
    if each <= 0:
        return float(stack.most_sequences)
    return float(min(math.floor(free / each), stack.most_sequences))


def fewest_chips(need: Need, rig: Rig, stack: Stack, context: float) -> float:
    """Chips of this rig's kind that hold the weights and one sequence; infinite where none do."""
    per_chip = rig.memory_gib / rig.chips * stack.memory_share - stack.reserve_gib
    if per_chip <= 0:
        return math.inf
    return held_gib(need, 1.0, context) / per_chip

"""Shapes that a stack compiles: it runs no other batch, sequence or prompt than these.

Powers of two, as AWS's and Hugging Face's tools compile them: NxD Inference makes buckets of 128
tokens of a prompt and of each power of two above (aws-neuron-sdk, nxd-inference, feature guide),
and optimum-neuron keeps models compiled for batches of 1, 4, 8, 16, 32 and 48 (Hugging Face,
aws-neuron/optimum-neuron-cache). A whole sequence has 512 tokens at the least.
"""

from __future__ import annotations

import math

from lichen.catalogue.schema import ServingStack

SHORTEST_TOKENS, SHORTEST_SEQUENCE = 128, 512
"""Of a prompt or a text, and of a prompt with its answer."""
BATCHES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 48.0, 64.0)
"""What is compiled; above 64, powers of two."""


def bucket(tokens: float, most: float = math.inf, least: float = SHORTEST_TOKENS) -> float:
    """The compiled length for a sequence, text or prompt of ``tokens``, at least ``least``; a
    model's own longest, ``most``, is the last."""
    length = max(float(least), _power_of_two(tokens))
    return max(tokens, min(length, most))


def read_tokens(stack: ServingStack, tokens: float) -> float:
    """Tokens that a stack reads of a prompt: with compiled shapes, it is padded to its bucket."""
    return bucket(tokens) if stack.static_shapes and tokens > 0 else tokens


def batch_for(sequences: float) -> float:
    """The smallest compiled batch that holds so many."""
    return next((batch for batch in BATCHES if batch >= sequences), _power_of_two(sequences))


def batch_within(room: float) -> float:
    """The largest compiled batch that there is room for; 0 for none."""
    return (batches(room) or [0.0])[-1]


def batches(room: float) -> list[float]:
    """Every compiled batch that there is room for, the smallest first."""
    if room < 1.0:
        return []
    larger = range(int(math.log2(BATCHES[-1])) + 1, int(math.log2(room)) + 1)
    return [*(batch for batch in BATCHES if batch <= room), *(2.0**power for power in larger)]


def _power_of_two(least: float) -> float:
    return 2.0 ** math.ceil(math.log2(max(1.0, least)))

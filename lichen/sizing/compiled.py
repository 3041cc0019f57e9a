"""Shapes that a stack compiles: it runs no other batch, sequence or prompt than these.

Powers of two, as AWS's and Hugging Face's tools compile them: NxD Inference makes buckets of 128
tokens and of each power of two above (aws-neuron-sdk, nxd-inference, feature guide), and
optimum-neuron keeps models compiled for batches of 1, 4, 8, 16 and 32 (Hugging Face,
aws-neuron/optimum-neuron-cache).
"""

from __future__ import annotations

import math

from lichen.catalogue.schema import ServingStack

SHORTEST_TOKENS = 128


def bucket(tokens: float, most: float = math.inf) -> float:
    """The compiled length for a sequence or prompt of ``tokens``; a model's own longest, ``most``,
    is the last."""
    length = max(float(SHORTEST_TOKENS), _power_of_two(tokens))
    return max(tokens, min(length, most))


def read_tokens(stack: ServingStack, tokens: float) -> float:
    """Tokens that a stack reads of a prompt: with compiled shapes, it is padded to its bucket."""
    return bucket(tokens) if stack.static_shapes and tokens > 0 else tokens


def batch_for(sequences: float) -> float:
    """The smallest compiled batch that holds so many."""
    return _power_of_two(sequences)


def batch_within(room: float) -> float:
    """The largest compiled batch that there is room for; 0 for none."""
    return 2.0 ** math.floor(math.log2(room)) if room >= 1.0 else 0.0


def batches(room: float) -> list[float]:
    """Every compiled batch that there is room for, the smallest first."""
    return [2.0**power for power in range(int(math.log2(room)) + 1)] if room >= 1.0 else []


def _power_of_two(least: float) -> float:
    return 2.0 ** math.ceil(math.log2(max(1.0, least)))

"""Text Embeddings Inference: encoders and rerankers on processors of both kinds, and on GPUs."""

from __future__ import annotations

import math

from lichen_components.servers.container import (
    MODEL_DIRECTORY,
    OFFLINE,
    Container,
    Decision,
)

SERVER = "tei"

START_S = 600
"""How long loading may take (design choice)."""
_TYPES = {"fp16": "float16", "fp32": "float32"}
"""What it calls the precisions (huggingface/text-embeddings-inference, README, --dtype)."""


def serve(decision: Decision) -> Container:
    """The container of an encoder or a reranker."""
    sizing = decision.sizing
    options = {
        "model-id": MODEL_DIRECTORY,
        "dtype": _TYPES[decision.precision],
        # What waits beyond that is answered with 429 at once, so that scaling sees it.
        "max-concurrent-requests": str(max(64, 8 * math.ceil(sizing.prediction.concurrency))),
    }
    return Container(server=SERVER, options=options, environment=OFFLINE, start_s=START_S)

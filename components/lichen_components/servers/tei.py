"""Text Embeddings Inference: encoders and rerankers, on processors and on GPUs."""

from __future__ import annotations

from lichen.sizing.waiting import concurrency_of
from lichen_components.servers.container import MODEL_DIRECTORY, OFFLINE, Container, Decision

SERVER = "tei"
"""Its name in makes.csv."""

START_S = 900
"""How long loading may take (design choice)."""

_TYPES = {"fp16": "float16", "fp32": "float32"}


def serve(decision: Decision) -> Container:
    """The container of an encoder or a reranker (huggingface/text-embeddings-inference 0d124dc,
    ``router/src/main.rs``)."""
    options = {
        "model-id": MODEL_DIRECTORY,
        "served-model-name": decision.card.name,
        "dtype": _TYPES[decision.precision],
        # Beyond what is in flight within the bounds a request is refused, not queued.
        "max-concurrent-requests": str(max(512, 4 * concurrency_of(decision.sizing))),
        "auto-truncate": "true",
    }
    return Container(server=SERVER, options=options, environment=OFFLINE, start_s=START_S)

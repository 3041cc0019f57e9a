"""vLLM on NVIDIA GPUs: the copies of the model and their layout over the machine's chips agree."""

from __future__ import annotations

import math

from lichen_components.servers.container import (
    DATA_TYPES,
    MODEL_DIRECTORY,
    OFFLINE,
    Container,
    Decision,
)

SERVER = "vllm"
"""Its name in makes.csv and images.csv."""

START_S = 1800
"""How long loading and compiling may take (design choice)."""


def serve(decision: Decision) -> Container:
    """The container of a language model on NVIDIA GPUs.

    Each copy of the model is spread over ``chips / copies`` chips of the machine. vLLM reads the
    precision of quantised weights from their files.
    """
    sizing, copies = decision.sizing, decision.sizing.prediction.copies
    options = {
        "model": MODEL_DIRECTORY,
        # What clients name; without it they would have to name the directory.
        "served-model-name": decision.card.name,
        "tensor-parallel-size": str(max(1, round(sizing.chips_per_replica / copies))),
        "max-num-seqs": str(math.ceil(sizing.prediction.concurrency / copies)),
        # As sized: the server does not start where one such request does not fit.
        "max-model-len": str(sizing.longest_tokens),
        "dtype": DATA_TYPES.get(decision.precision, "auto"),
    }
    if decision.precision == "fp8-kv8":
        options["kv-cache-dtype"] = "fp8"
    if copies > 1:
        options["data-parallel-size"] = str(copies)
    return Container(server="vllm", options=options, environment=OFFLINE, start_s=START_S)

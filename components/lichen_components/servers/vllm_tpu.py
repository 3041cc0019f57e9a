"""vLLM on TPUs: copies over the chips of one host, compiled by XLA at the first start."""

from __future__ import annotations

import math

from lichen_components.servers.container import MODEL_DIRECTORY, OFFLINE, Container, Decision

SERVER = "vllm-tpu"

START_S = 3600
"""How long loading and compiling may take: Google's own reference waits longer still."""


def serve(decision: Decision) -> Container:
    """The container of a language model on a TPU host."""
    sizing, copies = decision.sizing, decision.sizing.prediction.copies
    each = max(1, round(sizing.chips_per_replica / copies))
    # A v7x chip is two devices (AI-Hypercomputer/tpu-recipes, inference/ironwood).
    devices = 2 * each if (decision.machine.accelerator or "").endswith("v7x") else each
    options = {
        "model": MODEL_DIRECTORY,
        "served-model-name": decision.card.name,
        "tensor-parallel-size": str(devices),
        "max-num-seqs": str(math.ceil(sizing.prediction.concurrency / copies)),
        "max-model-len": str(sizing.longest_tokens),
        "dtype": "bfloat16",
    }
    if copies > 1:
        options["data-parallel-size"] = str(copies)
    # Compiled programs are kept on the machine's own disk: a new machine compiles again.
    environment = {**OFFLINE, "VLLM_XLA_CACHE_PATH": "/mnt/cache"}
    return Container(server=SERVER, options=options, environment=environment, start_s=START_S)

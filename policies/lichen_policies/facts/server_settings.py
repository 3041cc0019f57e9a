"""Settings that a server of models reads and no client of one does.

Sources: vLLM documentation, "Environment variables" and "Engine arguments".
"""

from __future__ import annotations

from collections.abc import Container, Iterable

OF_VLLM = (
    "VLLM_ATTENTION_BACKEND",
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN",
    "VLLM_WORKER_MULTIPROC_METHOD",
    "VLLM_USE_V1",
)

ARGUMENTS_OF_VLLM = (
    "--gpu-memory-utilization",
    "--max-model-len",
    "--max-num-batched-tokens",
    "--max-num-seqs",
)


def is_of_vllm(settings: Container[str] | None, arguments: Iterable[str]) -> bool:
    """Whether settings or arguments are among those that vLLM alone reads."""
    named = {word.partition("=")[0].replace("_", "-") for word in arguments}
    return not named.isdisjoint(ARGUMENTS_OF_VLLM) or any(
        name in (settings or ()) for name in OF_VLLM
    )

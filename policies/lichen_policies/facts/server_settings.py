"""Settings that a server of models reads and no client of one does.

Source: vLLM documentation, "Environment variables".
"""

from __future__ import annotations

OF_VLLM = (
    "VLLM_ATTENTION_BACKEND",
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN",
    "VLLM_WORKER_MULTIPROC_METHOD",
    "VLLM_USE_V1",
)

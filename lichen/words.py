"""The closed vocabularies, once: every other module imports these names from here."""

from __future__ import annotations

from typing import Literal

Precision = Literal["fp32", "bf16", "fp16", "fp8", "int8", "mxfp4", "int4"]
Mode = Literal["real-time", "asynchronous", "batch", "serverless"]
Environment = Literal["dev", "staging", "prod"]
Objective = Literal["carbon", "cost", "balanced"]

BITS: dict[Precision, float] = {
    "fp32": 32,
    "bf16": 16,
    "fp16": 16,
    "fp8": 8,
    "int8": 8,
    "mxfp4": 4.25,
    "int4": 4,
}
"""Bits that one weight takes, block scales not counted."""

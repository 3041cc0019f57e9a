"""The closed vocabularies, once: every other module imports these names from here."""

from __future__ import annotations

from typing import Literal

Precision = Literal["fp32", "bf16", "fp16", "fp8", "int8", "mxfp4", "int4"]
Mode = Literal["real-time", "asynchronous", "batch", "serverless"]
Environment = Literal["dev", "staging", "prod"]
Objective = Literal["carbon", "cost", "balanced"]
WayOfBuying = Literal["on-demand", "spot", "flex-start", "capacity-block", "reservation"]
"""How a machine can be bought: at once and for as long as needed; spare capacity that may be taken
back at any time (spot); for a few days when it becomes free (flex-start); for days or weeks booked
ahead (capacity block); or reserved by contract."""

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

"""The closed vocabularies, once: every other module imports these names from here."""

from __future__ import annotations

from typing import Literal

Precision = Literal[
    "fp32", "bf16", "fp16", "fp8", "fp8-kv8", "int8", "mxfp4", "nvfp4", "int4", "awq", "gptq",
    "q8_0", "q6_k", "q5_k_m", "q4_k_m", "q4_0",
]  # fmt: skip
"""What weights are stored in; ``fp8-kv8`` has its cache in 8 bits too. precisions.csv says how many
bits each takes, and in what it is computed."""

Mode = Literal["real-time", "asynchronous", "batch", "serverless"]
Environment = Literal["dev", "staging", "prod"]
Architecture = Literal["arm64", "x86_64"]
"""A processor's instructions, as the catalogue names them."""
Objective = Literal["carbon", "cost", "balanced"]
WayOfBuying = Literal["on-demand", "spot", "flex-start", "capacity-block", "reservation"]
"""How a machine can be bought: at once and for as long as needed; spare capacity that may be taken
back at any time (spot); for a few days when it becomes free (flex-start); for days or weeks booked
ahead (capacity block); or reserved by contract."""

"""What the catalogue calls an accelerator that Google names.

Source: Google Cloud, Compute Engine documentation, "GPU machine types"; Vertex AI API, the words of
``AcceleratorType``.
"""

from __future__ import annotations

from lichen_policies.facts.machine import bare
from lichen_policies.facts.unknown import Maybe

_GPUS = {
    "tesla-t4": "NVIDIA T4",
    "l4": "NVIDIA L4",
    "tesla-v100": "NVIDIA V100 SXM2 16GB",
    "tesla-a100": "NVIDIA A100 SXM4 40GB",
    "a100-80gb": "NVIDIA A100 SXM4 80GB",
    "h100-80gb": "NVIDIA H100 SXM 80GB",
    "h100-mega-80gb": "NVIDIA H100 SXM 80GB",
    "h200-141gb": "NVIDIA H200 SXM 141GB",
    "b200": "NVIDIA B200",
    "gb200": "NVIDIA GB200",
    "rtx-pro-6000": "NVIDIA RTX PRO 6000 Blackwell SE",
}


def gpu_named(name: Maybe[str]) -> str | None:
    """The catalogue's chip of ``nvidia-l4`` or ``NVIDIA_L4``; None where it has none."""
    last = bare(name)
    if not isinstance(last, str):
        return None
    return _GPUS.get(last.lower().replace("_", "-").removeprefix("nvidia-"))

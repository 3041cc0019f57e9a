"""The accelerators that a container of ECS or of Batch asks for."""

from __future__ import annotations

from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, is_unknown

CHIP = "NVIDIA GPU"
_KIND = "GPU"
"""ECS and Batch give out no other accelerators than NVIDIA's. Source: AWS Batch API,
``ResourceRequirement``; Amazon ECS Developer Guide, "Working with GPUs on Amazon ECS"."""


def gpus_of(container: Properties) -> Maybe[float]:
    """How many GPUs a container asks for; None for none."""
    total = 0.0
    for asked in container.blocks("resource_requirements"):
        kind = asked.text("type")
        if kind != _KIND and not is_unknown(kind):
            continue
        number = asked.number("value")
        if is_unknown(kind) or is_unknown(number):
            return kind if is_unknown(kind) else number
        total += number or 0
    return total or None

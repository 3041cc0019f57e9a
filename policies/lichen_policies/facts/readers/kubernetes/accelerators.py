"""Accelerators as a container asks for them, by the names that device plugins give them.

Sources: NVIDIA, "Multi-Instance GPU User Guide", Supported MIG Profiles (``mig-1g.5gb`` is one of
seven slices; an A30 and an RTX PRO 6000 have four); AWS Neuron documentation, "Neuron device plugin
for Kubernetes" and "Logical NeuronCore configuration" (cores of a chip as containers see them);
GKE documentation, "About GPU sharing strategies"; the device plugins of AMD, Google and Intel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

CHIPS: Mapping[str, str] = {
    "nvidia.com/gpu": "NVIDIA GPU",
    "amd.com/gpu": "AMD GPU",
    "google.com/tpu": "Google TPU",
    "aws.amazon.com/neuron": "AWS Neuron",
    "aws.amazon.com/neurondevice": "AWS Neuron",
    "habana.ai/gaudi": "Intel Gaudi",
}
"""What one of each resource is, of those that are whole chips."""

SHARED = frozenset({"nvidia.com/gpu.shared", "amd.com/gpu.shared"})
"""Shares of a chip of a size that only the cluster knows."""

CORES = "aws.amazon.com/neuroncore"
_CORES_OF_CHIP = {"inf1": 4, "inf2": 2, "trn1": 2, "trn1n": 2, "trn2": 4, "trn2u": 4}
_SLICE = re.compile(r"(?P<slices>\d)g\.(?P<gb>\d{1,4})gb")
_MIG = "nvidia.com/mig-"
_SLICES = 7
_QUARTERS_GB = {6, 24}
"""Memory of one slice, in GB, of the chips that have four and not seven."""


def is_accelerator(resource: str) -> bool:
    return resource in CHIPS or resource in SHARED or resource == CORES or resource.startswith(_MIG)


def chip_of(resource: str) -> str:
    """What one of a resource is, or is a part of."""
    if resource == CORES:
        return "AWS Neuron"
    return CHIPS.get(resource, "AMD GPU" if resource.startswith("amd.") else "NVIDIA GPU")


def part_of_chip(resource: str, machine: str | None) -> float | None:
    """How much of a chip one of a resource is; None where only the cluster knows."""
    if resource in CHIPS:
        return 1.0
    if resource == CORES:
        return 1 / _CORES_OF_CHIP.get((machine or "").partition(".")[0], 2)
    return part_of_gpu(resource.removeprefix(_MIG)) if resource.startswith(_MIG) else None


def part_of_gpu(profile: str) -> float | None:
    """How much of a GPU a profile of Multi-Instance GPU is: a seventh for ``1g.5gb``."""
    match = _SLICE.match(profile)
    if match is None:
        return None
    slices = int(match["slices"])
    gb_of_slice = int(match["gb"]) / slices if slices else 0
    return slices / (4 if gb_of_slice in _QUARTERS_GB else _SLICES)

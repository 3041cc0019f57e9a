"""Accelerators as a container asks for them: what one of a resource is.

Sources: devices.csv has the resources, each with its own; AWS Neuron documentation, "Logical
NeuronCore configuration" (cores of a chip as containers see them); NVIDIA, "Multi-Instance GPU User
Guide", Supported MIG Profiles (an A30 and an RTX PRO 6000 have four slices, others seven); GKE
documentation, "About GPU sharing strategies".
"""

from __future__ import annotations

import re

from lichen_policies.facts.devices import devices

_CORES = "aws.amazon.com/neuroncore"
_CORES_OF_CHIP = {"inf1": 4, "inf2": 2, "trn1": 2, "trn1n": 2, "trn2": 4, "trn2u": 4}
_SLICE = re.compile(r"(?P<slices>\d)g\.(?P<gb>\d{1,4})gb")
_MIG = "nvidia.com/mig-"
"""Profiles that are newer than the table are read by their names."""
_SLICES = 7
_QUARTERS_GB = {6, 24}
"""Memory of one slice, in GB, of the chips that have four and not seven."""


def is_accelerator(resource: str) -> bool:
    """Whether a resource is an accelerator, or a part of one, of a maker whose chips are known."""
    row = devices().get(resource)
    if row is None:
        return resource.startswith(_MIG)
    return bool(row.chip) and row.counts != "amounts"


def chip_of(resource: str) -> str:
    """What one of a resource is, or is a part of."""
    row = devices().get(resource)
    return (row.chip if row else None) or "NVIDIA GPU"


def part_of_chip(resource: str, machine: str | None) -> float | None:
    """How much of a chip one of a resource is; None where only the cluster knows."""
    if resource == _CORES:
        return 1 / _CORES_OF_CHIP.get((machine or "").partition(".")[0], 2)
    row = devices().get(resource)
    if row is None:
        return part_of_gpu(resource.removeprefix(_MIG)) if resource.startswith(_MIG) else None
    return row.part


def part_of_gpu(profile: str) -> float | None:
    """How much of a GPU a profile of Multi-Instance GPU is: a seventh for ``1g.5gb``."""
    match = _SLICE.match(profile)
    if match is None:
        return None
    slices = int(match["slices"])
    gb_of_slice = int(match["gb"]) / slices if slices else 0
    return slices / (4 if gb_of_slice in _QUARTERS_GB else _SLICES)

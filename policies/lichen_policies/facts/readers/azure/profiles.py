"""Azure Container Apps' workload profiles, by their types' names.

Source: Microsoft Learn, "Workload profiles in Azure Container Apps": machines with GPUs of an
environment's own are ``NC24-A100``, ``NC48-A100`` and ``NC96-A100``; by the replica there are
``Consumption-GPU-NC24-A100`` and ``Consumption-GPU-NC8as-T4``.
"""

from __future__ import annotations

import re

import msgspec

HOSTING = "container-apps"
"""A name without a row: no price is known."""

BY_THE_REPLICA = "Consumption"
"""How the types begin whose machines start and stop with an app's replicas."""

_TYPE = re.compile(r"^(?:Consumption-GPU-)?NC(?P<vcpus>\d{1,4})(?:as)?-(?P<chip>A100|T4)$")
_CHIPS = {
    "A100": ("NVIDIA A100 PCIe 80GB", 24, "Standard_NC{}ads_A100_v4"),
    "T4": ("NVIDIA T4", 8, "Standard_NC{}as_T4_v3"),
}


class Accelerated(msgspec.Struct, frozen=True):
    """What a profile of accelerators runs: so many chips a machine, which is like a size."""

    chip: str
    chips: float
    machine: str


def accelerated(kind: str) -> Accelerated | None:
    """What a type of profile runs; None where it has no accelerators."""
    match = _TYPE.match(kind)
    if match is None:
        return None
    chip, vcpus_each, machine = _CHIPS[match["chip"]]
    return Accelerated(chip, int(match["vcpus"]) / vcpus_each, machine.format(match["vcpus"]))

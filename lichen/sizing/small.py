"""Small models on hostings without machines of one's own: memory, processors, cold seconds."""

from __future__ import annotations

import math

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.sizing.start_up import start_of, start_s

MIB = 1024.0**2
RUNTIME_MIB = 1024.0
"""A server and its libraries beside the weights (assumed)."""
WEIGHTS_TIMES = 1.5
"""Weights and what is computed from them, over the weights (assumed)."""
SYSTEM_SHARE = 0.075
"""Of a machine's memory, what its system takes: an inf2.xlarge of 16 GiB shows 14,162 MiB for 58
pods (aws-neuron-sdk, Kubernetes); of other machines assumed."""


def memory_needed_mib(weight_bytes: float) -> float:
    """MiB that a container of a small model takes: 1.5 times its weights, and 1 GiB."""
    return WEIGHTS_TIMES * weight_bytes / MIB + RUNTIME_MIB


def smallest_size(
    catalogue: Catalogue, hosting: str, memory_mib: float, vcpu: float = 0.0
) -> Machine | None:
    """The smallest size that a hosting sells with so much memory and so many vCPU: of its rows of
    machines.csv that with the fewest vCPU, then the least memory; None where it sells none.

    For Fargate it is the valid pair of vCPU and memory, for a function its memory.
    """
    sizes = (
        machine
        for machine in catalogue.machines.values()
        if hosting in machine.hostings
        and machine.vcpu >= vcpu
        and (machine.memory_gib or 0.0) * 1024 >= memory_mib
    )
    return min(sizes, key=lambda size: (size.vcpu, size.memory_gib), default=None)


def cold_s(catalogue: Catalogue, hosting: str, weight_bytes: float) -> float:
    """Seconds that the first request of a new container waits: boot and loading (starts.csv)."""
    return start_s(weight_bytes, start_of(catalogue, hosting))


def allocatable_mib(machine: Machine, pods: int = 58) -> float | None:
    """MiB of a machine that pods may take: without what the node keeps for itself, 255 MiB, 11 MiB
    a pod and 100 MiB before it evicts (awslabs/amazon-eks-ami, kube-reserved), and what its system
    takes before. None where its memory is unknown."""
    if machine.memory_gib is None:
        return None
    return machine.memory_gib * 1024 * (1 - SYSTEM_SHARE) - (255 + 11 * pods + 100)


def pods_of(machine: Machine, memory_mib: float, chips: float = 0.0, pods: int = 58) -> int | None:
    """Pods of ``memory_mib`` and ``chips`` each that a machine holds below what is allocatable; 0
    where not one fits, None where its memory is unknown."""
    room = allocatable_mib(machine, pods)
    if room is None:
        return None
    by_memory = math.floor(room / memory_mib) if memory_mib > 0 else pods
    by_chips = math.floor(machine.accelerators / chips) if chips > 0 else pods
    return max(0, min(by_memory, by_chips, pods))

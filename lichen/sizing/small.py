"""Small models on hostings without machines of one's own: memory, processors, cold seconds."""

from __future__ import annotations

import math

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import ContainerSize, Machine
from lichen.sizing.start_up import start_of, start_s

MIB = 1024.0**2
RUNTIME_MIB = 1024.0
"""A server and its libraries beside the weights (assumed)."""
WEIGHTS_TIMES = 1.5
"""Weights and what is computed from them, over the weights (assumed)."""
MIB_PER_VCPU = 1769.0
"""Memory of a function that comes with one vCPU (AWS Lambda, configure function memory)."""
FUNCTION_STEPS_MIB = (1769, 3008, 5120, 7076, 10240)
"""Sizes of a function worth trying, a vCPU or so apart (design choice)."""


SYSTEM_SHARE = 0.075
"""Of a machine's memory, what its system takes: an inf2.xlarge of 16 GiB shows 14,162 MiB for 58
pods (aws-neuron-sdk, Kubernetes); of other machines assumed."""


class Size(msgspec.Struct, frozen=True):
    """What a container is given: vCPU (None where the hosting gives them with the memory and
    nobody says how many) and MiB."""

    vcpu: float | None
    memory_mib: int


def memory_needed_mib(weight_bytes: float) -> float:
    """MiB that a container of a small model takes: 1.5 times its weights, and 1 GiB."""
    return WEIGHTS_TIMES * weight_bytes / MIB + RUNTIME_MIB


def smallest_size(
    catalogue: Catalogue, hosting: str, memory_mib: float, vcpu: float = 0.0
) -> Size | None:
    """The smallest size of a hosting's container_sizes.csv rows with so much memory and so many
    vCPU; None where it sells none. Of several, that with the fewest vCPU, then the least memory.

    For Fargate it is the valid pair; for serverless inference the memory alone.
    """
    found: list[Size] = []
    for row in catalogue.table("container_sizes", ContainerSize):
        if row.hosting != hosting or memory_mib > row.memory_most_mib:
            continue
        if row.vcpu is not None and row.vcpu < vcpu:
            continue
        above = max(0.0, memory_mib - row.memory_least_mib)
        steps = math.ceil(above / row.memory_step_mib - 1e-9)
        memory = row.memory_least_mib + steps * row.memory_step_mib
        found.append(Size(row.vcpu, min(memory, row.memory_most_mib)))
    return min(found, key=lambda size: (size.vcpu or 0.0, size.memory_mib), default=None)


def function_sizes(weight_bytes: float) -> tuple[Size, ...]:
    """The sizes of a function worth trying that hold the model, the smallest first, with the vCPU
    that come with each; empty where none holds it."""
    needed = memory_needed_mib(weight_bytes)
    return tuple(
        Size(memory / MIB_PER_VCPU, memory) for memory in FUNCTION_STEPS_MIB if memory >= needed
    )


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

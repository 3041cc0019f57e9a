"""The sizes of a task on Fargate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lichen.catalogue.schema import Machine
from lichen.document import InputError

MEMORY_GIB: Mapping[float, Sequence[float]] = {
    1: range(2, 9),
    2: range(4, 17),
    4: range(8, 31),
    8: range(16, 61, 4),
    16: range(32, 121, 8),
}
"""Memory that goes with a number of vCPUs (ECS Developer Guide, "Task CPU and memory")."""

_SMALLEST_DISK_GIB, _LARGEST_DISK_GIB = 21, 200
_FREE_DISK_GIB = 20
"""A task has 20 GiB of disk, and 21 to 200 where it asks for more (RegisterTaskDefinition,
EphemeralStorage)."""

_IMAGE_GIB = 12
"""What is kept for the unpacked image (design choice; AWS's are up to 10 GiB)."""


def check_size(machine: Machine) -> None:
    """:class:`InputError` where Fargate has no task of this size: an own row may name one."""
    memory = machine.memory_gib or 0.0
    if memory not in MEMORY_GIB.get(machine.vcpu, ()):
        allowed = MEMORY_GIB.get(machine.vcpu)
        fix = (
            f"{machine.vcpu:g} vCPU go with {allowed[0]:g} to {allowed[-1]:g} GB"
            if allowed
            else f"a task has {', '.join(f'{vcpu:g}' for vcpu in MEMORY_GIB)} vCPU"
        )
        raise InputError(
            f"{machine.name} has {machine.vcpu:g} vCPU and {memory:g} GB, and Fargate has no such "
            "task",
            fix=fix,
            field="machines.csv",
        )


def disk_gib(files_gib: float) -> int | None:
    """The disk of a task for the image and the model's files; None for what every task has.

    :class:`InputError` where the files are larger than any task's disk.
    """
    needed = files_gib + _IMAGE_GIB
    if needed > _LARGEST_DISK_GIB:
        raise InputError(
            f"the model's files take {files_gib:.0f} GiB, and a task on Fargate has "
            f"{_LARGEST_DISK_GIB} GiB of disk",
            fix="allow sagemaker or ec2 in where.hosting",
            field="workload.where.hosting",
        )
    return None if needed <= _FREE_DISK_GIB else max(_SMALLEST_DISK_GIB, int(needed) + 1)

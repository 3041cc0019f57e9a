"""TPU slices as GKE sells them: machine, topology, chips, machines of a slice; and which to take.

Sources: Google Cloud TPU documentation, "TPU v5e", "TPU v5p", "TPU v6e" and "TPU7x"; GKE
documentation, "Plan TPUs in GKE"; AI-Hypercomputer/xpk 367c838, ``system_characteristics.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from lichen.document import InputError

_TOO_MANY = 4
"""From so many times the need on a slice is refused (design choice)."""

_FLAT = ("2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
_DEEP = ("2x2x2", "2x2x4", "2x4x4", "4x4x4", "4x4x8", "4x8x8", "8x8x8")


class Slice(NamedTuple):
    """Chips in a topology: ``nodes`` machines of ``chips`` each. ``accelerator`` is GKE's label."""

    machine: str
    topology: str
    accelerator: str
    chips: int
    nodes: int

    @property
    def total(self) -> int:
        return self.chips * self.nodes


class _Generation(NamedTuple):
    accelerator: str
    alone: tuple[tuple[str, str], ...]  # machine and topology of a slice of one machine
    together: str  # the machine of the larger slices
    topologies: tuple[str, ...]


GENERATIONS: dict[str, _Generation] = {
    "Google TPU v5e": _Generation(
        "tpu-v5-lite-podslice",
        (("ct5lp-hightpu-1t", "1x1"), ("ct5lp-hightpu-4t", "2x2"), ("ct5lp-hightpu-8t", "2x4")),
        "ct5lp-hightpu-4t",
        _FLAT,
    ),
    "Google TPU v6e": _Generation(
        "tpu-v6e-slice",
        (("ct6e-standard-1t", "1x1"), ("ct6e-standard-4t", "2x2"), ("ct6e-standard-8t", "2x4")),
        "ct6e-standard-4t",
        _FLAT,
    ),
    "Google TPU v5p": _Generation(
        "tpu-v5p-slice", (("ct5p-hightpu-4t", "2x2x1"),), "ct5p-hightpu-4t", _DEEP
    ),
    "Google TPU v7x": _Generation(
        "tpu7x",
        (("tpu7x-standard-1t", "1x1x1"), ("tpu7x-standard-4t", "2x2x1")),
        "tpu7x-standard-4t",
        _DEEP,
    ),
}
"""Chip -> what is sold of it."""


def slices_of(chip: str) -> Iterator[Slice]:
    """Every slice of a chip, those of one machine first."""
    row = GENERATIONS[chip]
    for machine, topology in row.alone:
        yield Slice(machine, topology, row.accelerator, chips_in(topology), 1)
    for topology in row.topologies:
        nodes = chips_in(topology) // 4
        yield Slice(row.together, topology, row.accelerator, 4, nodes)


def slice_of(machine: str, chip: str, topology: str | None) -> Slice:
    """The slice of a machine in a topology, or its own; :class:`InputError` where none is sold."""
    sold = list(slices_of(chip))
    fitting = [
        one
        for one in sold
        if (
            one.machine == machine and one.nodes == 1
            if topology is None
            else one.topology == topology
        )
    ]
    if fitting:
        return min(fitting, key=lambda one: (one.machine != machine, one.nodes))
    if topology is None:
        raise InputError(
            f"{machine} is not a machine of a GKE pool",
            fix="allow in where.machines one of: "
            + ", ".join(dict.fromkeys(one.machine for one in sold)),
            field="workload.where.machines",
        )
    raise InputError(
        f"{chip} is not sold as {topology!r} with {machine}",
        fix="take one of: " + ", ".join(dict.fromkeys(one.topology for one in sold)),
        field="kubernetes.topology",
    )


def check_slice(chosen: Slice, machine: str, chip: str, chip_gib: float, need_gib: float) -> None:
    """:class:`InputError` where a slice does not hold what is needed, or far more than it; or where
    it is another machine than the one that was placed on."""
    need = max(1, math.ceil(need_gib / chip_gib))
    right = min((one for one in slices_of(chip) if one.total >= need), key=_size, default=None)
    if chosen.total < need:
        raise InputError(
            f"{chosen.topology} has {chosen.total} chips of {chip_gib:g} GiB, and the model with "
            f"its cache needs {need_gib:.0f} GiB: {need} chips",
            fix=f"take {_named(right)}" if right else "take another chip: no slice holds it",
            field="kubernetes.topology",
        )
    if right is not None and chosen.total >= _TOO_MANY * need and chosen.total > right.total:
        raise InputError(
            f"{chosen.topology} has {chosen.total} chips, {chosen.total / need:.0f} times what the "
            f"model with its cache needs ({need_gib:.0f} GiB: {need} "
            f"{'chip' if need == 1 else 'chips'})",
            fix=f"take {_named(right)}",
            field="kubernetes.topology",
        )
    if chosen.nodes == 1 and chosen.machine != machine:
        raise InputError(
            f"{chosen.topology} is {chosen.machine}, and the placement is on {machine}",
            fix=f"leave topology out, or pin the machine: {chosen.machine}",
            field="kubernetes.topology",
        )


def chips_in(topology: str) -> int:
    """Chips of a topology: the product of its sides."""
    return math.prod(int(side) for side in topology.split("x"))


def _size(one: Slice) -> tuple[int, int]:
    """Fewest chips; of as many, one machine before several."""
    return one.total, one.nodes


def _named(one: Slice) -> str:
    return f"topology: {one.topology} ({one.nodes} x {one.machine})"

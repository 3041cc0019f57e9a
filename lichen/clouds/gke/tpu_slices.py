"""TPU slices as GKE sells them: machine, topology, chips, machines of a slice.

Sources: Google Cloud TPU documentation, "TPU v5e", "TPU v5p", "TPU v6e" and "TPU7x"; GKE
documentation, "Plan TPUs in GKE"; AI-Hypercomputer/xpk 367c838, ``system_characteristics.py``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

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


def chips_in(topology: str) -> int:
    """Chips of a topology: the product of its sides."""
    return math.prod(int(side) for side in topology.split("x"))

"""Which of the TPU slices that GKE sells to take."""

from __future__ import annotations

import math

from lichen.clouds.gke.tpu_slices import Slice, slices_of
from lichen.document import InputError

_TOO_MANY = 4
"""From so many times the need on a slice is refused (design choice)."""


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


def _size(one: Slice) -> tuple[int, int]:
    """Fewest chips; of as many, one machine before several."""
    return one.total, one.nodes


def _named(one: Slice) -> str:
    return f"topology: {one.topology} ({one.nodes} x {one.machine})"

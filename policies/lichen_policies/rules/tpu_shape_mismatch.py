"""TPU slice whose label, topology, machine or number of chips do not agree.

Why: Google refuses such a pool, or makes one on which the pods stay pending for ever, and the
machines are paid for meanwhile.

Fix: Set the topology, the machine and the number of chips of one line of Google's table, as the
message says.

Exceptions: It only advises: Google adds slices to its table. It judges v5e, v6e, v5p and TPU7x;
others are not judged. Of topologies with three sides it finds those with another number of sides
or of whole machines alone, since larger ones may be of any multiples of four. A pod that names no
TPU by its label, a pool whose nodes are counted over all zones, and the number of nodes of a slice
of one machine are not judged.

Tags: It reads none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen.clouds.gke.tpu_slices import GENERATIONS, Slice, chips_in, slices_of
from lichen_policies.facts import TpuSlice
from lichen_policies.rule import Finding, Known, NotApplicable, Unverified, rule

_TABLE = "one line of the table of slices holds for all (GKE documentation, Plan TPUs in GKE, 2026)"
_TOPOLOGY = re.compile(r"[1-9]\d{0,2}(x[1-9]\d{0,2}){1,2}")
_EARLIER_LABELS = {"tpu-v5-lite-device": "tpu-v5-lite-podslice"}
"""Labels of nodes of one machine that are sold no more under that name."""


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def tpu_shape_mismatch(fact: TpuSlice, known: Known) -> Iterator[Finding]:
    chip = _chip(fact)
    if fact.machine is not None and not _of_machine(chip, fact.machine):
        yield Finding(
            what=f"{fact.accelerator_at} is of {chip}, and {fact.machine_at} is not one of its "
            "machines",
            limit=_TABLE,
            or_else=f"set {fact.machine_at} to one of {_machines(chip)}",
            path=fact.machine_at,
        )
        return
    if fact.topology is not None and not _is_sold(chip, fact.topology):
        flat = [one.topology for one in slices_of(chip)]
        yield Finding(
            what=f"{fact.topology_at} is {fact.topology}, and {chip} has no such slice",
            limit=_TABLE,
            or_else=f"set it to one of {', '.join(dict.fromkeys(flat))}",
            path=fact.topology_at,
        )
        return
    fitting = list(_fitting(chip, fact))
    if not fitting:
        others = dict.fromkeys(
            one.machine for one in _all(chip, fact.topology) if one.topology == fact.topology
        )
        yield Finding(
            what=f"{fact.topology_at} is {fact.topology}, and no slice of {fact.machine} has it",
            limit=_TABLE,
            or_else=f"set {fact.machine_at} to {' or '.join(others)}, or choose another topology",
            path=fact.machine_at,
        )
        return
    yield from _chips(fact, fitting)
    yield from _nodes(fact, fitting)


def _chips(fact: TpuSlice, fitting: list[Slice]) -> Iterator[Finding]:
    """What a pod asks for, beside what one of its nodes has."""
    if fact.chips is None:
        return
    each = sorted({one.chips for one in fitting})
    few = fact.topology is not None or fact.chips > each[-1]
    if fact.chips not in each and few:
        has = " or ".join(map(str, each))
        on = "" if fact.topology is None else f" in the topology {fact.topology}"
        yield Finding(
            what=f"{fact.chips_at} is {fact.chips:g}, and a node of this slice{on} has {has}",
            limit="a pod asks for all chips of its node (GKE documentation, Plan TPUs in GKE, "
            "2026)",
            or_else=f"set it to {has}, or choose another topology",
            path=fact.chips_at,
        )


def _nodes(fact: TpuSlice, fitting: list[Slice]) -> Iterator[Finding]:
    """How many nodes a pool has, beside the machines of its slice."""
    if fact.topology is None or any(one.nodes == 1 for one in fitting):
        return
    machines = fitting[0].nodes
    if fact.nodes is not None and fact.nodes != machines:
        yield Finding(
            what=f"{fact.topology_at} is {fact.topology}, which is {machines} {fact.machine}, and "
            f"{fact.nodes_at} is {fact.nodes}",
            limit="a pool of several machines is one slice, whole or not there (GKE "
            "documentation, Plan TPUs in GKE, 2026)",
            or_else=f"set {fact.nodes_at} to {machines}, and make another pool for another slice",
            path=fact.nodes_at,
        )


def _chip(fact: TpuSlice) -> str:
    """The chip that the resource names."""
    if fact.accelerator is not None:
        label = _EARLIER_LABELS.get(fact.accelerator, fact.accelerator)
        named = [chip for chip, row in GENERATIONS.items() if row.accelerator == label]
    elif fact.chip is not None:
        named = [chip for chip in GENERATIONS if chip == fact.chip]
    else:
        named = [chip for chip in GENERATIONS if _of_machine(chip, fact.machine or "")]
    if not named:
        raise NotApplicable("the table of slices has no such TPU")
    return named[0]


def _of_machine(chip: str, machine: str) -> bool:
    return any(one.machine == machine for one in slices_of(chip))


def _is_sold(chip: str, topology: str) -> bool:
    if not _TOPOLOGY.fullmatch(topology):
        raise Unverified("the topology is not one such as 2x4")
    sold = [one.topology for one in slices_of(chip)]
    if topology in sold:
        return True
    sides = topology.count("x")
    return sides == 2 and sold[0].count("x") == sides and chips_in(topology) % 4 == 0


def _all(chip: str, topology: str | None) -> Iterator[Slice]:
    """The slices of a chip, with one in a topology that is a multiple of those in the table."""
    sold = list(slices_of(chip))
    yield from sold
    if topology is not None and all(one.topology != topology for one in sold):
        largest = sold[-1]
        yield largest._replace(topology=topology, nodes=chips_in(topology) // largest.chips)


def _fitting(chip: str, fact: TpuSlice) -> Iterator[Slice]:
    for one in _all(chip, fact.topology):
        if fact.topology in (None, one.topology) and fact.machine in (None, one.machine):
            yield one


def _machines(chip: str) -> str:
    return ", ".join(dict.fromkeys(one.machine for one in slices_of(chip)))

"""Which machines of the catalogue a group may run, and how many of each.

A group names one machine, several, patterns of names, or what a machine must have. A rule that
asks for the worst of them, or for what all of them share, asks here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fnmatch import fnmatchcase

from lichen.catalogue.schema import Chip, Machine
from lichen_policies.facts import Machines
from lichen_policies.facts.kinds.machines import Bounds, Requirements
from lichen_policies.facts.machine import is_pattern, names_accelerators
from lichen_policies.rule import Known, Unverified


def possible_machines(fact: Machines, known: Known) -> tuple[Machine, ...]:
    """The machines that a group may run, in the order in which it names them.

    General machines that the catalogue does not list are left out. Raises :class:`Unverified` where
    a machine is not known, or one with accelerators is not in the catalogue.
    """
    names = fact.any_of or ((fact.machine,) if fact.machine is not None else ())
    found = {row.name: row for name in names for row in _named(name, fact.cloud, known)}
    requirements = fact.requirements
    if requirements is not None:
        if is_open(requirements):
            raise Unverified("instance requirements set no upper bound to what a machine may have")
        found |= {
            machine.name: machine
            for machine in known.catalogue.machines.values()
            if machine.cloud == fact.cloud and _fits(machine, requirements, known)
        }
    return tuple(found.values())


def count_of(machine: Machine, units: int, fact: Machines) -> int:
    """How many machines a number of the group's units is."""
    if fact.unit not in ("vCPUs", "MiB"):
        return math.ceil(units / fact.weights.get(machine.name, 1))
    each = machine.vcpu if fact.unit == "vCPUs" else (machine.memory_gib or 0) * 1024
    return max(1, int(units // each)) if units and each else 0


def _named(name: str, cloud: str, known: Known) -> Iterator[Machine]:
    machines = known.catalogue.machines
    if is_pattern(name):
        matching = [m for m in machines.values() if m.cloud == cloud and fnmatchcase(m.name, name)]
        if not matching and names_accelerators(name):
            raise Unverified(f"no machine {name} is in the catalogue")
        yield from matching
    elif name in machines or names_accelerators(name):
        yield known.machine(name)


def is_open(requirements: Requirements) -> bool:
    """Whether no worst machine can be named, since the number of its accelerators is open."""
    if not requirements.accelerated or requirements.allowed:
        return False
    return all(
        most is None
        for _, most in (
            requirements.accelerators,
            requirements.vcpus,
            requirements.memory_gib,
            requirements.accelerator_memory_gib,
        )
    )


def _fits(machine: Machine, wanted: Requirements, known: Known) -> bool:
    if wanted.allowed and not any(fnmatchcase(machine.name, name) for name in wanted.allowed):
        return False
    if any(fnmatchcase(machine.name, name) for name in wanted.excluded):
        return False
    if not wanted.accelerated and machine.accelerator is not None and not wanted.allowed:
        return False
    return (
        _within(machine.vcpu, wanted.vcpus)
        and _within(machine.memory_gib, wanted.memory_gib)
        and _within(machine.accelerators, wanted.accelerators)
        and _within(machine.accelerator_memory_gib, wanted.accelerator_memory_gib)
        and _is_accelerated_as(known.catalogue.accelerator_of(machine), wanted)
    )


def _within(value: float | None, bounds: Bounds) -> bool:
    least, most = bounds
    value = value or 0
    return (least is None or value >= least) and (most is None or value <= most)


def _is_accelerated_as(chip: Chip | None, wanted: Requirements) -> bool:
    if not wanted.accelerated:
        return True
    if chip is None:
        return False
    vendor, family = chip.vendor.lower(), chip.family.lower().replace(" ", "-")
    return (not wanted.vendors or vendor in wanted.vendors) and (
        not wanted.chips or family in wanted.chips
    )

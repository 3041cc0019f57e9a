"""One row a chip: every name leads to one chip, and every family of it is known."""

from __future__ import annotations

from collections import Counter

from lichen.catalogue import load
from lichen.catalogue.schema import Efficiency, ServingStack
from lichen.sizing.coefficients import knowledge

CATALOGUE = load()
FAMILIES = {chip.family for chip in CATALOGUE.chips.values()}


def test_no_two_chips_share_a_name() -> None:
    names = Counter(
        name
        for chip in CATALOGUE.chips.values()
        for name in {each.strip().casefold() for each in (chip.name, *chip.also)}
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_every_machine_has_its_chip_with_a_family_and_precisions() -> None:
    chips = knowledge(CATALOGUE).chips
    for machine in CATALOGUE.machines.values():
        if name := machine.accelerator or machine.cpu:
            chip = chips.of_machine(machine)
            assert chip is not None, name
            assert chip.name == name
            assert chip.family
            assert chip.runs, name


def test_stacks_and_coefficients_name_families_of_the_table() -> None:
    stacks = CATALOGUE.table("stacks", ServingStack)
    assert {family for stack in stacks for family in stack.families} - {"*"} <= FAMILIES
    assert {row.family for row in CATALOGUE.table("efficiencies", Efficiency)} <= FAMILIES


def test_sizings_tables_are_made_once_for_each_catalogue() -> None:
    assert knowledge(CATALOGUE) is knowledge(CATALOGUE)

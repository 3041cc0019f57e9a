"""One row a chip: every name leads to one chip, and every family of it is known."""

from __future__ import annotations

from collections import Counter

from lichen.catalogue import load
from lichen.catalogue.schema import Efficiency, ServingStack
from lichen.sizing.coefficients import knowledge
from tests.fixed import fixed

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


def test_a_link_is_of_one_chip_however_many_work_together() -> None:
    chips = knowledge(fixed()).chips
    a10g = chips.all_of(fixed().machine("g5.12xlarge"))
    h100 = chips.all_of(fixed().machine("p5.48xlarge"))
    assert a10g is not None
    assert h100 is not None
    assert (a10g.count, a10g.link_bytes_s) == (4.0, 32e9)
    assert (h100.count, h100.link_bytes_s) == (8.0, 450e9)
    assert h100.times(0.25).link_bytes_s == 450e9


def test_chips_that_are_sized_several_to_a_machine_have_a_link() -> None:
    chips = knowledge(CATALOGUE).chips
    for machine in CATALOGUE.machines.values():
        several = chips.all_of(machine) if machine.accelerators > 1 else None
        assert several is None or several.link_bytes_s, machine.name


def test_neuron_splits_a_copy_over_the_degrees_that_its_runtime_supports() -> None:
    degrees = {name: CATALOGUE.chips[name].parallel_degrees for name in CATALOGUE.chips}
    assert degrees["AWS Inferentia2"] == (1, 2, 4, 8, 24)
    assert degrees["AWS Trainium"] == (1, 2, 8, 16, 32)
    assert degrees["AWS Trainium2"] == (1, 2, 4, 8, 16, 32, 64)
    assert degrees["NVIDIA L4"] is None

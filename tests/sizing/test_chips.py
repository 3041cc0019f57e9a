"""One row a chip: every name leads to one chip, and every family of it is known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from lichen.catalogue import Catalogue, load
from lichen.catalogue.schema import Chip, CpuBandwidth, Efficiency, ServingStack
from lichen.sizing.coefficients import knowledge
from tests.fixed import FIXED, fixed

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


def chip_named(name: str) -> Chip:
    return fixed().chips[name]


def test_a_machine_draws_the_bandwidth_that_was_measured_at_its_size() -> None:
    chips = knowledge(fixed()).chips
    small, large = (chips.all_of(fixed().machine(f"c7g.{size}")) for size in ("large", "16xlarge"))
    assert small is not None
    assert large is not None
    assert small.bandwidth_bytes_s == pytest.approx(54.8e9)  # 9.6 GB/s by its share of the socket
    assert large.bandwidth_bytes_s == pytest.approx(259.5e9)  # of 307 GB/s
    assert small.bf16_flops == pytest.approx(large.bf16_flops / 32)


def test_between_two_measured_sizes_the_curve_is_straight() -> None:
    chips, cpu = knowledge(fixed()).chips, chip_named("AWS Graviton3")
    assert chips.bandwidth_bytes_s(cpu, 3) == pytest.approx((54.8e9 + 103.7e9) / 2)
    assert chips.bandwidth_bytes_s(cpu, 0.5) == pytest.approx(30.8e9 / 2)


def test_more_cores_never_draw_less() -> None:
    chips = knowledge(CATALOGUE).chips
    for cpu in CATALOGUE.chips.values():
        if cpu.kind == "cpu":
            drawn = [chips.bandwidth_bytes_s(cpu, cores / 2) or 0.0 for cores in range(1, 400)]
            assert drawn == sorted(drawn), cpu.name


def test_a_cpu_that_was_not_measured_takes_the_curve_of_its_like_relative_to_the_socket() -> None:
    chips, graviton3 = knowledge(fixed()).chips, chip_named("AWS Graviton3")
    like = msgspec.structs.replace(
        graviton3, name="half of one", cores=32, bandwidth_gb_s=153.6, curve_of="AWS Graviton3"
    )
    assert chips.bandwidth_bytes_s(like, 16) == pytest.approx(242e9 / 2)
    alone = msgspec.structs.replace(like, curve_of=None)
    assert chips.bandwidth_bytes_s(alone, 16) == pytest.approx(153.6e9 / 2)
    unknown = msgspec.structs.replace(alone, bandwidth_gb_s=None)
    assert chips.bandwidth_bytes_s(unknown, 16) is None


def test_an_organisations_own_measurement_is_taken_before_ours(tmp_path: Path) -> None:
    (tmp_path / "cpu_bandwidths.csv").write_text(
        "cpu,vcpu,read_gb_s_low,read_gb_s_likely,read_gb_s_high,machines,source\n"
        "AWS Graviton3,2,60,61,62,1,spare-cores\n"
    )
    own = knowledge(Catalogue(FIXED, tmp_path)).chips
    assert own.bandwidth_bytes_s(chip_named("AWS Graviton3"), 2) == pytest.approx(61e9)
    assert own.bandwidth_bytes_s(chip_named("AWS Graviton3"), 4) == pytest.approx(103.7e9)


def test_every_curve_is_of_a_cpu_of_the_table() -> None:
    cpus = {name for name, chip in CATALOGUE.chips.items() if chip.kind == "cpu"}
    measured = {row.cpu for row in CATALOGUE.table("cpu_bandwidths", CpuBandwidth)}
    assert measured <= cpus
    assert {chip.curve_of for chip in CATALOGUE.chips.values()} - {None} <= measured

"""Embodied carbon of chips: one boundary, and what the rule says of chips that are published."""

from __future__ import annotations

import pytest

from derive.embodied import by_rule_kgco2e, with_embodied
from derive.estimates import platform_embodied_kgco2e, platform_of, platforms, read_inputs
from lichen.catalogue import DIRECTORY, load
from lichen.catalogue.schema import ChipFootprint, path_of


def footprints() -> dict[str, ChipFootprint]:
    return {row.chip: row for row in load().table("footprints", ChipFootprint)}


def test_the_table_of_chips_has_what_is_derived() -> None:
    assert with_embodied() == path_of("chips", DIRECTORY).read_text(), (
        "run `python -m derive.embodied`"
    )


def test_the_rule_gives_the_board_that_it_rests_on() -> None:
    assert 8 * by_rule_kgco2e(80, 814, 700) == pytest.approx(1312.0)


@pytest.mark.parametrize(
    ("name", "ratio"), [("NVIDIA A100 SXM4 40GB", 0.89), ("NVIDIA B200", 1.11)]
)
def test_the_rule_is_near_what_is_published_of_others(name: str, ratio: float) -> None:
    chip, row = load().chips[name], footprints()[name]
    ruled = by_rule_kgco2e(chip.memory_gib, row.die_mm2, chip.tdp_w.likely)
    assert ruled / row.published_kgco2e == pytest.approx(ratio, abs=0.01)


def test_googles_figures_are_far_above_the_rule_and_their_host_share_is_not() -> None:
    """323 kg for chip and tray, 369 kg for the host: the paper, by way of EcoLogits."""
    chip, row = load().chips["Google TPU v6e"], footprints()["Google TPU v6e"]
    inside = row.published_kgco2e * row.board_share
    assert inside == pytest.approx(323, abs=0.5)
    assert 3 < inside / by_rule_kgco2e(chip.memory_gib, row.die_mm2, chip.tdp_w.likely) < 4
    inputs = read_inputs()
    machine = next(row for row in inputs.machines if row.name == "ct6e-standard-8t")
    server = platforms(inputs.machines)[platform_of(machine)]
    host = platform_embodied_kgco2e(server) * machine.vcpu / server.vcpu
    assert host / machine.accelerators == pytest.approx(369, rel=0.15)


def test_every_accelerator_is_counted_by_the_same_boundary() -> None:
    """A machine has its share of a server and its chips, whoever published them."""
    inputs = read_inputs()
    servers = platforms(inputs.machines)
    for machine in inputs.machines:
        made = load().machines[machine.name].embodied_kgco2e
        chip = inputs.chips.get(machine.accelerator or "")
        if made is None or chip is None:
            continue
        server = servers[platform_of(machine)]
        host = platform_embodied_kgco2e(server) * machine.vcpu / server.vcpu
        chips = machine.accelerators * chip.embodied_kgco2e.likely
        assert made.likely == pytest.approx(host + chips, abs=0.1), machine.name


def test_years_of_life_are_those_of_the_providers_accounts() -> None:
    years = {
        (machine.cloud, machine.accelerator is not None): machine.lifetime_hours / 8760
        for machine in load().machines.values()
    }
    assert years == {
        ("aws", True): 5, ("aws", False): 6,
        ("google", True): 6, ("google", False): 6,
        ("azure", True): 6, ("azure", False): 6,
    }  # fmt: skip

"""Counters of processors, in a folder laid out as Linux lays out /sys/class/powercap."""

from __future__ import annotations

from pathlib import Path

import pytest
from lichen_practices.bench.energy import Metering, Rapl, rapl

RANGE_UJ = 262_143_328_850


def zone(folder: Path, path: str, name: str, energy_uj: int) -> Path:
    """A zone of powercap; its parts are zones below it, which Linux shows at the top as well."""
    made = folder / path
    made.mkdir(parents=True)
    for file, content in (
        ("name", name), ("energy_uj", energy_uj), ("max_energy_range_uj", RANGE_UJ),
        ("enabled", 0),
    ):  # fmt: skip
        (made / file).write_text(f"{content}\n")
    return made


def test_packages_are_added_up_and_a_counter_that_begins_anew_is_followed(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl", "", 0)
    first = zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    second = zone(tmp_path, "intel-rapl:1", "package-1", RANGE_UJ - 500_000)
    core = zone(tmp_path, "intel-rapl:0:0", "core", 7)  # a part of its package
    platform = zone(tmp_path, "intel-rapl:2", "psys", 5)  # has the packages in it
    meter = rapl(tmp_path)
    assert isinstance(meter, Rapl)
    assert meter.covers == "2 processors"

    metering = Metering(meter)
    metering.start()
    (first / "energy_uj").write_text("4000000\n")
    (second / "energy_uj").write_text("1500000\n")  # past its range
    (core / "energy_uj").write_text("9000000\n")
    (platform / "energy_uj").write_text("9000000\n")
    metering.read()
    (second / "energy_uj").write_text("2500000\n")
    used = metering.stop()
    assert used.joules == pytest.approx(3 + 2 + 1)
    assert used.counter == "RAPL"


def test_a_machine_without_a_counter_says_why(tmp_path: Path) -> None:
    assert "shows no counter" in str(rapl(tmp_path / "nothing"))
    broken = zone(tmp_path, "intel-rapl:0", "package-0", 0)
    (broken / "energy_uj").write_text("\n")
    assert "cannot be read" in str(rapl(tmp_path))

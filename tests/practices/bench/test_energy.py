"""Counters of processors, in a folder laid out as Linux lays out /sys/class/powercap; those of GPUs
and of Apple's chips by an object in the place of each library."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from lichen_practices.bench.energy import (
    AppleSilicon,
    Metering,
    Nvml,
    Rapl,
    apple_silicon,
    meter_of_this_machine,
    nvml,
    rapl,
)

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


def test_dies_that_show_one_counter_are_counted_once(tmp_path: Path) -> None:
    one = zone(tmp_path, "intel-rapl:0", "package-0", 7_000_000_000)
    mirror = zone(tmp_path, "intel-rapl:1", "package-0-die-1", 7_000_400_000)
    meter = rapl(tmp_path)
    assert isinstance(meter, Rapl)
    assert meter.covers == "the processor"
    for counter in (one, mirror):
        (counter / "energy_uj").write_text("7005000000\n")
    assert meter.joules() == pytest.approx(5.0)


class NvmlInPlace(SimpleNamespace):
    """What is used of nvidia-ml-py: ``millijoules`` of each GPU at each call."""

    class NVMLError(Exception):
        pass

    def __init__(self, *millijoules: int, starts: bool = True) -> None:
        super().__init__(millijoules=list(millijoules), starts=starts)

    def nvmlInit(self) -> None:
        if not self.starts:
            raise self.NVMLError

    def nvmlDeviceGetCount(self) -> int:
        return len(self.millijoules)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, device: int) -> str:
        return f"NVIDIA L40S {device}"

    def nvmlDeviceGetTotalEnergyConsumption(self, device: int) -> int:
        return int(self.millijoules[device])


def test_gpus_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    library = NvmlInPlace(1_000, 5_000)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = meter_of_this_machine()
    assert isinstance(meter, Nvml)
    assert meter.names == ("NVIDIA L40S 0", "NVIDIA L40S 1")
    metering = Metering(meter)
    metering.start()
    library.millijoules = [4_000, 7_500]
    used = metering.stop()
    assert used.joules == pytest.approx(3.0 + 2.5)
    assert (used.covers, used.counter) == ("2 GPUs", "NVML")


def test_no_gpu_is_unknown_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for library, says in (
        (NvmlInPlace(starts=False), "shows no counter of a GPU"),
        (NvmlInPlace(), "has no GPU"),
        (None, "nvidia-ml-py is not installed"),
    ):
        monkeypatch.setitem(sys.modules, "pynvml", library)
        assert says in str(nvml())


def test_parts_of_an_apple_chip_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """zeus-apple-silicon runs on a Mac alone: the object has its names and units (1.1.0)."""
    shown = SimpleNamespace(
        cpu_total_mj=1_000, gpu_mj=2_000, gpu_sram_mj=None, ane_mj=0, dram_mj=500,
        efficiency_cores_mj=[400], performance_cores_mj=[600],
    )  # fmt: skip
    monitor = SimpleNamespace(get_cumulative_energy=lambda: shown)
    library = SimpleNamespace(AppleEnergyMonitor=lambda: monitor)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", library)
    monkeypatch.setattr(sys, "platform", "darwin")
    meter = meter_of_this_machine()
    assert isinstance(meter, AppleSilicon)
    metering = Metering(meter)
    metering.start()
    shown.cpu_total_mj, shown.gpu_mj, shown.ane_mj = 3_000, 6_000, 250
    used = metering.stop()
    assert used.joules == pytest.approx(2.0 + 4.0 + 0.25)
    assert used.counter == "IOReport"


def test_a_mac_without_the_library_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> None:
        raise RuntimeError("no channel")

    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", None)
    assert "zeus-apple-silicon is not installed" in str(apple_silicon())
    monkeypatch.setitem(
        sys.modules, "zeus_apple_silicon", SimpleNamespace(AppleEnergyMonitor=refuses)
    )
    assert "shows no counter of Apple's chips" in str(apple_silicon())

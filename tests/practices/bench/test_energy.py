"""Counters of processors, in a folder laid out as Linux lays out /sys/class/powercap; those of GPUs
and of Apple's chips by an object in the place of each library's functions."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
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
from lichen_practices.bench.exchange import Target
from lichen_practices.bench.hardware import ThisMachine, this_machine
from lichen_practices.bench.measure import OfferedLoad, measure
from lichen_practices.bench.protocols import Shape

from lichen.catalogue import load
from tests.fixed import fixed
from tests.practices.bench.server import TOKENS, Server, serving

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


class NvmlInPlace:
    """nvidia-ml-py, with what needs a driver in the place of its functions: ``millijoules`` of each
    GPU at each call, those that ``computing`` names at work, ``sliced`` ones in MIG's mode, and
    ``fails`` with the number of an error that every counter answers."""

    def __init__(
        self,
        *millijoules: int,
        starts: int | None = None,
        computing: Sequence[int] = (),
        sliced: Sequence[int] = (),
        names: Sequence[str] = (),
    ) -> None:
        self.millijoules = list(millijoules)
        self.starts = starts
        self.fails: int | None = None
        self.computing, self.sliced = computing, sliced
        self.names = names or ("NVIDIA H100 80GB HBM3",) * len(millijoules)

    def __getattr__(self, name: str) -> Any:
        return getattr(pynvml, name)

    def nvmlInit(self) -> None:
        if self.starts is not None:
            raise pynvml.NVMLError(self.starts)

    def nvmlDeviceGetCount(self) -> int:
        return len(self.millijoules)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, device: int) -> str:
        return self.names[device]

    def nvmlDeviceGetComputeRunningProcesses(self, device: int) -> list[object]:
        return [object()] if device in self.computing else []

    def nvmlDeviceGetMigMode(self, device: int) -> list[int]:
        if "H100" not in self.names[device]:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return [int(device in self.sliced)] * 2

    def nvmlDeviceGetTotalEnergyConsumption(self, device: int) -> int:
        if self.fails is not None:
            raise pynvml.NVMLError(self.fails)
        return self.millijoules[device]


def test_gpus_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    library = NvmlInPlace(1_000, 5_000)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = meter_of_this_machine()
    assert isinstance(meter, Nvml)
    metering = Metering(meter)
    metering.start()
    library.millijoules = [4_000, 7_500]
    used = metering.stop()
    assert used.joules == pytest.approx(3.0 + 2.5)
    assert (used.covers, used.counter) == ("2 GPUs", "NVML")


def test_of_eight_gpus_those_that_compute_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    library = NvmlInPlace(*[1_000] * 8, computing=(2, 5))
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = nvml()
    assert isinstance(meter, Nvml)
    metering = Metering(meter)
    metering.start()
    library.millijoules = [2_000, 2_000, 4_000, 2_000, 2_000, 5_000, 2_000, 2_000]
    used = metering.stop()
    assert used.joules == pytest.approx(3.0 + 4.0)
    assert used.covers == "2 of 8 GPUs"
    machine = this_machine(fixed())
    assert machine is not None
    assert (machine.chip, machine.chips) == ("NVIDIA H100 SXM 80GB", 2.0)


def test_no_gpu_is_unknown_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for library, says in (
        (NvmlInPlace(starts=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND), "shows no counter of a GPU"),
        (NvmlInPlace(starts=pynvml.NVML_ERROR_DRIVER_NOT_LOADED), "shows no counter of a GPU"),
        (NvmlInPlace(starts=pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH), "version mismatch"),
        (NvmlInPlace(starts=pynvml.NVML_ERROR_NO_PERMISSION), "Insufficient Permissions"),
        (NvmlInPlace(), "has no GPU"),
        (None, "nvidia-ml-py is not installed"),
    ):
        monkeypatch.setitem(sys.modules, "pynvml", library)
        assert says in str(nvml())


def test_a_gpu_without_a_counter_is_what_the_machine_computes_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A GPU older than Volta, and a share of one that a hypervisor lends."""
    library = NvmlInPlace(0, names=("Tesla P100-PCIE-16GB",))
    library.fails = pynvml.NVML_ERROR_NOT_SUPPORTED
    monkeypatch.setitem(sys.modules, "pynvml", library)
    assert "'Not Supported'" in str(nvml())
    assert this_machine(fixed()) == ThisMachine("Tesla P100-PCIE-16GB", 1.0, False)


@pytest.mark.parametrize(
    ("name", "chip"),
    [
        ("NVIDIA H100 80GB HBM3", "NVIDIA H100 SXM 80GB"),
        ("NVIDIA H100 PCIe", "NVIDIA H100 PCIe 80GB"),
        ("NVIDIA H100 NVL", "NVIDIA H100 NVL 94GB"),
        ("NVIDIA H200", "NVIDIA H200 SXM 141GB"),
        ("NVIDIA GH200 480GB", "NVIDIA GH200"),
        ("NVIDIA A100-SXM4-40GB", "NVIDIA A100 SXM4 40GB"),
        ("NVIDIA A100-SXM4-80GB", "NVIDIA A100 SXM4 80GB"),
        ("NVIDIA A100 80GB PCIe", "NVIDIA A100 PCIe 80GB"),
        ("NVIDIA A10G", "NVIDIA A10G"),
        ("NVIDIA L4", "NVIDIA L4"),
        ("NVIDIA L40S", "NVIDIA L40S"),
        ("Tesla T4", "NVIDIA T4"),
        ("Tesla V100-SXM2-16GB", "NVIDIA V100 SXM2 16GB"),
        ("NVIDIA B300 SXM6 AC", "NVIDIA B300"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "NVIDIA RTX PRO 6000 Blackwell SE"),
        ("NVIDIA RTX 6000 Ada Generation", "NVIDIA RTX 6000 Ada"),
        ("NVIDIA GeForce RTX 4090", "NVIDIA RTX 4090"),
    ],
)
def test_the_catalogue_knows_gpus_by_the_names_of_their_driver(
    monkeypatch: pytest.MonkeyPatch, name: str, chip: str
) -> None:
    """The names of NVIDIA/open-gpu-kernel-modules' README (015742d), and for what it lacks (V100,
    Blackwell) those that nvidia-smi printed in public logs."""
    monkeypatch.setitem(sys.modules, "pynvml", NvmlInPlace(0, names=(name,)))
    assert this_machine(load()) == ThisMachine(chip, 1.0, True)


@pytest.mark.parametrize(
    ("names", "sliced", "chip"),
    [
        (("NVIDIA H100 80GB HBM3",), (0,), "NVIDIA H100 80GB HBM3 in slices (MIG)"),
        (("NVIDIA H100 80GB HBM3", "NVIDIA L4"), (), "NVIDIA H100 80GB HBM3 and NVIDIA L4"),
    ],
)
def test_a_slice_of_a_gpu_and_a_mixture_are_no_chip_of_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, names: Sequence[str], sliced: Sequence[int], chip: str
) -> None:
    library = NvmlInPlace(*[0] * len(names), names=names, sliced=sliced)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    assert this_machine(fixed()) == ThisMachine(chip, float(len(names)), False)


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


def test_a_counter_that_fails_leaves_the_energy_unknown_and_keeps_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A GPU that falls off its bus: at the start, and after it."""
    library = NvmlInPlace(1_000)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = nvml()
    assert isinstance(meter, Nvml)
    for starts in (True, False):
        library.fails = None

        def fails_later(server: Server, starts: bool = starts) -> OfferedLoad:
            def prompt(number: int) -> str:
                if number >= (2 if starts else -100):
                    library.fails = pynvml.NVML_ERROR_GPU_IS_LOST
                return str(number)

            return OfferedLoad(
                target=Target(f"{server.url}/v1/chat/completions", {}, 30.0),
                shape=Shape(protocol="chat", served_model="tiny", output_tokens=TOKENS),
                prompt=prompt,
                seconds=0.5,
                warm_up_s=0.2,
                concurrency=1,
            )

        with serving(Server()) as server:
            measured = asyncio.run(measure(fails_later(server), meter))
        assert measured.energy is None
        assert measured.why_no_energy == "the counter of a GPU answers 'GPU is lost' (NVML)"
        assert measured.outcomes


def test_a_mac_without_the_library_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> None:
        raise RuntimeError("no channel")

    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", None)
    assert "zeus-apple-silicon is not installed" in str(apple_silicon())
    monkeypatch.setitem(
        sys.modules, "zeus_apple_silicon", SimpleNamespace(AppleEnergyMonitor=refuses)
    )
    assert "shows no counter of Apple's chips" in str(apple_silicon())

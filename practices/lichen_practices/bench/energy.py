"""Energy from the counters that a machine shows: NVML of NVIDIA's GPUs, IOReport of Apple's chips,
RAPL of processors.

A counter is of this machine: it says nothing of a server elsewhere. What shows none is unknown,
with the reason. Libraries read NVML and IOReport; RAPL is three files a processor, and
docs/practices/measuring.md says why no library reads them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lichen.evidence import Energy
from lichen_practices.bench.nvml import Gpus, gpus

POWERCAP = Path("/sys/class/powercap")
MIRRORED_UJ = 1_000_000
"""Dies of one processor may each show the counter of the whole: counters so near are one (found by
codecarbon, its issue 1274). A joule is a few milliseconds, which pass between two reads."""
READ_EVERY_S = 5.0
"""Counters of processors begin anew after some 260 kJ: minutes at a few hundred watts."""


class Meter(Protocol):
    """A counter of joules."""

    covers: str
    counter: str

    def joules(self) -> float:
        """Since some moment in the past; never less than at the last call.

        :class:`OSError` where the counter cannot be read, with the reason.
        """
        ...


class Rapl:
    """Processors' own counters under /sys, those of whole packages added up."""

    counter = "RAPL"

    def __init__(self, zones: Sequence[Path]) -> None:
        last: dict[Path, float] = {}
        for zone in zones:
            now = _number(zone / "energy_uj")
            if not now or all(abs(now - each) > MIRRORED_UJ for each in last.values()):
                last[zone] = now
        self._zones = tuple(last)
        self._range = [_number(zone / "max_energy_range_uj") for zone in last]
        self._last = list(last.values())
        self._total_uj = 0.0
        count = len(last)
        self.covers = "the processor" if count == 1 else f"{count} processors"

    def joules(self) -> float:
        for index, zone in enumerate(self._zones):
            try:
                now = _number(zone / "energy_uj")
            except (OSError, ValueError):
                raise OSError("the processor's counter cannot be read any more (RAPL)") from None
            grown = now - self._last[index]
            self._total_uj += grown if grown >= 0 else grown + self._range[index]
            self._last[index] = now
        return self._total_uj / 1e6


def _number(path: Path) -> float:
    return float(path.read_text().strip())


def rapl(folder: Path = POWERCAP) -> Rapl | str:
    """The processors' counters, or why there is none."""
    zones = [
        zone
        for zone in sorted(folder.glob("intel-rapl:*"))
        if zone.name.count(":") == 1 and _name(zone).startswith("package")
    ]
    if not zones:
        return "the machine shows no counter of its processor (RAPL)"
    try:
        return Rapl(zones)
    except PermissionError:
        return "the processor's counter may be read by root alone (RAPL)"
    except (OSError, ValueError):
        return "the processor's counter cannot be read (RAPL)"


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text().strip()
    except OSError:
        return ""


class Nvml:
    """NVIDIA's own counters, of the GPUs that work. An H100's moves ten times a second."""

    counter = "NVML"

    def __init__(self, found: Gpus) -> None:
        self._gpus = found
        working = len(found.devices)
        of = "" if working == found.count else f" of {found.count}"
        self.covers = "the GPU" if found.count == 1 else f"{working}{of} GPUs"
        self.joules()

    def joules(self) -> float:
        pynvml = self._gpus.pynvml
        try:
            millijoules = sum(map(pynvml.nvmlDeviceGetTotalEnergyConsumption, self._gpus.devices))
        except pynvml.NVMLError as error:
            raise OSError(f"the counter of a GPU answers '{error}' (NVML)") from None
        return float(millijoules) / 1e3


def nvml() -> Nvml | str:
    """The GPUs' counters, or why there is none."""
    found = gpus()
    if isinstance(found, str):
        return found
    try:
        return Nvml(found)
    except OSError as error:
        return str(error)


class AppleSilicon:
    """Apple's own counters of a chip: processor, GPU, neural engine and memory added up.

    ``powermetrics`` shows the same to root alone.
    """

    covers = "the chip"
    counter = "IOReport"
    _PARTS = ("cpu_total_mj", "gpu_mj", "gpu_sram_mj", "ane_mj", "dram_mj")

    def __init__(self) -> None:
        import zeus_apple_silicon

        self._monitor = zeus_apple_silicon.AppleEnergyMonitor()
        self.joules()

    def joules(self) -> float:
        try:
            shown = self._monitor.get_cumulative_energy()
        except RuntimeError:
            raise OSError("the chip's counters cannot be read any more (IOReport)") from None
        # A chip that lacks a counter has None there.
        return float(sum(getattr(shown, part, None) or 0 for part in self._PARTS)) / 1e3


def apple_silicon() -> AppleSilicon | str:
    """The counters of Apple's chip, or why there is none."""
    try:
        return AppleSilicon()
    except ImportError:
        return "zeus-apple-silicon is not installed (IOReport)"
    except (RuntimeError, OSError):
        return "the machine shows no counter of Apple's chips (IOReport)"


class Metering:
    """Energy between :meth:`start` and :meth:`stop`, of one meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._begun = 0.0
        self._joules = 0.0

    def start(self) -> None:
        self._joules, self._begun = self._meter.joules(), time.perf_counter()

    def read(self) -> None:
        """To be called every READ_EVERY_S, so that no counter begins anew unseen."""
        self._meter.joules()

    def stop(self) -> Energy:
        joules, now = self._meter.joules(), time.perf_counter()
        return Energy(
            joules=joules - self._joules,
            seconds=now - self._begun,
            covers=self._meter.covers,
            counter=self._meter.counter,
        )


def meter_of_this_machine() -> Meter | str:
    """The GPUs' counter where there are GPUs, else the chip's; else why there is none."""
    graphics = nvml()
    if not isinstance(graphics, str):
        return graphics
    chip = apple_silicon() if sys.platform == "darwin" else rapl()
    return f"{graphics}; {chip}" if isinstance(chip, str) else chip

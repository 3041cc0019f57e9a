"""The chips that a copy of a model runs on, as sizing sees them: how many, how fast, how roomy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine

Kind = Literal["gpu", "neuron", "tpu", "cpu"]
Compute = Literal["fp32", "bf16", "fp8", "int8", "fp4"]


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """A chip or a CPU socket for sizing: a row of ``hardware.csv``.

    ``family`` is the name that measurements share. Rates are dense and of the whole chip or
    socket; where they are blank the chip table's stand. ``runs`` are the precisions that a serving
    stack offers on it, of weights at least. ``cores`` are NeuronCores or CPU cores.
    """

    name: str
    family: str
    kind: Kind
    cores: int
    threads_per_core: int
    memory_gib: float | None
    bandwidth_gb_s: float | None
    bf16_tflops: float | None
    fp32_tflops: float | None
    fp8_tflops: float | None
    int8_tops: float | None
    fp4_tflops: float | None
    tdp_w: float | None
    runs: tuple[str, ...]
    also: tuple[str, ...] = ()
    basis: str
    source: str


class Chips(msgspec.Struct, frozen=True, kw_only=True):
    """Chips working as one copy of a model (tensor parallel), or a CPU's cores.

    ``count`` may be a fraction of one. Bandwidth, memory and peaks are of all of them together;
    a peak that the chip has no unit for is that of the next wider format it computes in.
    """

    family: str
    kind: Kind
    count: float
    cores: float
    memory_gib: float
    bandwidth_bytes_s: float
    fp32_flops: float
    bf16_flops: float
    fp8_flops: float
    int8_flops: float
    fp4_flops: float

    def peak(self, compute: Compute) -> float:
        """FLOP/s (or integer OP/s) at a compute format, dense."""
        return float(getattr(self, f"{compute}_flops"))

    def times(self, share: float) -> Chips:
        """``share`` times as many of them."""
        scaled = {
            field: getattr(self, field) * share
            for field in self.__struct_fields__
            if field not in ("family", "kind")
        }
        return Chips(family=self.family, kind=self.kind, **scaled)


class HardwareTable:
    """Hardware by every name that catalogue and measurements give it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._by_name: dict[str, Hardware] = {}
        self._chips: dict[str, Chips | None] = {}
        self._machines: dict[str, Chips | None] = {}
        self._catalogue = catalogue
        self._rows = catalogue.table("hardware", Hardware)
        for row in self._rows:
            for name in (row.name, *row.also):
                self._by_name[name.strip().casefold()] = row

    def __iter__(self) -> Iterator[Hardware]:
        return iter(self._rows)

    def of_family(self, family: str) -> Hardware | None:
        """The first of a family in the table's order."""
        return next((row for row in self._rows if row.family == family), None)

    def get(self, name: str) -> Hardware | None:
        return self._by_name.get(name.strip().casefold())

    def one_chip(self, hardware: Hardware) -> Chips | None:
        """One chip or socket; None where its bandwidth or rate is unknown."""
        if hardware.name not in self._chips:
            self._chips[hardware.name] = self._read(hardware)
        return self._chips[hardware.name]

    def _read(self, hardware: Hardware) -> Chips | None:
        chip = self._catalogue.chips.get(hardware.name)
        memory = hardware.memory_gib or (chip and chip.memory_gib)
        bandwidth = hardware.bandwidth_gb_s or (chip and chip.bandwidth_gb_s)
        bf16 = hardware.bf16_tflops or (chip and (chip.bf16_tflops or chip.fp16_tflops))
        if not bandwidth or not bf16:
            return None
        fp8 = hardware.fp8_tflops or (chip and chip.fp8_tflops) or bf16
        return Chips(
            family=hardware.family,
            kind=hardware.kind,
            count=1.0,
            cores=float(hardware.cores),
            memory_gib=memory or 0.0,
            bandwidth_bytes_s=bandwidth * 1e9,
            fp32_flops=(hardware.fp32_tflops or bf16 / 2) * 1e12,
            bf16_flops=bf16 * 1e12,
            fp8_flops=fp8 * 1e12,
            int8_flops=(hardware.int8_tops or (chip and chip.int8_tops) or bf16) * 1e12,
            fp4_flops=(hardware.fp4_tflops or fp8) * 1e12,
        )

    def tdp_w(self, hardware: Hardware) -> float | None:
        """Rated watts of one chip, the likely figure where nobody publishes it."""
        chip = self._catalogue.chips.get(hardware.name)
        return hardware.tdp_w or (chip.tdp_w.likely if chip and chip.tdp_w else None)

    def of_machine(self, machine: Machine) -> Chips | None:
        """All of a machine's accelerators or, where it has none, its cores."""
        if machine.name not in self._machines:
            self._machines[machine.name] = self._of(machine)
        return self._machines[machine.name]

    def hardware_of(self, machine: Machine) -> Hardware | None:
        name = machine.accelerator or machine.cpu
        return self.get(name) if name else None

    def _of(self, machine: Machine) -> Chips | None:
        hardware = self.hardware_of(machine)
        chip = self.one_chip(hardware) if hardware else None
        if hardware is None or chip is None:
            return None
        memory: float | None
        if machine.accelerator:
            if not machine.accelerators:
                return None
            chips = chip.times(machine.accelerators)
            memory = machine.accelerator_memory_gib or chips.memory_gib
        else:
            cores = machine.vcpu / hardware.threads_per_core
            chips = chip.times(cores / hardware.cores)
            memory = machine.memory_gib
        return msgspec.structs.replace(chips, memory_gib=memory) if memory else None

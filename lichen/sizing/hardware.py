"""The chips that a copy of a model runs on, as sizing sees them: how many, how fast, how roomy."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import (
    Chip,
    Compute,
    CpuBandwidth,
    Kind,
    Machine,
    NumaNodes,
    ServingStack,
    SharedCores,
)


class Chips(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Chips working as one copy of a model (tensor parallel), or a CPU's cores.

    ``count`` may be a fraction of one. Bandwidth, memory and peaks are of all of them together;
    a peak that the chip has no unit for is that of the next wider format it computes in.
    ``link_bytes_s`` is of one chip: what it sends to the others while it receives as much; None
    where nobody publishes it. ``nodes`` are the NUMA nodes that a CPU's memory is divided into.
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
    link_bytes_s: float | None
    nodes: float = 1.0

    def peak(self, compute: Compute) -> float:
        """FLOP/s (or integer OP/s) at a compute format, dense."""
        flops: float = getattr(self, _FLOPS[compute])
        return flops

    @property
    def degree(self) -> float:
        """Parts that one copy is split into (tensor parallel): chips, of Neuron their cores; the
        cores of a CPU share one memory."""
        if self.kind == "cpu":
            return 1.0
        return max(1.0, self.cores if self.kind == "neuron" else self.count)

    def times(self, share: float) -> Chips:
        """``share`` times as many of them."""
        scaled = {
            field: getattr(self, field) * share
            for field in self.__struct_fields__
            if field not in _OF_EACH
        }
        return msgspec.structs.replace(self, **scaled)

    def as_used_by(self, stack: ServingStack) -> Chips:
        """What a serving stack uses of them where memory is in several NUMA nodes.

        A stack that runs on one node has that node's cores and memory. One that keeps the weights
        on one node has all cores, and that node's bandwidth to read them with.
        """
        if self.nodes <= 1 or stack.numa is None:
            return self
        if stack.numa == "one":
            return msgspec.structs.replace(self.times(1.0 / self.nodes), nodes=1.0)
        return msgspec.structs.replace(self, bandwidth_bytes_s=self.bandwidth_bytes_s / self.nodes)


_FLOPS: Mapping[Compute, str] = {compute: f"{compute}_flops" for compute in get_args(Compute)}
_OF_EACH = frozenset({"family", "kind", "link_bytes_s", "nodes"})
"""Fields that are the same for one chip and for many."""


class ChipTable:
    """Chips by every name that machines and measurements use, one or all of a machine."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._rows = tuple(catalogue.chips.values())
        self._by_name = {
            name.strip().casefold(): row for row in self._rows for name in (row.name, *row.also)
        }
        self._curves = _curves(self._rows, catalogue.table("cpu_bandwidths", CpuBandwidth))
        self._single: dict[str, Chips | None] = {}
        self._machines: dict[str, Chips | None] = {}
        self._nodes = {
            row.machine: float(row.nodes) for row in catalogue.table("numa_nodes", NumaNodes)
        }
        self._lasting_shares = {
            row.machine: row.lasting_share for row in catalogue.table("shared_cores", SharedCores)
        }

    def __iter__(self) -> Iterator[Chip]:
        return iter(self._rows)

    def of_family(self, family: str) -> Chip | None:
        """The first of a family in the table's order."""
        return next((row for row in self._rows if row.family == family), None)

    def get(self, name: str) -> Chip | None:
        return self._by_name.get(name.strip().casefold())

    def of_machine(self, machine: Machine) -> Chip | None:
        """The machine's accelerator or, where it has none, its processor."""
        name = machine.accelerator or machine.cpu
        return self.get(name) if name else None

    def one(self, chip: Chip) -> Chips | None:
        """One chip or socket; None where its bandwidth, rate or cores are unknown."""
        if chip.name not in self._single:
            self._single[chip.name] = _one(chip)
        return self._single[chip.name]

    def bandwidth_bytes_s(self, cpu: Chip, cores: float) -> float | None:
        """What ``cores`` of a CPU read from memory together: as measured, or relative to the
        socket as its ``curve_of`` was measured, or their share of the socket by cores.
        """
        if not cpu.cores or not cpu.bandwidth_gb_s:
            return None
        share = cores / cpu.cores
        like = cpu if cpu.name in self._curves else self.get(cpu.curve_of or "")
        curve = self._curves.get(like.name) if like else None
        if curve is None or not like or not like.cores or not like.bandwidth_gb_s:
            return share * cpu.bandwidth_gb_s * 1e9
        most = like.bandwidth_gb_s * math.ceil(share)
        read_gb_s = _between(curve, share * like.cores, most)
        return read_gb_s * cpu.bandwidth_gb_s / like.bandwidth_gb_s * 1e9

    def cores_of(self, cpu: Chip, cores: float, machine: str = "") -> Chips | None:
        """Cores of a CPU: their share of its peaks, and the bandwidth that they draw. They are all
        of the machine that is named; without a name, NUMA nodes are sockets."""
        one, bandwidth = self.one(cpu), self.bandwidth_bytes_s(cpu, cores)
        if one is None or bandwidth is None:
            return None
        sockets = cores / one.cores
        return msgspec.structs.replace(
            one.times(sockets), bandwidth_bytes_s=bandwidth, nodes=self._nodes_of(machine, sockets)
        )

    def all_of(self, machine: Machine) -> Chips | None:
        """All of a machine's accelerators or, where it has none, its cores."""
        name = machine.name
        if name not in self._machines:
            self._machines[name] = self._all_of(machine)
        return self._machines[name]

    def lasting_vcpu(self, machine: Machine) -> float:
        """The vCPU that a machine may use without end; of shared cores, a share of them."""
        return machine.vcpu * self._lasting_shares.get(machine.name, 1.0)

    def _nodes_of(self, machine: str, sockets: float) -> float:
        return self._nodes.get(machine, float(math.ceil(sockets)))

    def _all_of(self, machine: Machine) -> Chips | None:
        chip = self.of_machine(machine)
        if chip is None:
            return None
        if machine.accelerator:
            one = self.one(chip) if machine.accelerators else None
            chips = one.times(machine.accelerators) if one else None
            memory = machine.accelerator_memory_gib or (chips.memory_gib if chips else None)
        else:
            cores = self.lasting_vcpu(machine) / chip.threads_per_core
            chips = self.cores_of(chip, cores, machine.name)
            memory = machine.memory_gib
        return msgspec.structs.replace(chips, memory_gib=memory) if chips and memory else None


def chips_of_a_copy(chip: Chip, whole: Chips) -> list[float]:
    """Chips that one copy may use of a machine's, the fewest first.

    Those that divide the machine's evenly; of Neuron the numbers of cores that its runtime splits
    a copy over, which may leave some without work. Where nobody publishes these it is one core, or
    whole chips.
    """
    if whole.kind == "cpu" or whole.count < 1:
        return [whole.count]
    if chip.parallel_degrees and chip.cores:
        return [cores / chip.cores for cores in chip.parallel_degrees if cores <= whole.cores]
    count = int(whole.count)
    even = [float(each) for each in range(1, count + 1) if count % each == 0]
    return [1.0 / chip.cores, *even] if whole.kind == "neuron" and chip.cores else even


Curve = Sequence[tuple[float, float]]
"""Cores, and GB/s that they read; more cores never read less."""


def _curves(chips: Sequence[Chip], rows: Sequence[CpuBandwidth]) -> dict[str, Curve]:
    """By CPU: the medians measured, over cores. A dip between two sizes is taken for noise.

    Of two rows of one size the later is taken: it is an organisation's own.
    """
    threads = {chip.name: chip.threads_per_core for chip in chips}
    curves: dict[str, list[tuple[float, float]]] = {}
    by_size = {(row.cpu, row.vcpu): row for row in rows}
    for row in sorted(by_size.values(), key=lambda row: row.vcpu):
        curve = curves.setdefault(row.cpu, [])
        before = curve[-1][1] if curve else 0.0
        curve.append((row.vcpu / threads.get(row.cpu, 1), max(before, row.read_gb_s.likely)))
    return dict(curves)


def _between(curve: Curve, cores: float, most: float) -> float:
    """GB/s at any number of cores: straight between two points, proportional below the first and
    beyond the last, but there not over ``most`` or the last.
    """
    after = bisect_left(curve, (cores, 0.0))
    if after == len(curve):
        last_cores, last = curve[-1]
        return max(last, min(most, last * cores / last_cores))
    high_cores, high = curve[after]
    low_cores, low = curve[after - 1] if after else (0.0, 0.0)
    return low + (high - low) * (cores - low_cores) / (high_cores - low_cores)


def _one(chip: Chip) -> Chips | None:
    bandwidth, bf16 = chip.bandwidth_gb_s, chip.bf16_tflops or chip.fp16_tflops
    if not bandwidth or not bf16 or not chip.cores:
        return None
    fp8 = chip.fp8_tflops or bf16
    return Chips(
        family=chip.family,
        kind=chip.kind,
        count=1.0,
        cores=float(chip.cores),
        memory_gib=chip.memory_gib or 0.0,
        bandwidth_bytes_s=bandwidth * 1e9,
        fp32_flops=(chip.fp32_tflops or bf16 / 2) * 1e12,
        bf16_flops=bf16 * 1e12,
        fp8_flops=fp8 * 1e12,
        int8_flops=(chip.int8_tops or bf16) * 1e12,
        fp4_flops=(chip.fp4_tflops or fp8) * 1e12,
        link_bytes_s=chip.link_gb_s and chip.link_gb_s * 1e9,
    )

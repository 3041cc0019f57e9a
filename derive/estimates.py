"""Derive estimates.csv: a machine's watts and embodied carbon.

``python -m derive.estimates`` writes the table from the ones beside it (machines, chips,
processors, hosts); nothing is fetched. docs/data.md argues the method. In short:

- The host is counted: what a vCPU of its class of processor draws in SPECpower runs, between idle
  and full in proportion to load, and its memory (Cloud Carbon Footprint). Teads' models of measured
  machines say nearly twice as much for the same machines. The likely value is the mean of both;
  where Teads has no model of the machine, the median ratio of those that it has is used. Low is
  the count without memory, high is Teads.
- An accelerator draws its loaded idle at rest, and at full batches what lichen/power.py says of
  its TDP: the same coefficients (powers.csv) and interval (energy_spreads.csv) that predict metered
  runs. At half load it is between half-way (bursts with rests between them) and what small batches
  all the time draw. A placement asks that model at its own batches instead (sizing/draw.py).
- While accelerators work, the host is between idle and as loaded as they are.
- Embodied: the share by vCPU of a server's (a base, CPUs and memory, by the rule that reproduces
  Cloud Carbon Footprint's platforms), and each accelerator's own, which derive/embodied.py brings
  to one boundary. Spread over the years in which the provider's accounts write servers off.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from derive.csv_writer import write_rows
from lichen.catalogue import DIRECTORY
from lichen.catalogue.csv_table import read_rows
from lichen.catalogue.schema import (
    TABLES,
    Basis,
    Chip,
    EnergySpread,
    Host,
    Lifetime,
    Machine,
    MachineEstimates,
    PowerModel,
    Processor,
    path_of,
)
from lichen.interval import Interval
from lichen.power import half_share

S = TypeVar("S", bound=Struct)

MEMORY_W_GIB = 0.392
"""A GiB of memory at work: Cloud Carbon Footprint."""

HOST_BASE_KGCO2E = 1000.0
SECOND_CPU_KGCO2E = 100.0
MEMORY_KGCO2E_GIB = 1.39
MEMORY_IN_BASE_GIB = 16.0
"""A server with one CPU and 16 GiB, one CPU more, a GiB more: Cloud Carbon Footprint's rule."""

HOST_EMBODIED_SPREAD = (0.7, 1.5)
"""Published servers against the rule: a plain two-socket one to an eight-accelerator host."""

LOADS = (0.0, 0.5, 1.0)

MODELLED_HIGH = 1.1
"""What is allowed for above a modelled measurement."""

HOURS_PER_YEAR = 8760.0

PLATFORM_FAMILY = {
    "t3": "m5",
    "t3a": "m5a",
    "t4g": "m6g",
    "g6f": "g6",
    "fargate-arm": "m6g",
    "lambda-arm": "m6g",
    "sagemaker-serverless": "m5",
}
"""Families that are small shares of another's server."""


class EstimateInputs(Struct, frozen=True, kw_only=True):
    """The tables that estimates follow from."""

    machines: tuple[Machine, ...]
    chips: dict[str, Chip]
    processors: dict[str, Processor]
    hosts: dict[str, Host]
    lifetimes: dict[tuple[str, bool | None], Lifetime]
    power: PowerModel
    power_spread: EnergySpread
    teads_ratio: dict[float, float] = {}


def read_inputs(directory: Path = DIRECTORY) -> EstimateInputs:
    """The tables in the CSV files, estimates.csv not among them."""
    inputs = EstimateInputs(
        machines=tuple(_rows(directory, "machines", Machine)),
        chips={row.name: row for row in _rows(directory, "chips", Chip)},
        processors={row.name: row for row in _rows(directory, "processors", Processor)},
        hosts={row.machine: row for row in _rows(directory, "hosts", Host)},
        lifetimes={
            (row.cloud, row.accelerated): row for row in _rows(directory, "lifetimes", Lifetime)
        },
        power=next(row for row in _rows(directory, "powers", PowerModel) if row.boundary == "chip"),
        power_spread=next(
            row
            for row in _rows(directory, "energy_spreads", EnergySpread)
            if (row.boundary, row.quantity) == ("chip", "power")
        ),
    )
    return replace(inputs, teads_ratio=_teads_ratio(inputs))


def _rows(directory: Path, name: str, row: type[S]) -> list[S]:
    table = TABLES[name]
    values = read_rows(path_of(name, directory), row, key=table.key, joined=table.joined)
    return [row(**each) for each in values]


def estimate(inputs: EstimateInputs) -> list[MachineEstimates]:
    """Every machine's row, in the order of machines.csv."""
    servers = platforms(inputs.machines)
    return [
        _estimate(machine, inputs, servers[platform_of(machine)]) for machine in inputs.machines
    ]


def _estimate(machine: Machine, inputs: EstimateInputs, server: Machine) -> MachineEstimates:
    chip = inputs.chips.get(machine.accelerator) if machine.accelerator else None
    embodied = _embodied(machine, server, chip)
    life = inputs.lifetimes.get((machine.cloud, machine.accelerator is not None))
    life = life or inputs.lifetimes[(machine.cloud, None)]
    watts = [_watts(machine, load, inputs, chip) for load in LOADS]
    known = all(watts)
    return MachineEstimates(
        machine=machine.name,
        idle_w=watts[0] if known else None,
        half_load_w=watts[1] if known else None,
        full_load_w=watts[2] if known else None,
        power_basis=_power_basis(machine, inputs, chip) if known else None,
        power_source=_power_sources(machine, inputs, chip) if known else (),
        embodied_kgco2e=embodied,
        embodied_basis=_weakest("derived", chip.embodied_basis if chip else None)
        if embodied
        else None,
        embodied_source=_embodied_sources(chip) if embodied else (),
        lifetime_hours=life.years * HOURS_PER_YEAR,
        lifetime_source=life.source,
    )


def host_watts(machine: Machine, load: float, inputs: EstimateInputs) -> Interval:
    """The machine without its accelerators."""
    counted, memory_w = _counted(machine, load, inputs)
    plain = counted.likely + memory_w
    modelled = plain * inputs.teads_ratio[load]
    host = inputs.hosts.get(machine.name)
    if host is not None and machine.accelerator is None:
        modelled = _at(host, load) or modelled
    return Interval(
        min(counted.low, modelled),
        (plain + modelled) / 2,
        max(counted.high + memory_w, MODELLED_HIGH * modelled),
    )


def _counted(machine: Machine, load: float, inputs: EstimateInputs) -> tuple[Interval, float]:
    """Watts of the vCPUs, and of the memory."""
    processor = inputs.processors[machine.processor]
    idle, full = processor.idle_w_vcpu, processor.full_w_vcpu
    vcpus = (idle + _scaled(idle, full, load)) * machine.vcpu
    return vcpus, MEMORY_W_GIB * (machine.memory_gib or 0.0)


def _teads_ratio(inputs: EstimateInputs) -> dict[float, float]:
    """By load: the median of Teads' watts over the count, of machines without accelerators."""
    ratios: dict[float, list[float]] = {load: [] for load in LOADS}
    for machine in inputs.machines:
        host = inputs.hosts.get(machine.name)
        if host is None or machine.accelerator is not None:
            continue
        for load in LOADS:
            modelled = _at(host, load)
            if modelled is not None:
                counted, memory_w = _counted(machine, load, inputs)
                ratios[load].append(modelled / (counted.likely + memory_w))
    return {load: median(found) for load, found in ratios.items()}


def _scaled(idle: Interval, full: Interval, load: float) -> Interval:
    return Interval(
        (full.low - idle.low) * load,
        (full.likely - idle.likely) * load,
        (full.high - idle.high) * load,
    )


def _at(host: Host, load: float) -> float | None:
    return {0.0: host.idle_w, 0.5: host.half_w, 1.0: host.full_w}[load]


def accelerator_watts(chip: Chip, load: float, inputs: EstimateInputs) -> Interval | None:
    """One accelerator that holds a model, at rest, half busy, or kept busy; ``None`` unknown."""
    idle, tdp = chip.loaded_idle_w, chip.tdp_w
    if idle is None or tdp is None:
        return None
    if load == 0.0:
        return idle
    full = _drawn(chip, idle, tdp * inputs.power.full_share, inputs)
    if load == 1.0:
        return full
    bursts = (idle + full) * 0.5
    steady = _drawn(chip, idle, tdp * half_share(inputs.power), inputs)
    return Interval(bursts.low, max((bursts.likely + steady.likely) / 2, idle.likely), steady.high)


def _drawn(chip: Chip, idle: Interval, watts: Interval, inputs: EstimateInputs) -> Interval:
    """Watts with the power model's interval: no less than at rest, no more than the TDP."""
    assert chip.tdp_w is not None
    spread, likely = inputs.power_spread, max(watts.likely, idle.likely)
    low = max(spread.low * watts.low, idle.low)
    high = min(spread.high * watts.high, chip.tdp_w.high)
    return Interval(min(low, likely), likely, max(high, likely))


def _watts(
    machine: Machine, load: float, inputs: EstimateInputs, chip: Chip | None
) -> Interval | None:
    at_load = host_watts(machine, load, inputs)
    if machine.accelerator is None:
        return _rounded(at_load)
    each = accelerator_watts(chip, load, inputs) if chip else None
    if each is None:
        return None
    at_rest = host_watts(machine, 0.0, inputs)
    around = Interval(at_rest.low, (at_rest.likely + at_load.likely) / 2, at_load.high)
    total = around + each * machine.accelerators
    host = inputs.hosts.get(machine.name)
    if chip is not None and chip.kind == "gpu" and host is not None:
        modelled = _at(host, load) or total.likely
        total = Interval(min(total.low, modelled), total.likely, max(total.high, modelled))
    return _rounded(total)


def _rounded(value: Interval) -> Interval:
    return Interval(round(value.low, 1), round(value.likely, 1), round(value.high, 1))


def _power_basis(machine: Machine, inputs: EstimateInputs, chip: Chip | None) -> Basis:
    parts = [inputs.processors[machine.processor].basis]
    if chip:
        parts += [chip.tdp_basis or "assumed"]
    return _weakest("derived", *parts)


def _power_sources(machine: Machine, inputs: EstimateInputs, chip: Chip | None) -> tuple[str, ...]:
    sources = [inputs.processors[machine.processor].source, "teads"]
    if chip:
        sources += [chip.tdp_source or "", chip.loaded_idle_source or "", "power-model"]
    return tuple(dict.fromkeys(source for source in sources if source))


_STRENGTH: tuple[Basis, ...] = ("measured", "published", "derived", "assumed")


def _weakest(*bases: Basis | None) -> Basis:
    return max((basis for basis in bases if basis), key=_STRENGTH.index)


def platform_of(machine: Machine) -> tuple[str, str]:
    """What names the server that a machine is a share of."""
    family = PLATFORM_FAMILY.get(machine.family, machine.family.removesuffix("-flex"))
    if machine.cloud == "google":  # a family's series are servers of their own: n2-standard, ...
        series = machine.name.split("-")
        family = f"{series[0]}-{series[1] if len(series) > 2 else 'standard'}"
    return machine.cloud, family


def platforms(machines: tuple[Machine, ...]) -> dict[tuple[str, str], Machine]:
    """Each family's largest machine, of those whose memory is known: the server that the smaller
    ones are shares of."""
    largest: dict[tuple[str, str], Machine] = {}
    for machine in machines:
        key = platform_of(machine)
        if key not in largest or _size(machine) > _size(largest[key]):
            largest[key] = machine
    return largest


def _size(machine: Machine) -> tuple[bool, float, float]:
    return machine.memory_gib is not None, machine.vcpu, machine.memory_gib or 0.0


def platform_embodied_kgco2e(platform: Machine) -> float | None:
    """A server without its accelerators, by the rule; ``None`` where its memory is unknown."""
    if platform.memory_gib is None:
        return None
    memory = max(platform.memory_gib - MEMORY_IN_BASE_GIB, 0.0) * MEMORY_KGCO2E_GIB
    return HOST_BASE_KGCO2E + SECOND_CPU_KGCO2E + memory


def _embodied(machine: Machine, platform: Machine, chip: Chip | None) -> Interval | None:
    server = platform_embodied_kgco2e(platform)
    if server is None or (machine.accelerator and (chip is None or chip.embodied_kgco2e is None)):
        return None
    share = server * machine.vcpu / platform.vcpu
    low, high = HOST_EMBODIED_SPREAD
    total = Interval(share * low, share, share * high)
    if chip is not None and chip.embodied_kgco2e is not None:
        total += chip.embodied_kgco2e * machine.accelerators
    return _rounded(total)


def _embodied_sources(chip: Chip | None) -> tuple[str, ...]:
    chips = (chip.embodied_source,) if chip and chip.embodied_source else ()
    return tuple(dict.fromkeys(("ccf-embodied", *chips)))


def main() -> None:
    write_rows(path_of("estimates", DIRECTORY), estimate(read_inputs()), MachineEstimates)


if __name__ == "__main__":
    main()

"""From watts to gCO2e: what running machines in a region emits, operational and embodied apart.

Method: Software Carbon Intensity, ISO/IEC 21031:2024, ``SCI = (E x I + M) / R`` with E the energy
of the hardware (idle hours included), I the location-based annual average of the grid, M the
embodied carbon's share of those hours and R the functional unit.
"""

from __future__ import annotations

import msgspec

from lichen.catalogue.schema import Machine, Region
from lichen.interval import Interval
from lichen.units import grams, kwh

HOURS_PER_MONTH = 730.0
"""8,760 hours of a year over twelve months."""


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a placement emits in an hour, on average over the day.

    Watts are at the machines' sockets; kWh and gCO2e include the data centre's overhead (PUE).
    ``embodied_gco2e_hour`` is None where nobody publishes it, and then the total leaves it out.
    """

    watts: Interval
    kwh_hour: Interval
    pue: float
    grid_gco2e_kwh: float
    operational_gco2e_hour: Interval
    embodied_gco2e_hour: Interval | None
    gco2e_hour: Interval


def footprint(region: Region, watts: Interval, embodied_gco2e_hour: Interval | None) -> Footprint:
    """Emissions in a region of all replicas: their watts and their embodied carbon together.

    Raises ValueError where the region's grid or PUE is unknown: see :func:`effective_gco2e_kwh`.
    """
    effective = effective_gco2e_kwh(region)
    if effective is None or region.grid_gco2e_kwh is None or region.pue is None:
        raise ValueError(f"{region.name}: grid intensity or PUE unknown")
    operational = kwh(watts) * effective
    return Footprint(
        watts=watts,
        kwh_hour=kwh(watts) * region.pue,
        pue=region.pue,
        grid_gco2e_kwh=region.grid_gco2e_kwh,
        operational_gco2e_hour=operational,
        embodied_gco2e_hour=embodied_gco2e_hour,
        gco2e_hour=operational
        if embodied_gco2e_hour is None
        else operational + embodied_gco2e_hour,
    )


def effective_gco2e_kwh(region: Region) -> float | None:
    """gCO2e for each kWh that a machine draws at its socket: the grid times the PUE."""
    if region.grid_gco2e_kwh is None or region.pue is None:
        return None
    return region.grid_gco2e_kwh * region.pue


def embodied_gco2e_hour(machine: Machine) -> Interval | None:
    """The carbon of making a machine, spread over its life: gCO2e for each hour it runs."""
    if machine.embodied_kgco2e is None or not machine.lifetime_hours:
        return None
    return grams(machine.embodied_kgco2e) * (1 / machine.lifetime_hours)


def machine_watts(machine: Machine, load: float) -> Interval | None:
    """Watts of the whole machine at ``load``, on straight lines idle - half - full.

    Idle is with a model loaded. A machine with accelerators has one line, idle - full, on which
    sizing says how far its draw is (``Sizing.draw``); past full it ends at what it may draw. None
    where nobody publishes enough to say.
    """
    idle, half, full = machine.idle_w, machine.half_load_w, machine.full_load_w
    if idle is None or full is None:
        return None
    load = max(0.0, load)
    if half is None or machine.accelerator:
        return Interval(
            *(
                min(rest + load * (busy - rest), full.high)
                for rest, busy in (
                    (idle.low, full.low),
                    (idle.likely, full.likely),
                    (idle.high, full.high),
                )
            )
        )
    load = min(1.0, load)
    if load <= 0.5:
        return idle * (1.0 - 2.0 * load) + half * (2.0 * load)
    return half * (2.0 - 2.0 * load) + full * (2.0 * load - 1.0)

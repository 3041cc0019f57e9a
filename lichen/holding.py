"""What machines cost and emit while they are provisioned: the only place that says so.

Rules, placement and reports all ask here, so that the same machines have one price and one
footprint wherever they are spoken of.
"""

from __future__ import annotations

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Price, Region
from lichen.emissions import (
    HOURS_PER_MONTH,
    Footprint,
    embodied_gco2e_hour,
    footprint,
    machine_watts,
)
from lichen.interval import Interval
from lichen.units import kwh


class Power(msgspec.Struct, frozen=True, gc=False):
    """What machines draw on average, at their sockets, and what their making is charged an hour.

    It depends on no region. ``embodied_gco2e_hour`` is None where nobody publishes it.
    """

    watts: Interval
    embodied_gco2e_hour: Interval | None

    def likely_gco2e_hour(self, effective_gco2e_kwh: float) -> float:
        """The likely grams an hour on a grid, its data centre's overhead included."""
        making = self.embodied_gco2e_hour
        grams = kwh(self.watts.likely) * effective_gco2e_kwh
        return grams if making is None else grams + making.likely

    def footprint(self, region: Region) -> Footprint:
        """Emissions of an hour in a region; ValueError where its grid or PUE is unknown."""
        return footprint(region, self.watts, self.embodied_gco2e_hour)


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What ``count`` machines cost and emit in a month of 730 hours; None is not known.

    ``watts`` are of all machines, at their sockets. ``gco2e_month`` is operation and making
    together; where nobody publishes the making it is the operation alone. ``sources`` are those of
    the price, the watts and the grid.
    """

    machine: str
    count: float
    hosting: str
    watts: Interval | None
    usd_month: float | None
    price: Price | None
    operation_gco2e_month: Interval | None
    making_gco2e_month: Interval | None
    gco2e_month: Interval | None
    sources: tuple[str, ...]

    def grams_less(self, then: Holding) -> Interval | None:
        """What ``then`` instead emits less in a month; None where one is not known.

        Worst against best: the least is the low end of the one less the high end of the other.
        """
        ours, theirs = self.gco2e_month, then.gco2e_month
        if ours is None or theirs is None:
            return None
        return Interval(ours.low - theirs.high, ours.likely - theirs.likely, ours.high - theirs.low)

    def usd_less(self, then: Holding) -> float | None:
        """What ``then`` instead costs less in a month; None where one is not known."""
        if self.usd_month is None or then.usd_month is None:
            return None
        return self.usd_month - then.usd_month


def holding(
    machine: Machine,
    count: float,
    region: Region | None,
    hosting: str,
    catalogue: Catalogue,
    *,
    load: float | None,
) -> Holding:
    """``count`` machines for a month, each ``load`` of the way from idle to full on average.

    Where the load is not known (None) it is between idle and full, likeliest half. Without a
    region there is neither a price nor a grid.
    """
    power = power_of(machine, count, load)
    emitted = None
    if power is not None and region is not None and _has_grid(region):
        emitted = power.footprint(region)
    price = None if region is None else catalogue.price(machine.name, region.name, hosting)
    making = None if power is None else power.embodied_gco2e_hour
    sources = (
        price.source if price else None,
        *(machine.power_source if power else ()),
        region.grid_source if region is not None and emitted else None,
    )
    return Holding(
        machine=machine.name,
        count=count,
        hosting=hosting,
        watts=None if power is None else power.watts,
        usd_month=(
            None
            if price is None or price.usd_hour is None
            else price.usd_hour * count * HOURS_PER_MONTH
        ),
        price=price,
        operation_gco2e_month=(
            None if emitted is None else emitted.operational_gco2e_hour * HOURS_PER_MONTH
        ),
        making_gco2e_month=None if making is None else making * HOURS_PER_MONTH,
        gco2e_month=None if emitted is None else emitted.gco2e_hour * HOURS_PER_MONTH,
        sources=tuple(dict.fromkeys(source for source in sources if source)),
    )


def power_of(machine: Machine, count: float, load: float | None) -> Power | None:
    """What ``count`` machines draw, and their making; None where nobody publishes the watts."""
    watts = machine_watts(machine, load) if load is not None else _idle_to_full(machine)
    if watts is None:
        return None
    making = embodied_gco2e_hour(machine)
    return Power(watts * count, None if making is None else making * count)


def _idle_to_full(machine: Machine) -> Interval | None:
    idle, full = machine.idle_w, machine.full_load_w
    half = machine.half_load_w or machine_watts(machine, 0.5)
    if idle is None or half is None or full is None:
        return None
    return Interval(idle.low, half.likely, full.high)


def _has_grid(region: Region) -> bool:
    return region.grid_gco2e_kwh is not None and region.pue is not None

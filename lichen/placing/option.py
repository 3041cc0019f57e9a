"""A candidate as a printed option: its replicas, money and grams, each with its interval."""

from __future__ import annotations

import math
from typing import Literal

from lichen.catalogue import Catalogue
from lichen.emissions import HOURS_PER_MONTH, Footprint, effective_gco2e_kwh
from lichen.holding import power_of
from lichen.interval import Interval
from lichen.placing.billing import least_of, paid_of
from lichen.placing.candidates import Candidate
from lichen.placing.placement import Option
from lichen.sizing import Layout
from lichen.workload import ModelCard, Workload


def functional_unit(card: ModelCard) -> str:
    """The functional unit (R in SCI) that emissions and cost are divided by."""
    return "1,000 output tokens" if card.generates else "1,000 requests"


def _units_hour(workload: Workload, card: ModelCard) -> float:
    requests_hour = sum(workload.traffic.profile_rps) / 24 * 3600
    each = (workload.traffic.output_tokens or 1) if card.generates else 1
    return requests_hour * each / 1000


def option_of(
    candidate: Candidate, workload: Workload, card: ModelCard, catalogue: Catalogue
) -> Option:
    """A candidate with its intervals, also by the month and by the functional unit."""
    units_hour, sized = _units_hour(workload, card), candidate.sized
    layout, usd_hour = sized.layout, candidate.usd_hour
    slow, fast = layout.ends()
    grams = footprint_of(candidate, catalogue).gco2e_hour
    grams = widened(
        grams,
        gco2e_hour_of(candidate, fast, fast.capacity.slow.rate, catalogue),
        gco2e_hour_of(candidate, slow, slow.capacity.slow.rate, catalogue),
    )
    return Option(
        machine=candidate.offer.machine,
        region=candidate.offer.region,
        cloud=catalogue.regions[candidate.offer.region].cloud,
        hosting=sized.hosting.name,
        hosting_title=sized.hosting.title,
        precision=layout.precision,
        stack=layout.arrangement.stack.stack,
        replicas_minimum=least_of(layout, sized.hosting),
        replicas_peak=layout.replicas.peak,
        replicas_maximum=layout.replicas.maximum,
        replicas_mean=sized.replicas_mean,
        replicas_needed=around(
            float(fast.replicas.peak), float(layout.replicas.peak), float(slow.replicas.peak)
        ),
        usd_hour=usd_hour,
        usd_month=usd_hour * HOURS_PER_MONTH,
        usd_month_needed=around(
            *(
                usd_hour_of(candidate, one, times) * HOURS_PER_MONTH
                for one, times in (
                    (fast, fast.capacity.slow.rate),
                    (layout, 1.0),
                    (slow, slow.capacity.slow.rate),
                )
            )
        ),
        usd_unit=usd_hour / units_hour if units_hour else None,
        price_basis=_price_basis(candidate, catalogue),
        price_known=candidate.price.basis,
        sold=candidate.bought.sold,
        gco2e_hour=grams,
        gco2e_month=grams * HOURS_PER_MONTH,
        gco2e_unit=grams / units_hour if units_hour else None,
        unmade=sized.unmade,
    )


def _price_basis(candidate: Candidate, catalogue: Catalogue) -> Literal["hosting", "machine"]:
    hosting, region = candidate.sized.hosting, candidate.offer.region
    chip = catalogue.machine(candidate.offer.machine).accelerator
    its_own = (
        hosting.base is not None
        or catalogue.rate(hosting.name, region, chip) is not None
        or catalogue.own("prices", f"{candidate.offer.machine} {region} {hosting.name}")
    )
    return "hosting" if its_own else "machine"


def footprint_of(candidate: Candidate, catalogue: Catalogue) -> Footprint:
    """What the planned replicas of a candidate emit in an hour."""
    return candidate.sized.power.footprint(catalogue.regions[candidate.offer.region])


def usd_hour_of(candidate: Candidate, layout: Layout, slow: float = 1.0) -> float:
    """What the replicas of another layout of the same machine, whose times are ``slow`` times the
    likely ones, cost in an hour."""
    planned = candidate.sized.replicas_mean
    paid, _ = paid_of(layout, candidate.sized.hosting, slow)
    return candidate.usd_hour * paid / planned if planned else 0.0


def gco2e_hour_of(candidate: Candidate, layout: Layout, slow: float, catalogue: Catalogue) -> float:
    """Likely grams an hour of the replicas of another layout of the same machine, whose times are
    ``slow`` times the likely ones."""
    machine = catalogue.machine(candidate.offer.machine)
    power = power_of(machine, *paid_of(layout, candidate.sized.hosting, slow))
    grid = effective_gco2e_kwh(catalogue.regions[candidate.offer.region])
    if power is None or grid is None:
        return candidate.gco2e_hour
    return power.likely_gco2e_hour(grid)


def around(low: float, likely: float, high: float) -> Interval:
    """An interval that holds its likely value, whichever end that is beyond."""
    return Interval(min(low, likely), likely, max(high, likely))


def widened(grams: Interval, fast: float, slow: float) -> Interval:
    """An interval of grams at the likely speed, with the grams at the ends of the speed's.

    How fast a machine is and what it draws are independent: log distances add as squares.
    """
    likely = grams.likely
    if not grams.low > 0 or not fast > 0:
        return grams
    down = math.hypot(math.log(likely / grams.low), math.log(max(likely / fast, 1.0)))
    up = math.hypot(math.log(grams.high / likely), math.log(max(slow / likely, 1.0)))
    return Interval(likely * math.exp(-down), likely, likely * math.exp(up))

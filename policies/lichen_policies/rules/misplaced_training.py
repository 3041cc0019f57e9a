"""Training job in a region with far dirtier electricity than it could have.

Why: A training job answers nobody, so no user is further away when it runs elsewhere, and it takes
hours of the largest machines. It is the easiest work to move to a clean grid.

Fix: Run the job in the region that the message names, or at the hours that its grid is cleanest.

Exceptions: It only advises, because it does not know where the data may be: set ``regions`` in
lichen.yaml to those that you may use. The other region must offer the machine and emit at most the
limit ``share_pct`` of this one. A region of low carbon passes. Hours are named only where somebody
publishes those of the grid, and where they save 5 % or more: they are those of a usual day of the
month, no forecast.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Region
from lichen.grid import LOW_MAX_GCO2E_KWH, classify
from lichen.grid_hours import HOURS, cleanest, usual_day
from lichen_policies.facts import Training
from lichen_policies.offered import Offered, where_made
from lichen_policies.rule import HIGHER_IS_STRICTER, Finding, Known, NotApplicable, rule

USUAL_HOURS = 6.0
"""How long a job is taken for that states no limit of its time (design choice)."""
WORTH_WAITING = 0.05
"""The share of its grams that a job must save so that hours are named (design choice)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``share_pct``: what the other region may emit at most for the same energy, in percent of this
    one."""

    share_pct: Annotated[float, Meta(gt=0, le=100), HIGHER_IS_STRICTER] = 50.0


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="region")
def misplaced_training(fact: Training, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.region is None:
        raise NotApplicable("no region is stated: see region-unresolved")
    here = known.region(fact.region)
    grams = here.grid_gco2e_kwh
    if grams is None or classify(here).level not in ("medium", "high"):
        return
    there = _cleanest(fact, here, grams * limits.share_pct / 100, known)
    if there is None or there.grid_gco2e_kwh is None:
        return
    made = _made(fact, known)
    yield Finding(
        what=f"{here.name} runs on {grams:.0f} gCO2e/kWh, and {there.name} ({there.place}) on "
        f"{there.grid_gco2e_kwh:.0f} ({there.grid_year})"
        + (f"; it offers {made.what} too" if made.what else ""),
        limit="work that answers nobody may run where its electricity emits at most "
        f"{limits.share_pct:g} % as much",
        or_else=f"run the job in {there.name} if its data may be there"
        + _at_clean_hours(fact, here, known),
        path=fact.region_at,
        sources=tuple(filter(None, (here.grid_source, there.grid_source))),
    )


def _at_clean_hours(fact: Training, here: Region, known: Known) -> str:
    """When to begin instead where it is, as a clause; empty where that saves little or nobody
    publishes the hours."""
    day = usual_day(here, known.today.month, known.catalogue)
    hours = round(fact.if_known.hours_most or USUAL_HOURS)
    if day is None or not 1 <= hours < HOURS:
        return ""
    window = cleanest(day, hours)
    less = 1 - window.ratio / day.mean
    if less < WORTH_WAITING:
        return ""
    return (
        f"; or begin it at {window.start_hour_utc:02d}:00 UTC, when {hours} hours in {here.name} "
        f"usually emit {less * 100:.0f} % less than the mean of the day"
    )


def _made(fact: Training, known: Known) -> Offered:
    """Where its machine is made."""
    machine = fact.if_known.machine
    return where_made((machine,) if machine else (), (), fact.cloud, known)


def _cleanest(fact: Training, here: Region, most: float, known: Known) -> Region | None:
    """The cleanest region that offers the machine and emits little enough."""
    made = _made(fact, known)
    cleaner = [
        region
        for region in known.catalogue.regions.values()
        if (region.cloud, region.partition) == (here.cloud, here.partition)
        and region.grid_gco2e_kwh is not None
        and region.grid_gco2e_kwh <= min(most, LOW_MAX_GCO2E_KWH)
        and known.may_advise(region)
        and made.has(region)
    ]
    return min(cleaner, key=lambda region: (region.grid_gco2e_kwh or 0, region.name), default=None)

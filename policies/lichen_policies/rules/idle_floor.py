"""Floor above zero outside production.

Why: What is tried and tested sleeps most of the day and all night. A floor holds its machines,
their idle power and their price through every hour of it: three quarters of the week lie outside
working hours.

Fix: Set the floor to zero, the way that the message names for this kind of resource.

Exceptions: Only resources that plainly serve models are judged: SageMaker's and Vertex's, those
with accelerators, and those with a passport. A fixed count without scaling is not called a floor.
Where nobody states the environment it is taken for production.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Scaling
from lichen_policies.rulebook import UNSTATED, Finding, Known

SEVERITY = "high"
LEVELS = {"dev": "advisory", "staging": "advisory", "prod": "advisory"}
JUDGES = Scaling


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The floor that may be held outside production, in the resource's own unit."""

    floor: Annotated[int, Meta(ge=0, le=100_000)] = 0


def judge(fact: Scaling, limits: Limits, known: Known) -> Iterator[Finding]:
    if (fact.environment or UNSTATED) == "prod":
        return
    if fact.floor is None or fact.floor <= limits.floor:
        return
    held, sources = _held(fact, known)
    yield Finding(
        what=f"{fact.path} is {fact.floor}: so many {fact.unit} are held in {fact.environment} "
        f"whatever the traffic{held}",
        limit=f"outside production the floor is at most {limits.floor}",
        fix=fact.to_zero or f"set {fact.path} to 0",
        path=fact.path,
        sources=sources,
    )


def _held(fact: Scaling, known: Known) -> tuple[str, tuple[str, ...]]:
    """What a month of holding them idle costs and emits, where machine and region are known."""
    from lichen.emissions import HOURS_PER_MONTH, effective_gco2e_kwh

    row = known.catalogue.machines.get(fact.known("machine") or "")
    region = known.catalogue.regions.get(fact.known("region") or "")
    if row is None or region is None or fact.floor is None:
        return "", ()
    told: list[str] = []
    sources: list[str] = []
    for offer in known.catalogue.offers_of(row.name):
        price = offer.sagemaker_usd_hour if fact.hosted else offer.usd_hour
        source = offer.sagemaker_source if fact.hosted else offer.price_source
        if offer.region == region.name and price is not None:
            told.append(f"{price * fact.floor * HOURS_PER_MONTH:,.0f} USD")
            sources += [source] if source else []
    grid = effective_gco2e_kwh(region)
    if row.idle_w is not None and grid is not None:
        grams = row.idle_w * (fact.floor * HOURS_PER_MONTH / 1000 * grid)
        told.append(f"{grams.low / 1000:,.0f} to {grams.high / 1000:,.0f} kgCO2e")
        sources += [*(row.power_source or ()), region.grid_source or ""]
    if not told:
        return "", ()
    return f" (a month idle: {' and '.join(told)})", tuple(filter(None, dict.fromkeys(sources)))

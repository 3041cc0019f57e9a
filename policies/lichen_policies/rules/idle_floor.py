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
from lichen_policies.provisioned import provisioned
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
    month, sources = _month(fact, known)
    yield Finding(
        what=f"{fact.path} is {fact.floor}: so many {fact.unit} are held in {fact.environment} "
        f"whatever the traffic{month}",
        limit=f"outside production the floor is at most {limits.floor}",
        fix=fact.to_zero or f"set {fact.path} to 0",
        path=fact.path,
        sources=sources,
    )


def _month(fact: Scaling, known: Known) -> tuple[str, tuple[str, ...]]:
    """What a month of the floor costs and emits, where machine and region are known."""
    row = known.catalogue.machines.get(fact.known("machine") or "")
    region = known.catalogue.regions.get(fact.known("region") or "")
    if row is None or region is None or fact.floor is None:
        return "", ()
    environment = fact.known("environment") or UNSTATED
    month = provisioned(fact, row, fact.floor, fact.hosting, region, known.catalogue, environment)
    figures: list[str] = []
    if month.usd_month is not None:
        figures.append(f"{month.usd_month:,.0f} USD")
    if (grams := month.gco2e_month) is not None:
        figures.append(f"{grams.low / 1000:,.0f} to {grams.high / 1000:,.0f} kgCO2e")
    return (f" (a month: {' and '.join(figures)})", month.sources) if figures else ("", ())

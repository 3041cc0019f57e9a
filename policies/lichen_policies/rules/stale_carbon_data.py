"""Carbon data that is older than it may be.

Why: Grids change by several percent a year, machines and prices change faster. A verdict on figures
of three years ago may send a deployment to a region that is no longer the clean one.

Fix: Install the newest version of Lichen, or bring the tables up to date: ``lichen catalogue
sources`` has the day of each source.

Exceptions: Only the figures of regions' electricity count; other tables that are too old are named
beside them, and by ``lichen place`` where a figure is used. It advises from the age on that each
source's table states, and blocks, in production, from ``mandatory_after_days`` on. Figures that do
not age, such as a standard's constants, have no limit.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.staleness import Age, stale_sources
from lichen_policies.rule import LOWER_IS_STRICTER, Finding, Known, rule
from lichen_policies.run import GateRun


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The age of the regions' electricity figures, in days, from which on the finding blocks."""

    mandatory_after_days: Annotated[int, Meta(ge=1, le=10_000), LOWER_IS_STRICTER] = 1095


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="governance")
def stale_carbon_data(run: GateRun, limits: Limits, known: Known) -> Iterator[Finding]:
    stale = stale_sources(known.catalogue, known.today)
    grids = {region.grid_source for region in known.catalogue.regions.values()} if stale else set()
    electricity = [age for age in stale if age.source in grids]
    if not electricity:
        return
    oldest_days = max(age.age_days for age in electricity)
    others = len(stale) - len(electricity)
    advice = oldest_days <= limits.mandatory_after_days
    yield Finding(
        what="; ".join(_aged(age) for age in electricity[:3])
        + (f"; {others} other sources are too old as well" if others > 1 else "")
        + ("; one other source is too old as well" if others == 1 else ""),
        limit=f"figures of electricity older than {limits.mandatory_after_days} days block in "
        "production",
        or_else="install the newest Lichen, or refresh the tables (lichen catalogue sources "
        "has their days)",
        path="sources",
        sources=tuple(age.source for age in stale),
        advice=advice,
    )


def _aged(age: Age) -> str:
    return (
        f"the figures of {age.source} ({age.title}) are of {age.fetched}, {age.age_days} days "
        f"old, and their limit is {age.max_age_days}"
    )

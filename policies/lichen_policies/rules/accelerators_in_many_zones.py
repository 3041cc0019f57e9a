"""Pool of accelerators that keeps machines in more zones than its environment needs.

Why: A pool over several zones keeps its least number of machines in each of them. A floor of one
in three zones is three idle machines with accelerators, and a spare for a zone that fails is of use
in production only.

Fix: List fewer zones, or bound the pool over all of its zones together.

Exceptions: Only pools that list zones themselves, carry accelerators and keep at least one machine
in each zone are judged. Bounds over all zones together are not judged.

Tags: It reads none but ``lichen:environment``, which chooses the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import ZonedPool
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.rule import UNSTATED, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Zones in which a pool may keep machines with accelerators."""

    zones: Annotated[int, Meta(ge=1, le=100)] = 3


@rule(
    severity="low",
    dev="advisory",
    staging="advisory",
    prod="advisory",
    theme="idle",
    limits={"dev": {"zones": 1}, "staging": {"zones": 2}},
)
def accelerators_in_many_zones(fact: ZonedPool, limits: Limits, known: Known) -> Iterator[Finding]:
    if not fact.attached and not (fact.machine and names_accelerators(fact.machine)):
        raise NotApplicable("its machines carry no accelerators")
    zones = len(fact.zones or ())
    if zones <= limits.zones or not fact.least_each:
        return
    environment = fact.environment or UNSTATED
    least = fact.least_each * zones
    yield Finding(
        what=f"{fact.zones_at} lists {zones} zones, and {fact.least_each:g} in each are {least:g} "
        "machines with accelerators that always run",
        limit=f"the limit in {environment} is {limits.zones} "
        + ("zone" if limits.zones == 1 else "zones"),
        or_else=f"list at most {limits.zones} in {fact.zones_at}, or set {fact.total_at} in place "
        f"of {fact.least_each_at}",
        path=fact.zones_at,
    )

"""Machines in a region whose electricity is high in carbon.

Why: The same machine doing the same work emits ten to thirty times as much on a coal grid as on
hydro or nuclear power. No other choice in a deployment matters as much, and it is one word.

Fix: Deploy to the region that the message names: the nearest low-carbon region that offers the
machine.

Exceptions: It blocks only if every source of the region's own grid says high. If sources disagree,
or there is only one, it advises. It blocks only what plainly serves or trains models: services for
that, machines with accelerators, and what has ``lichen:*`` tags. General machines (a bastion, a
database, a web server) get advice, and so does a machine with GPUs whose tags name work with
graphics (a workstation, a render farm). Annual averages by location decide; contracts for green
power, carbon-free shares and marginal rates do not. The rule does not know data residency, latency,
quota or capacity: set ``regions`` in lichen.yaml to those that you may use. If they include the
region and none that is cleaner, it advises. What asks for a device of which nothing but a name is
known (see unknown-accelerator) gets advice. A group whose ceiling is zero runs nothing and is not
judged, nor are templates, networks, storage and managed databases. An index of Vertex AI and its
endpoint are judged, and a Studio space by the machine that is started in it. So is what is bought
by the hour of a hosted model (Bedrock, Azure OpenAI); one that is called by the request is not. A
general pool of an AKS cluster that is not among the resources is not judged either. A region that
is not known here is unverified: one that comes by a variable, that a provider has which is written
elsewhere (region-unresolved then advises too), or that the catalogue does not have.

Tags: Without ``lichen:*`` tags it blocks what has accelerators and what is made for models. With
one, such as ``lichen:model``, it blocks general machines too. ``lichen:environment`` says how
strict to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Region
from lichen.clouds import CLOUDS
from lichen.distance import round_trip_ms
from lichen.emissions import effective_gco2e_kwh
from lichen.grid import HIGH_MIN_GCO2E_KWH, LOW_MAX_GCO2E_KWH, classify
from lichen_policies.facts import Located
from lichen_policies.offered import offered
from lichen_policies.provisioned import (
    in_cluster,
    located_for_models,
    machines_for,
    provisioned,
)
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    Change,
    Finding,
    Known,
    NotApplicable,
    Saves,
    Unverified,
    rule,
)

Intensity = Annotated[float, Meta(ge=0, le=2000), LOWER_IS_STRICTER]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of the classes, gCO2e/kWh: low is at most the first (Google's own low-carbon label),
    high is above the second (near the world's average)."""

    low_max_gco2e_kwh: Intensity = LOW_MAX_GCO2E_KWH
    high_min_gco2e_kwh: Intensity = HIGH_MIN_GCO2E_KWH

    def __post_init__(self) -> None:
        if self.low_max_gco2e_kwh > self.high_min_gco2e_kwh:
            raise ValueError("low_max_gco2e_kwh is above high_min_gco2e_kwh")


@rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="region")
def dirty_region(fact: Located, limits: Limits, known: Known) -> Iterator[Finding]:
    if _is_general_part(fact, known):
        raise NotApplicable(
            f"nothing says that it serves models, and it is where {fact.part_of} is"
        )
    if fact.region is None:
        raise NotApplicable("no region is stated: see region-unresolved")
    here = known.region(fact.region)
    grid = classify(
        here,
        low_max_gco2e_kwh=limits.low_max_gco2e_kwh,
        high_min_gco2e_kwh=limits.high_min_gco2e_kwh,
    )
    if grid.level == "unknown":
        raise Unverified(f"the electricity of {here.name} is not known: {grid.because}")
    if grid.level != "high":
        return
    better = _nearest_cleaner(fact, here, limits, known)
    confined = better is None and _confined(fact, here, limits, known.of_organisation)
    because = _why_advice(grid.surely_high, confined, located_for_models(fact, known))
    yield Finding(
        what=f"{here.name} ({_town(here)}) runs on {_grid(here, known)}; {grid.because}",
        limit=f"above {limits.high_min_gco2e_kwh:g} gCO2e/kWh is high carbon"
        + (f"; this finding only advises, because {because}" if because else ""),
        changes=_changes(fact, better, known),
        or_else=_or_else(fact, better, known),
        path=fact.region_at,
        saves=Saves() if better is None else _saves(fact, here, better, known),
        sources=tuple(dict.fromkeys(reading.source for reading in grid.readings)),
        advice=bool(because),
    )


def _confined(fact: Located, here: Region, limits: Limits, known: Known) -> bool:
    """Whether the organisation allows this region and none that is cleaner."""
    return (
        bool(known.regions or known.clouds)
        and known.may_use(here)
        and _nearest_cleaner(_of_any_kind(fact), here, limits, known) is None
    )


def _of_any_kind(fact: Located) -> Located:
    """The same without an accelerator of which nobody knows where it is made."""
    return msgspec.structs.replace(fact, attached=())


def _why_advice(surely_high: bool, confined: bool, for_models: bool) -> str:
    """Why a finding only advises; empty where it does not."""
    if not surely_high:
        return "too few sources agree"
    if confined:
        return "lichen.yaml allows nothing cleaner"
    return "" if for_models else "nothing says that it serves models"


def _is_general_part(fact: Located, known: Known) -> bool:
    """Whether it is a general machine of a whole that nobody sees: it could get advice alone, and
    gets no question."""
    if not fact.part_of or fact.if_known.region is not None:
        return False
    says = (fact.for_models, fact.machine)  # a question of its own where nobody knows
    return not any(says[:1]) and not located_for_models(fact, known)


def _grid(region: Region, known: Known) -> str:
    source = known.catalogue.sources.get(region.grid_source or "")
    publisher = source.publisher if source else region.grid_source
    return f"{region.grid_gco2e_kwh:.0f} gCO2e/kWh ({publisher}, {region.grid_year})"


def _town(region: Region) -> str:
    """``Stockholm`` of ``Europe (Stockholm)``; a place without brackets as it is."""
    return region.place.rsplit("(", 1)[-1].rstrip(")")


def _names_zone(fact: Located) -> bool:
    """Whether the resource is placed by a zone: a region is no value of that property."""
    return fact.region_at.lower().replace("_", "").endswith(("zone", "zones"))


def _changes(fact: Located, better: Region | None, known: Known) -> tuple[Change, ...]:
    if better is None or not fact.region_at or fact.part_of:
        return ()
    if _names_zone(fact) or in_cluster(fact.hosting, known.catalogue):
        return ()
    return (
        Change(
            path=fact.region_at,
            to=better.name,
            note=_described(better),
            elsewhere="on the provider" if CLOUDS[fact.cloud].region_on_provider else "",
            why=_why(fact, known),
        ),
    )


def _or_else(fact: Located, better: Region | None, known: Known) -> str:
    made = offered(fact, known)
    if better is None and made.unlisted:
        return (
            f"move {fact.part_of or 'it'} to a region of cleaner electricity that has "
            f"{made.unlisted}: Lichen has no list of those"
        )
    if better is None:
        return _no_better(made.what, known)
    there = f"{better.name}, {_described(better)}: {_why(fact, known)}"
    if in_cluster(fact.hosting, known.catalogue):
        return f"run it on a cluster in {there}"
    if fact.part_of:
        return f"move {fact.part_of} to {there}"
    if not fact.region_at:
        stack = fact.context.region_of == "stack"
        return f"{'deploy the stack to' if stack else 'set the region of the provider to'} {there}"
    if not _names_zone(fact):
        return ""
    zones = "zones" if fact.region_at.endswith("s") else "a zone"
    return f"set {fact.region_at} to {zones} of {there}"


def _no_better(machine: str, known: Known) -> str:
    """What to change where no region that may be used is better."""
    offers = f" that offers {machine}" if machine else ""
    if known.regions or known.clouds:
        setting = "regions" if known.regions else "clouds"
        return f"allow more {setting} in lichen.yaml: no allowed region{offers} is cleaner"
    if machine:
        return f"choose another machine: no region{offers} has cleaner electricity"
    return "choose another cloud: no region of this one has cleaner electricity"


def _described(region: Region) -> str:
    return f"{_town(region)}, {region.grid_gco2e_kwh:.0f} gCO2e/kWh"


def _why(fact: Located, known: Known) -> str:
    made = offered(fact, known)
    return "the nearest cleaner region" + (f" that offers {made.what}" if made.what else "")


def _nearest_cleaner(fact: Located, here: Region, limits: Limits, known: Known) -> Region | None:
    """The nearest low-carbon region that offers the machine; without one, the cleanest there is."""
    made = offered(fact, known)
    dirty = effective_gco2e_kwh(here) or float("inf")
    cleaner = [
        region
        for region in known.catalogue.regions.values()
        if region.partition == here.partition
        and region.cloud == here.cloud
        and known.may_advise(region)
        and made.has(region)
        and (effective_gco2e_kwh(region) or float("inf")) < dirty
    ]
    low = [r for r in cleaner if (r.grid_gco2e_kwh or 0) <= limits.low_max_gco2e_kwh]
    if low:
        return min(low, key=lambda region: round_trip_ms(here, region) or float("inf"))
    return min(cleaner, key=lambda region: effective_gco2e_kwh(region) or 0, default=None)


def _saves(fact: Located, here: Region, there: Region, known: Known) -> Saves:
    """The same machines for a month, here and there."""
    machine = known.catalogue.machines.get(fact.if_known.machine or "")
    if machine is None:
        return Saves()
    count = machines_for(fact.if_known.machines or 1, fact.if_known.chips_each, machine)
    now, then = (
        provisioned(fact, machine, count, fact.hosting, region, known.catalogue)
        for region in (here, there)
    )
    emitted, dirty, clean = now.operation_gco2e_month, *map(effective_gco2e_kwh, (here, there))
    grams = None
    if emitted is not None and dirty is not None and clean is not None:
        grams = emitted * (1 - clean / dirty)  # the watts are the same in both regions
    return Saves(gco2e_month=grams, usd_month=now.usd_less(then))

"""Region beside one with far cleaner electricity.

Why: A region of medium carbon is no reason to stop a deployment, but a region a few milliseconds
away may run on a third of its carbon, for the same machines and often the same price.

Fix: Deploy to the region that the message names, if your data and your users allow it.

Exceptions: It only advises, because it knows nothing of data residency and of users' places: set
``regions`` in lichen.yaml to those that you may use. A region of high carbon is judged by
dirty-region, one of low carbon by no rule. Only machines with accelerators and managed endpoints
are judged: managed are SageMaker, Vertex AI and Azure Machine Learning, on any machine; an index of
Vertex AI and its endpoint are not. A service of KServe, Knative or Ray is pods of a cluster, so it
is judged only where it asks for accelerators and its region is known. A pool of Karpenter that asks
for accelerators is judged where its region is known, by the accelerator's name where it asks for
one. Where the machine comes by a variable and nothing else shows accelerators it says nothing:
dirty-region says that it cannot be checked. A managed endpoint, and pods with accelerators, whose
machine comes by a variable are unverified: it decides which regions offer it. So are they, and all
that plainly has accelerators, where the region is stated and not known, or is that of a provider
which is written elsewhere. Where nobody states any region, as in most manifests, it says nothing:
see region-unresolved. What shows accelerators is a machine, an accelerator or a device that is
named; a label, a taint or a driver is not. Clusters for jobs (Azure Machine Learning's compute,
SageMaker's HyperPod) are no endpoints, and are judged where they have accelerators. A notebook is
no endpoint: it is judged where it has accelerators. The other region must offer the machine and the
accelerators that are attached to it, as far as the catalogue knows them (a machine that it does not
have is taken to be in every region, and the message then does not say that it is offered; where a
resource names no machine at all, any region will do), be low in carbon, emit at most the limit
``share_pct`` of this one, and be within the limit ``round_trip_ms``. The time is an estimate: 2 ms,
and 0.016 ms for each kilometre of the great circle between the two (light in glass, there and back,
on cables 1.6 times as long); regions.csv has their places.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Region
from lichen.distance import round_trip_ms
from lichen.grid import LOW_MAX_GCO2E_KWH, classify
from lichen_policies.facts import Located
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.named_hardware import chip_named
from lichen_policies.offered import offered
from lichen_policies.provisioned import has_attached
from lichen_policies.rule import Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``share_pct``: what the other region may emit at most for the same energy, in percent of this
    one; ``round_trip_ms``: how far it may be, there and back, in milliseconds."""

    share_pct: Annotated[float, Meta(gt=0, le=100)] = 50.0
    round_trip_ms: Annotated[float, Meta(ge=0, le=1000)] = 50.0


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="region")
def greener_region(fact: Located, limits: Limits, known: Known) -> Iterator[Finding]:
    if not _serves(fact, known):
        raise NotApplicable("it has no accelerator and is no managed endpoint")
    if fact.region is None:
        raise NotApplicable("no region is stated: see region-unresolved")
    here = known.region(fact.region)
    level = classify(here).level
    if level == "high":
        raise NotApplicable("its electricity is high in carbon: see dirty-region")
    if level != "medium":
        return
    chips = any(chip_named(word, known.catalogue) for word in fact.attached)
    if not chips and not fact.any_of:
        _ = fact.machine  # where it is not known, nobody knows which regions offer it
    better = _nearest(fact, here, limits, known)
    if better is None:
        return
    there, away_ms = better
    made = offered(fact, known)
    offering = f", and offers {made.what}" if made.what else ""
    yield Finding(
        what=f"{here.name} runs on {here.grid_gco2e_kwh:.0f} gCO2e/kWh, and {there.name} "
        f"({there.place}) on {there.grid_gco2e_kwh:.0f} ({there.grid_year}); it is about "
        f"{away_ms:.0f} ms away, there and back{offering}",
        limit=f"a region within {limits.round_trip_ms:g} ms with at most {limits.share_pct:g} % of "
        "the carbon is worth a look",
        or_else=f"deploy to {there.name} if your data may be there",
        path=fact.region_at,
        sources=tuple(filter(None, (here.grid_source, there.grid_source))),
    )


def _serves(fact: Located, known: Known) -> bool:
    hosting = known.catalogue.hostings.get(fact.if_known.hosting or "")
    managed = hosting is not None and hosting.kind == "managed"
    if managed or fact.if_known.chips_each or has_attached(fact):
        return True
    return any(map(names_accelerators, _machines(fact)))


def _machines(fact: Located) -> tuple[str, ...]:
    """The machine, or each of several that it may be."""
    machine = fact.if_known.machine
    return (machine,) if machine else fact.any_of


def _nearest(
    fact: Located, here: Region, limits: Limits, known: Known
) -> tuple[Region, float] | None:
    """The nearest region that is clean enough, and how far it is."""
    made = offered(fact, known)
    most = (here.grid_gco2e_kwh or 0) * limits.share_pct / 100
    found: list[tuple[float, Region]] = []
    for region in known.catalogue.regions.values():
        grams, away_ms = region.grid_gco2e_kwh, round_trip_ms(here, region)
        if (region.cloud, region.partition) != (here.cloud, here.partition):
            continue
        if grams is None or grams > min(most, LOW_MAX_GCO2E_KWH):
            continue
        if not known.may_advise(region) or not made.has(region):
            continue
        if away_ms is not None and away_ms <= limits.round_trip_ms:
            found.append((away_ms, region))
    nearest = min(found, key=lambda each: (each[0], each[1].name), default=None)
    return None if nearest is None else (nearest[1], nearest[0])

"""Model whose requests may be answered on a high-carbon grid, sent from a cleaner one.

Why: A profile of several regions sends each request to whichever has room. That of a wide area
includes grids that emit twenty times what the chosen region does, and what was placed with care
runs on coal in the busiest hours.

Fix: Take the model in one region, or the profile of an area without such grids.

Exceptions: It only advises: which regions a profile includes depends on the model, some models are
sold by such profiles alone, and the vendor changes the list. The list is that of the day in the
message. Only regions count of which the sources agree that they are high in carbon, as in
dirty-region what blocks: a region that one source calls high and another does not makes no finding.
Where the region that the requests are sent from is itself high, dirty-region is the finding; so
where it is stated and not known, or has its provider elsewhere, this is unverified. Where nobody
states one, it is judged. Azure's Global and DataZone deployments are judged as profiles are. Where
a template makes the name of the source, its area is read if it is written
(``inference-profile/eu.``); one that follows a parameter is unverified.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue.schema import Region, Route
from lichen.grid import classify
from lichen_policies.facts import RoutedModel
from lichen_policies.rule import Finding, Known, Unverified, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="region")
def routed_to_dirty_regions(fact: RoutedModel, known: Known) -> Iterator[Finding]:
    area = fact.area
    if area is None:
        return
    routes = [
        route
        for route in known.catalogue.table("routes", Route)
        if (route.cloud, route.area) == (fact.cloud, area)
    ]
    if not routes:
        raise Unverified("the regions of the source's area are not in the catalogue")
    there = _regions(routes, fact.cloud, known)
    dirty = [region for region in there if classify(region).surely_high]
    here = known.catalogue.regions.get((fact.region if dirty else fact.if_known.region) or "")
    if here is not None and classify(here).surely_high:
        return  # The region itself is the finding, of another rule.
    forbidden = [region for region in there if not known.may_use(region)]
    if not dirty and not forbidden:
        return
    if dirty:
        worst = max(dirty, key=lambda region: region.grid_gco2e_kwh or 0)
        yield Finding(
            what=f"requests may be answered in {len(dirty)} of {len(there)} regions whose "
            f"electricity is high in carbon, such as {worst.name} "
            f"({worst.grid_gco2e_kwh:.0f} gCO2e/kWh, {worst.grid_year}), by the list of "
            f"{routes[0].as_of}",
            limit="requests are answered where the electricity is not high in carbon",
            or_else=f"set {fact.source_at} to {fact.narrower}",
            path=fact.source_at,
            sources=tuple(filter(None, (routes[0].source, worst.grid_source))),
        )
    if forbidden:
        yield Finding(
            what=f"requests may be answered in {len(forbidden)} of {len(there)} regions that "
            f"lichen.yaml does not allow, such as {forbidden[0].name}, by the list of "
            f"{routes[0].as_of}",
            limit="requests are answered in the regions that may be used",
            or_else=f"set {fact.source_at} to the model in one region, or allow more regions",
            path=fact.source_at,
            sources=(routes[0].source,),
        )


def _regions(routes: list[Route], cloud: str, known: Known) -> list[Region]:
    """The catalogue's regions among those of an area; a route without a region is to all."""
    names = {route.region for route in routes}
    return [
        region
        for region in known.catalogue.regions.values()
        if region.cloud == cloud
        and (region.name in names or ("" in names and region.partition == cloud))
    ]

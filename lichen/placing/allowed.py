"""Where a workload may run: each region allowed, or refused with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Hosting, Machine, Region
from lichen.clouds import REGIONAL
from lichen.distance import round_trip_ms
from lichen.document import InputError, did_you_mean
from lichen.figures import listed
from lichen.placing.buying import ways_of_hosting
from lichen.visible import visible
from lichen.words import Mode, WayOfBuying
from lichen.workload import Where, Workload


class Refusal(msgspec.Struct, frozen=True):
    """Why a region may not serve a workload. ``cloud`` refusals alone still let the answer show
    what another cloud would cost and emit."""

    kind: Literal["cloud", "where"]
    reason: str


def check_where(where: Where, catalogue: Catalogue) -> None:
    """Refuse names that the catalogue does not know; :class:`InputError` with the nearest one."""
    for index, name in enumerate(where.hosting):
        _known(name, hosting_words(catalogue), f"where.hosting[{index}]", "hosting")
    for index, name in enumerate(where.regions):
        check_region(name, catalogue, f"where.regions[{index}]")
    for index, near in enumerate(where.near):
        check_region(near.region, catalogue, f"where.near[{index}].region")
    if where.residency is not None:
        _known(where.residency, catalogue.residency, "where.residency", "residency group")
    countries = {region.country for region in catalogue.regions.values() if region.country}
    for index, country in enumerate(where.countries):
        _known(
            country,
            countries,
            f"where.countries[{index}]",
            "country with a cloud region",
            MISTAKEN_COUNTRIES.get(country),
        )


def check_agreement(where: Where, catalogue: Catalogue) -> None:
    """Refuse limits that allow nothing together: no machine and no request is why nothing fits."""
    named = [row for row in catalogue.hostings.values() if _is_named(row, where.hosting)]
    if where.clouds and named:
        clouds = {row.cloud for row in named if row.cloud in REGIONAL}
        if clouds.isdisjoint(where.clouds) and all(row.cloud in REGIONAL for row in named):
            raise InputError(
                f"{listed(where.hosting)} is on {listed(sorted(clouds))}, and where.clouds (or "
                f"--cloud) allows {listed(where.clouds)} alone",
                fix="name a hosting of a cloud that is allowed, or leave hosting out",
                field="where.hosting",
            )
    found = {name: _refusal(catalogue.regions[name], where, catalogue) for name in where.regions}
    reasons = [f"{name}: {why.reason}" for name, why in found.items() if why is not None]
    if reasons and len(reasons) == len(found):
        more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        raise InputError(
            f"its limits together allow no region ({'; '.join(reasons[:3])}{more})",
            fix="name another region, or take one of the limits out",
            field="where",
        )


def check_region(name: str, catalogue: Catalogue, field: str) -> None:
    """Refuse a region that the catalogue does not know."""
    if name not in catalogue.regions:
        fix = did_you_mean(
            name, catalogue.regions, otherwise="take one of `lichen catalogue regions`"
        )
        raise InputError(f"{visible(name)!r} is not a known region", fix=fix, field=field)


def restricted(workload: Workload, clouds: tuple[str, ...], regions: tuple[str, ...]) -> Workload:
    """The workload, allowed only in these clouds and regions; none given restricts nothing."""
    where = workload.where
    if clouds:
        where = replace(where, clouds=clouds)
    if regions:
        where = replace(where, regions=regions)
    return replace(workload, where=where)


def on_hostings(workload: Workload, names: Sequence[str], catalogue: Catalogue) -> Workload:
    """The workload, allowed only on hostings of these names and on the clouds that have them.

    A name may be a group's, as in ``where.hosting``; none given restricts nothing.
    :class:`InputError` where a name is not known, or where the workload itself allows none.
    """
    if not names:
        return workload
    for index, name in enumerate(names):
        _known(name, hosting_words(catalogue), f"hosting[{index}]", "hosting")
    where, rows = workload.where, catalogue.hostings.values()
    own = {row.cloud: row for row in rows if _is_named(row, where.hosting)}
    kept = [
        row
        for row in rows
        if _is_named(row, names)
        and (row.cloud not in own or _is_named(row, where.hosting))
        and (not where.clouds or row.cloud in where.clouds or row.cloud not in REGIONAL)
    ]
    if not kept:
        raise InputError(
            f"the workload's own where allows none of {', '.join(names)}",
            fix="leave clouds and hosting out of the workload's where, or name what they allow",
            field="hosting",
        )
    clouds = dict.fromkeys(row.cloud for row in kept)
    # A cluster of one's own has the machines of any cloud.
    narrowed = tuple(clouds) if clouds.keys() <= set(REGIONAL) else where.clouds
    hosting = tuple(row.name for row in kept)
    return replace(workload, where=replace(where, clouds=narrowed, hosting=hosting))


def in_regions(workload: Workload, names: Sequence[str], catalogue: Catalogue) -> Workload:
    """The workload, allowed only in these regions; none given restricts nothing.

    :class:`InputError` where a name is not known, or where the workload itself allows none.
    """
    if not names:
        return workload
    for index, name in enumerate(names):
        _known(name, catalogue.regions, f"regions[{index}]", "region")
    own = workload.where.regions
    kept = tuple(name for name in names if not own or name in own)
    if not kept:
        raise InputError(
            f"the workload's own where.regions has none of {', '.join(names)}",
            fix="leave regions out of the workload's where, or name one of these: "
            + ", ".join(own),
            field="regions",
        )
    return replace(workload, where=replace(workload.where, regions=kept))


def _is_named(row: Hosting, names: Collection[str]) -> bool:
    return not {row.name, row.kind, row.part_of}.isdisjoint(names)


MISTAKEN_COUNTRIES = {"EL": "GR", "UK": "GB"}
"""Codes that are written for a country and are not its code in ISO 3166-1."""


def _known(
    name: str, names: Collection[str], field: str, what: str, meant: str | None = None
) -> None:
    """``meant`` is the name that is known to be meant by this one, if it is one of ``names``."""
    if name not in names:
        fix = f"did you mean {meant!r}?" if meant in names else did_you_mean(name, names)
        raise InputError(f"{name!r} is not a known {what}", fix=fix, field=field)


def refusals(where: Where, catalogue: Catalogue) -> dict[str, Refusal | None]:
    """Every region of the catalogue by name: None where the workload may run there."""
    return {name: _refusal(region, where, catalogue) for name, region in catalogue.regions.items()}


def _refusal(region: Region, where: Where, catalogue: Catalogue) -> Refusal | None:
    if where.regions and region.name not in where.regions:
        return Refusal("where", f"{region.name} is not in where.regions")
    if where.countries and region.country not in where.countries:
        return Refusal("where", f"{_country(region)} is not in where.countries")
    if where.residency and region.country not in catalogue.residency[where.residency]:
        return Refusal("where", f"{_country(region)} is outside where.residency: {where.residency}")
    for near in where.near:
        distance_ms = round_trip_ms(catalogue.regions[near.region], region)
        if distance_ms is None:
            return Refusal("where", f"the distance to {near.region} (where.near) is not known")
        if distance_ms > near.within_ms:
            return Refusal(
                "where",
                f"{near.region} is about {distance_ms:.0f} ms away; "
                f"where.near allows {near.within_ms:g} ms",
            )
    if where.clouds and region.cloud not in where.clouds:
        return Refusal("cloud", f"{region.cloud} is not in where.clouds")
    return None


def _country(region: Region) -> str:
    return region.country or "a region of unknown country"


def hosting_words(catalogue: Catalogue) -> tuple[str, ...]:
    """What ``where.hosting`` may name: each hosting and each group of them, in order."""
    rows = catalogue.hostings.values()
    return tuple(sorted({row.name for row in rows} | {row.kind for row in rows}))


class Ways(msgspec.Struct, frozen=True):
    """The hostings that a workload allows on each cloud; a cloud that is not named allows all.

    ``bought``: the ways of buying that it allows. ``mode``: how it serves; None: in any way.
    """

    by_cloud: Mapping[str, tuple[Hosting, ...]]
    bought: tuple[WayOfBuying, ...] = ("on-demand",)
    mode: Mode | None = None

    def of(self, machine: Machine, catalogue: Catalogue) -> tuple[Hosting, ...]:
        """The hostings to compare that offer a machine and serve in the workload's mode: of those
        that the workload names each, where it names none the first. Empty if there is none.

        One that can be bought in an allowed way goes before one that cannot.
        """
        offered = catalogue.hostings_of(machine)
        ways = sorted(
            (way for way in offered if self._allows(way, machine) and self._serves(way)),
            key=lambda way: not ways_of_hosting(way, self.bought),
        )
        return tuple(ways if machine.cloud in self.by_cloud else ways[:1])

    def _allows(self, way: Hosting, machine: Machine) -> bool:
        """A cluster of one's own has machines of another cloud: either may be restricted."""
        named = [
            self.by_cloud[cloud] for cloud in (machine.cloud, way.cloud) if cloud in self.by_cloud
        ]
        return any(way in ways for ways in named) if named else not way.only_named

    def _serves(self, way: Hosting) -> bool:
        return self.mode is None or not way.modes or self.mode in way.modes

    def why_none(self, machine: Machine, catalogue: Catalogue) -> str:
        """Why no allowed hosting offers a machine, as a clause."""
        allowed = self.by_cloud.get(machine.cloud)
        offering = [way for way in catalogue.hostings_of(machine) if self._allows(way, machine)]
        if offering:
            modes = list(dict.fromkeys(mode for way in offering for mode in way.modes))
            ways = ", ".join(way.title for way in offering)
            return f"{ways} on this machine: {' or '.join(modes)}, not {self.mode}"
        titles = [way.title for way in allowed or () if self._serves(way)]
        named = [way for way in catalogue.hostings_of(machine) if way.only_named]
        if named and not titles:
            return f"{named[0].title} is used only where where.hosting names {named[0].name}"
        if len(titles) == 1:
            return f"{titles[0]} does not offer this machine"
        return (
            f"none of {', '.join(titles)} offers this machine"
            if titles
            else ("no hosting offers this machine")
        )


def allowed_ways(
    where: Where,
    catalogue: Catalogue,
    bought: tuple[WayOfBuying, ...] = ("on-demand",),
    mode: Mode | None = None,
) -> Ways:
    """The hostings that ``where`` allows, bought in one of the ways that are given, and that serve
    in a mode.

    A restriction to one cloud's hosting does not speak of the other clouds: it holds only on a
    cloud that has one of the hostings named.
    """
    by_cloud: dict[str, tuple[Hosting, ...]] = {}
    for row in catalogue.hostings.values():
        if _is_named(row, where.hosting):
            by_cloud[row.cloud] = (*by_cloud.get(row.cloud, ()), row)
    return Ways(by_cloud, bought, mode)

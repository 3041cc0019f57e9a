"""Where a workload may live: each region allowed, or refused with the reason."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Region
from lichen.distance import round_trip_ms
from lichen.document import InputError, did_you_mean
from lichen.workload import Hosting, Where

HOSTINGS: dict[str, tuple[Hosting, ...]] = {
    "ec2": ("compute",),
    "gce": ("compute",),
    "tpu": ("tpu",),
    "vm": ("compute",),
}
"""Which hostings a catalogue's service gives; SageMaker's stands on the machine itself."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a region may not serve a workload. ``cloud`` refusals alone still let the answer show
    what another cloud would cost and emit."""

    kind: Literal["cloud", "where"]
    reason: str


def check_where(where: Where, catalogue: Catalogue) -> None:
    """Refuse names that the catalogue does not know; :class:`InputError` with the nearest one."""
    for index, name in enumerate(where.regions):
        _known(name, catalogue.regions, f"where.regions[{index}]", "region")
    for index, near in enumerate(where.near):
        _known(near.region, catalogue.regions, f"where.near[{index}].region", "region")
    if where.residency is not None:
        _known(where.residency, catalogue.residency, "where.residency", "residency group")
    countries = {region.country for region in catalogue.regions.values() if region.country}
    for index, country in enumerate(where.countries):
        _known(country, countries, f"where.countries[{index}]", "country with a cloud region")


def _known(name: str, names: Collection[str], field: str, what: str) -> None:
    if name not in names:
        raise InputError(
            f"{name!r} is not a known {what}", fix=did_you_mean(name, names), field=field
        )


def refusals(where: Where, catalogue: Catalogue) -> dict[str, Refusal | None]:
    """Every region of the catalogue by name: None where the workload may live there."""
    return {name: _refusal(region, where, catalogue) for name, region in catalogue.regions.items()}


def _refusal(region: Region, where: Where, catalogue: Catalogue) -> Refusal | None:
    if where.regions and region.name not in where.regions:
        return Refusal("where", "not among where.regions")
    if where.countries and region.country not in where.countries:
        return Refusal("where", f"{region.country or 'country unknown'}: not among where.countries")
    if where.residency and region.country not in catalogue.residency[where.residency]:
        return Refusal("where", f"{region.country or 'country unknown'}: outside {where.residency}")
    for near in where.near:
        distance_ms = round_trip_ms(catalogue.regions[near.region], region)
        if distance_ms is None:
            return Refusal("where", f"distance to {near.region} unknown")
        if distance_ms > near.within_ms:
            return Refusal(
                "where",
                f"about {distance_ms:.0f} ms from {near.region}, {near.within_ms:g} ms allowed",
            )
    if where.clouds and region.cloud not in where.clouds:
        return Refusal("cloud", f"{region.cloud} is not among where.clouds")
    return None


def hosting(machine: Machine, where: Where) -> Hosting | None:
    """How a machine would be held: the first allowed of what its cloud gives; None if none is.

    A managed endpoint comes before a bare machine, since that is what the components make.
    A restriction to one cloud's hosting does not speak of the other clouds.
    """
    managed: tuple[Hosting, ...] = ("sagemaker",) if machine.sagemaker else ()
    gives = managed + HOSTINGS.get(machine.service, ())
    allowed = where.hosting
    if not allowed or ("sagemaker" in allowed and len(allowed) == 1 and machine.cloud != "aws"):
        return gives[0] if gives else None
    return next((way for way in gives if way in allowed), None)

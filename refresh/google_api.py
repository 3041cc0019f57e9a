"""The answers of Google's Compute API and of its Cloud Billing catalogue, and the facts in them."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
from google.cloud import compute_v1

from refresh.http import get_json

COMPUTE_SKUS = "https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus"
"""Prices of the service Compute Engine."""


class MachineShape(msgspec.Struct, frozen=True, kw_only=True):
    """What the Compute API says of a machine type, and the regions that have it in a zone."""

    vcpu: float
    memory_gib: float
    arm: bool
    accelerator: str | None
    accelerators: float
    regions: list[str]


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A price of Compute Engine: USD for an hour of a unit, in some regions."""

    description: str
    group: str
    usage: str
    regions: list[str]
    usd_hour: float


def live_regions(regions: compute_v1.RegionsClient, project: str) -> list[str]:
    """Regions of the project that are up."""
    return sorted(region.name for region in regions.list(project=project) if region.status == "UP")


def shapes(types: compute_v1.MachineTypesClient, project: str) -> dict[str, MachineShape]:
    """Machine types of all zones, page after page; deprecated ones left out."""
    found: dict[str, compute_v1.MachineType] = {}
    where: dict[str, set[str]] = {}
    for _, listed in types.aggregated_list(project=project):
        for seen in listed.machine_types:
            if seen.deprecated.state:
                continue
            found.setdefault(seen.name, seen)
            where.setdefault(seen.name, set()).add(seen.zone.rpartition("-")[0])
    return {name: _shape(seen, sorted(where[name])) for name, seen in found.items()}


def _shape(seen: compute_v1.MachineType, regions: list[str]) -> MachineShape:
    first = seen.accelerators[0] if seen.accelerators else None
    return MachineShape(
        vcpu=float(seen.guest_cpus),
        memory_gib=seen.memory_mb / 1024,
        arm=seen.architecture == "ARM64",
        accelerator=first.guest_accelerator_type if first else None,
        accelerators=float(first.guest_accelerator_count) if first else 0.0,
        regions=regions,
    )


def accelerator_regions(
    types: compute_v1.AcceleratorTypesClient, project: str
) -> dict[str, list[str]]:
    """Regions that have each accelerator type in a zone."""
    where: dict[str, set[str]] = {}
    for _, listed in types.aggregated_list(project=project):
        for seen in listed.accelerator_types:
            where.setdefault(seen.name, set()).add(seen.zone.rpartition("-")[0])
    return {name: sorted(regions) for name, regions in where.items()}


def skus(web: httpx.Client, key: str) -> list[Sku]:
    """Every price of Compute Engine, page after page."""
    found: list[Sku] = []
    page = ""
    while True:
        answer = get_json(web, COMPUTE_SKUS, {"key": key, "pageSize": "5000", "pageToken": page})
        found += [sku for listed in answer.get("skus", ()) if (sku := _sku(listed)) is not None]
        page = answer.get("nextPageToken", "")
        if not page:
            return found


def _sku(listed: dict[str, Any]) -> Sku | None:
    category = listed["category"]
    rates = listed["pricingInfo"][0]["pricingExpression"]["tieredRates"]
    price = rates[-1]["unitPrice"]
    if category["resourceFamily"] != "Compute" or price.get("currencyCode", "USD") != "USD":
        return None
    return Sku(
        description=listed["description"],
        group=category["resourceGroup"],
        usage=category["usageType"],
        regions=listed["serviceRegions"],
        usd_hour=int(price.get("units", 0)) + price.get("nanos", 0) / 1e9,
    )

"""Cloud Run's service: containers, their accelerator, and how few and many are held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

CLOUD = "google"
TYPES = ("gcp:cloudrunv2/service:Service", "google_cloud_run_v2_service")


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located; an Accelerated where it has one; a Scaling where it serves models."""
    template = properties.block("template")
    own = properties.block("scaling")
    scaling = own if own.given("min_instance_count") is True else template.block("scaling")
    manual = own.whole("manual_instance_count")
    floor = scaling.whole("min_instance_count") if manual is None else manual
    floor_at = scaling.at("min_instance_count") if manual is None else own.at(_MANUAL)
    chip = template.block("node_selector").text("accelerator")
    yield Located(**about, region_at=properties.at("location"))
    if chip is not None:
        ceiling = template.block("scaling")
        yield Accelerated(
            **about,
            machines=ceiling.whole("max_instance_count"),
            path=template.block("node_selector").at("accelerator"),
            machines_at=ceiling.at("max_instance_count"),
            chip=chip,
            chips_each=_chips(template),
        )
    if chip is not None or serves(about):
        yield Scaling(
            **about,
            path=floor_at,
            floor=0 if floor is None else floor,
            unit="containers",
        )


_MANUAL = "manual_instance_count"
_LIMIT = "nvidia.com/gpu"


def _chips(template: Properties) -> Any:
    """Accelerators of one container group; a service with an accelerator has one at the least."""
    limits = [
        container.block("resources").tags("limits")
        for container in template.blocks("containers", "container")
    ]
    unknown = next((limit for limit in limits if is_unknown(limit)), None)
    if unknown is not None:
        return unknown
    asked = [limit[_LIMIT] for limit in limits if limit and _LIMIT in limit]
    unknown = next((count for count in asked if is_unknown(count)), None)
    if unknown is not None:
        return unknown
    return float(sum(int(count) for count in asked) or 1)

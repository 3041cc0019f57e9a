"""Cloud Run's service: containers, their accelerator, and the least and most that run."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:cloudrunv2/service:Service",),
    "terraform": ("google_cloud_run_v2_service",),
}
FACTS = (Located, Machines, Scaling)

_HOSTING = "cloud-run"
_MANUAL = "manual_instance_count"
_LIMIT = "nvidia.com/gpu"


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located; a Machines where it has one; a Scaling where it serves models."""
    template = properties.block("template")
    own = properties.block("scaling")
    scaling = own if own.given("min_instance_count") is True else template.block("scaling")
    floor = own.stated_whole(_MANUAL)
    if floor.value is None:
        floor = scaling.stated_whole("min_instance_count")
    chip = template.block("node_selector").stated_text("accelerator")
    yield Located(region_at=properties.at("location"), hosting=_HOSTING)
    if chip.value is not None:
        ceiling = template.block("scaling").stated_whole("max_instance_count")
        yield Machines(
            path=chip.path,
            machines=field(ceiling.value),
            machines_at=ceiling.path,
            chip=field(chip.value),
            chips_each=field(_chips(template)),
            hosting=_HOSTING,
        )
    if chip.value is not None or serves(context):
        yield Scaling(
            path=floor.path,
            floor=0 if floor.value is None else field(floor.value),
            unit="containers",
            hosting=_HOSTING,
        )


def _chips(template: Properties) -> Maybe[float]:
    """Accelerators of one container group; a service with an accelerator has one at the least."""
    chips = 0
    for container in template.blocks("containers", "container"):
        limits = container.block("resources").tags("limits")
        if is_unknown(limits):
            return limits
        count = (limits or {}).get(_LIMIT, 0)
        if is_unknown(count):
            return count
        chips += int(count)
    return float(chips or 1)

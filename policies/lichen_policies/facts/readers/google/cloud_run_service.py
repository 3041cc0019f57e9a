"""Cloud Run's service and worker pool: the least and the most that run."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    Scaling,
    ServerlessContainer,
    ServiceStart,
    ServingContainer,
    StartedImage,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.cloud_run import (
    HOSTING,
    if_written,
    instances,
    least_stated,
)
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:cloudrunv2/service:Service",
        "gcp:cloudrunv2/workerPool:WorkerPool",
    ),
    "terraform": ("google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool"),
}
FACTS = (
    Located,
    Machines,
    Scaling,
    ServerlessContainer,
    ServiceStart,
    ServingContainer,
    StartedImage,
)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """What runs, and whether it keeps its processors between requests.

    A manual count is floor and ceiling at once. Of the two ceilings, of the service and of its
    template, the smaller holds; of the two floors, the greater.
    """
    template, own = properties.block("template"), properties.chosen_block("scaling")
    revision = template.chosen_block("scaling")
    manual = own.stated_whole("manual_instance_count")
    mode = own.text("scaling_mode")
    if manual.value is not None and mode in (None, "MANUAL"):
        floor = ceiling = manual
    else:
        floor = _greatest(
            own.stated_whole("min_instance_count"), revision.stated_whole("min_instance_count")
        )
        ceiling = least_stated(
            revision.stated_whole("max_instance_count"), own.stated_whole("max_instance_count")
        )
    containers = template.blocks("containers", "container")
    chip = template.block("node_selector").stated_text("accelerator")
    yield from instances(
        properties,
        context,
        containers=containers,
        chip=chip,
        floor=floor,
        ceiling=ceiling,
        at_once=if_written(template.stated_whole("max_instance_request_concurrency")),
    )
    redundant = template.flag("gpu_zonal_redundancy_disabled")
    for container in containers:
        resources = container.chosen_block("resources")
        yield ServerlessContainer(
            path=resources.at("cpu_idle"),
            always_on=field(_always_on(resources)),
            always_on_at=resources.at("cpu_idle"),
            off_value=True,
            accelerated=chip.value is not None,
            spare_zone=field(_not(redundant)) if chip.value is not None else None,
            spare_zone_at=template.at("gpu_zonal_redundancy_disabled"),
            floor=field(floor.value),
            floor_at=floor.path,
            hosting=HOSTING,
        )


def _always_on(resources: Properties) -> Maybe[bool]:
    """Whether a container keeps its processors: a block of resources that does not say so keeps
    them, and no block does not. Source: the provider's documentation of ``cpu_idle``."""
    if not resources:
        return None
    return _not(resources.flag("cpu_idle"))


def _not(flag: Maybe[bool]) -> Maybe[bool]:
    """The opposite; of what is left out, true."""
    return flag if is_unknown(flag) else not flag


def _greatest(*places: Stated[int]) -> Stated[int]:
    """The greater of two floors; 0 where neither is given, unknown where one is."""
    for place in places:
        if is_unknown(place.value):
            return place
    given = [place for place in places if isinstance(place.value, int)]
    if not given:
        return Stated(0, places[-1].path)
    return max(given, key=lambda place: place.value)  # type: ignore[arg-type, return-value]

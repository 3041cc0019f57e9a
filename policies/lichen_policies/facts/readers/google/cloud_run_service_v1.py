"""Cloud Run's service as its first API has it, which is Knative's."""

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
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.cloud_run import HOSTING, if_written, instances
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:cloudrun/service:Service",),
    "terraform": ("google_cloud_run_service",),
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

_LEAST, _MOST = "autoscaling.knative.dev/minScale", "autoscaling.knative.dev/maxScale"
_LEAST_OF_ALL = "run.googleapis.com/minScale"
_CHIP = "run.googleapis.com/accelerator"
_THROTTLED = "run.googleapis.com/cpu-throttling"
_ONE_ZONE = "run.googleapis.com/gpu-zonal-redundancy-disabled"


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """What runs, by the annotations of its template, and whether it keeps its processors."""
    template = properties.block("template")
    metadata, spec = template.block("metadata"), template.block("spec")
    annotations = metadata.tags("annotations")
    at = metadata.at("annotations")
    selector, selector_at = spec.tags("node_selector"), spec.at("node_selector")
    chip = Stated(_text(selector, _CHIP), f'{selector_at}["{_CHIP}"]')
    floor = Stated(_number(annotations, _LEAST, 0), f'{at}["{_LEAST}"]')
    whole = properties.block("metadata")
    of_all = _number(whole.tags("annotations"), _LEAST_OF_ALL, None)
    if isinstance(of_all, int) and isinstance(floor.value, int) and of_all > floor.value:
        floor = Stated(of_all, f'{whole.at("annotations")}["{_LEAST_OF_ALL}"]')
    ceiling = Stated(_number(annotations, _MOST, None), f'{at}["{_MOST}"]')
    containers = spec.blocks("containers")
    yield from instances(
        properties,
        context,
        containers=containers,
        chip=chip,
        floor=floor,
        ceiling=ceiling,
        at_once=if_written(spec.stated_whole("container_concurrency")),
    )
    always = _is_false(_text(annotations, _THROTTLED), left_out=False)
    yield ServerlessContainer(
        path=f'{at}["{_THROTTLED}"]',
        always_on=field(always),
        always_on_at=f'{at}["{_THROTTLED}"]',
        off_value="true",
        accelerated=chip.value is not None,
        spare_zone=field(_is_false(_text(annotations, _ONE_ZONE), left_out=True))
        if chip.value is not None
        else None,
        spare_zone_at=f'{at}["{_ONE_ZONE}"]',
        floor=field(floor.value),
        floor_at=floor.path,
        hosting=HOSTING,
    )


def _is_false(written: Maybe[str], *, left_out: bool) -> Maybe[bool]:
    if written is None or is_unknown(written):
        return left_out if written is None else written
    return written.lower() == "false"


def _text(annotations: Maybe[dict[str, object]], key: str) -> Maybe[str]:
    if annotations is None or is_unknown(annotations):
        return annotations
    found = annotations.get(key)
    return found if found is None or is_unknown(found) else str(found)


def _number(annotations: Maybe[dict[str, object]], key: str, left_out: int | None) -> Maybe[int]:
    text = _text(annotations, key)
    if is_unknown(text):
        return text
    if text is None:
        return left_out
    number = whole_in(text)
    return Unknown("is not a whole number") if number is None else number

"""Cloud TPU's machine, and the queued request for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.tpu import chips_of_topology, chips_of_type

CLOUD = "google"
TYPES = (
    "gcp:tpu/v2Vm:V2Vm",
    "gcp:tpu/v2QueuedResource:V2QueuedResource",
    "google_tpu_v2_vm",
    "google_tpu_v2_queued_resource",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located for the whole and an Accelerated for each TPU."""
    requested = [
        spec.block("node") for spec in properties.block("tpu").blocks("node_specs", "node_spec")
    ]
    yield Located(**about, region_at=properties.at("zone"), machines=len(requested) or 1)
    for node in requested or [properties]:
        shape = node.block("accelerator_config")
        at = shape.at("topology") if shape else node.at("accelerator_type")
        chip = shape.text("type") if shape else node.text("accelerator_type")
        yield Accelerated(
            **about,
            path=at,
            chip=chip,
            chips_each=chips_of_topology(shape.text("topology")) if shape else chips_of_type(chip),
        )

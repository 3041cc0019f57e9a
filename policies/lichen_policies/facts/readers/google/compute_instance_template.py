"""Compute Engine's template: what each machine started from it would be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators

CLOUD = "google"
TYPES = (
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
    "google_compute_instance_template",
    "google_compute_region_instance_template",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """Accelerators of one machine; a template draws no power, so nothing is Located."""
    yield from accelerators(properties, about)

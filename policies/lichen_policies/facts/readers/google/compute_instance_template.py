"""Compute Engine's template: what each machine started from it would be."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:compute/instanceTemplate:InstanceTemplate",
        "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
    ),
    "terraform": (
        "google_compute_instance_template",
        "google_compute_region_instance_template",
    ),
}
FACTS = (Machines,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """Accelerators of one machine; a template draws no power, so nothing is Located."""
    yield from accelerators(properties)

"""Compute Engine's disk by itself."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Disk
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.disks import disk

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:compute/disk:Disk", "gcp:compute/regionDisk:RegionDisk"),
    "terraform": ("google_compute_disk", "google_compute_region_disk"),
}
FACTS = (Disk,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Disk of no machine, where its type is stated."""
    yield from disk(properties, kind="type")

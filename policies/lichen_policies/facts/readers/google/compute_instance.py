"""Compute Engine's machine."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import HOSTING, accelerators
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:compute/instance:Instance",),
    "terraform": ("google_compute_instance",),
}
FACTS = (Located, Machines)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and what accelerators it carries."""
    yield Located(
        region_at=properties.at("zone"),
        machine=field(bare(properties.text("machine_type"))),
        hosting=HOSTING,
    )
    yield from accelerators(properties)

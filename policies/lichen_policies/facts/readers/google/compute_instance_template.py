"""Compute Engine's template: what each machine started from it would be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Disk, Machines, MachineTemplate, ReservationUse
from lichen_policies.facts.machine import bare
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import (
    accelerators,
    has_attached,
    is_spot,
    spot_at,
)
from lichen_policies.facts.readers.google.disks import disk
from lichen_policies.facts.readers.google.reservations import reservations_of
from lichen_policies.facts.unknown import field

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
FACTS = (Disk, Machines, MachineTemplate, ReservationUse)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """Accelerators of one machine, and each Disk; a template draws no power: nothing is Located."""
    machine, machine_at = properties.stated_text("machine_type")
    scheduling = properties.block("scheduling")
    spot, at = is_spot(scheduling), spot_at(scheduling)
    yield MachineTemplate(
        path=machine_at,
        names=names(properties, "name", "self_link"),
        machine=field(bare(machine)),
        machine_at=machine_at,
        spot=field(spot),
        spot_at=at,
    )
    for machines in accelerators(properties, spot=spot, spot_at=at):
        yield msgspec.structs.replace(machines, of_template=True)
    yield from reservations_of(properties)
    for volume in properties.blocks("disks", "disk"):
        yield from disk(volume, machine, has_attached(properties))

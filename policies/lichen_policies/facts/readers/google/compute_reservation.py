"""Compute Engine's reservations: machines that are kept free for a project, used or not."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import HOSTING, accelerators
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:compute/reservation:Reservation",
        "gcp:compute/futureReservation:FutureReservation",
    ),
    "terraform": ("google_compute_reservation", "google_compute_future_reservation"),
}
FACTS = (Located, Machines)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, and as many Machines as are reserved."""
    own = properties.block("specific_reservation", "specific_sku_properties")
    count = Stated(own.whole("count", "total_count"), own.at("count", "total_count"))
    machine = own.block("instance_properties")
    yield Located(
        region_at=properties.at("zone"),
        machine=field(bare(machine.text("machine_type"))),
        machines=field(count.value) or 1,
        hosting=HOSTING,
    )
    yield from accelerators(machine, count)

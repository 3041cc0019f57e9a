"""Compute Engine's reservations: machines that are kept free for a project, used or not."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Reservation
from lichen_policies.facts.machine import bare
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import (
    HOSTING,
    accelerators,
    has_attached,
)
from lichen_policies.facts.reserved import WAITS_FOR, with_use
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_left_out, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:compute/reservation:Reservation",
        "gcp:compute/futureReservation:FutureReservation",
    ),
    "terraform": ("google_compute_reservation", "google_compute_future_reservation"),
}
FACTS = (Located, Machines, Reservation)

complete = with_use


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, as many Machines as are reserved, and a Reservation."""
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
    yield _reservation(properties, own, count)


def _reservation(properties: Properties, own: Properties, count: Stated[int]) -> Reservation:
    machine = own.block("instance_properties")
    end = properties.at("delete_at_time")
    ends = [properties.given(n) for n in ("delete_at_time", "delete_after_duration", "time_window")]
    known = [end for end in ends if not is_left_out(end)]
    return Reservation(
        path=machine.at("machine_type"),
        names=names(properties, "name", "id", "self_link"),
        machine=field(bare(machine.text("machine_type"))),
        machines=field(count.value),
        machines_at=count.path,
        attached=field(has_attached(machine)),
        ends=any(known),
        ends_at=end,
        to_end=f"set {end} to the time until which it is needed",
        shared=field(_is_shared(properties)),
        shared_at=properties.at("share_settings"),
        named=field(properties.flag("specific_reservation_required")),
        waits_for=WAITS_FOR,
        hosting=HOSTING,
        source="Compute Engine documentation, Reservations of Compute Engine zonal resources, 2026",
    )


def _is_shared(properties: Properties) -> Maybe[bool]:
    """Whether other projects may use it, or services such as Vertex AI."""
    with_projects = properties.block("share_settings").text("share_type")
    with_services = properties.block("reservation_sharing_policy").text("service_share_type")
    found: tuple[Maybe[str], ...] = (with_projects, with_services)
    if any(value in ("SPECIFIC_PROJECTS", "ORGANIZATION", "ALLOW_ALL") for value in found):
        return True
    unknown: list[Unknown] = [value for value in found if is_unknown(value)]
    return next((value for value in unknown if not value.left_out), False)

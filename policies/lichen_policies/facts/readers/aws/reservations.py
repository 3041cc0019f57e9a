"""How EC2's machines name the reservation that they are started in."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.kinds import ReservationUse
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.reserved import uses

_TARGETS = (
    "capacity_reservation_id",
    "capacity_reservation_ids",
    "capacity_reservation_resource_group_arn",
    "capacity_reservation_resource_group_arns",
)


def reservations_of(properties: Properties) -> Iterator[ReservationUse]:
    """Each reservation that a machine, a template or a group is started in."""
    specification = properties.block("capacity_reservation_specification")
    yield from uses(specification.block("capacity_reservation_target"), *_TARGETS)

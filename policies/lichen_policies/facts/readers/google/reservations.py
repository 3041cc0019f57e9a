"""How Compute Engine's machines name the reservation that they are started in."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.kinds import ReservationUse
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.reserved import uses


def reservations_of(properties: Properties) -> Iterator[ReservationUse]:
    """Each reservation that a machine, a template or a pool's machines are started in."""
    affinity = properties.block("reservation_affinity")
    yield from uses(affinity.block("specific_reservation") or affinity, "values")

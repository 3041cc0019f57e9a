"""How Azure's machines name the group of reservations that they are started in."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.kinds import ReservationUse
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import by_id
from lichen_policies.facts.unknown import field, is_left_out

_IN_MACHINES = "capacity_reservation"
_NAMES = ("capacity_reservation_group_id", "capacity_reservation_group_i_d")
"""azure-native writes ``capacityReservationGroupID`` for AKS."""


def reservations_of(properties: Properties) -> Iterator[ReservationUse]:
    """The group that a machine, a scale set's profile or a pool names."""
    nested = properties.block(_IN_MACHINES).block("capacity_reservation_group")
    within, names = (nested, ("id",)) if nested else (properties, _NAMES)
    group = within.text(*names)
    if group is None or is_left_out(group):
        return
    yield ReservationUse(path=within.at(*names), reservation=field(by_id(group)))

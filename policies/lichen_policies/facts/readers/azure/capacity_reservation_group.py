"""The group of Azure's reserved capacity, which has its location."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Part, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is, whole

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:compute:CapacityReservationGroup",
        "azure:compute/capacityReservationGroup:CapacityReservationGroup",
    ),
    "terraform": ("azurerm_capacity_reservation_group",),
    "azure": ("Microsoft.Compute/capacityReservationGroups",),
}
FACTS = (Part, Whole)

complete = where_its_whole_is

_STEPS = (("capacityreservationgroups", ("capacity_reservation_group_name", "name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole; the group reserves nothing by itself."""
    yield from in_its_group(properties, context, (whole(properties, _STEPS),))

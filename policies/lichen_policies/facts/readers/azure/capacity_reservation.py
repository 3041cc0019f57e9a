"""Azure's reserved capacity: machines that are kept free, used or not."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import HOSTING, machines_of, size
from lichen_policies.facts.unknown import field

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:compute:CapacityReservation",
        "azure:compute/capacityReservation:CapacityReservation",
    ),
    "terraform": ("azurerm_capacity_reservation",),
}
FACTS = (Located, Machines, Part)

complete = where_its_whole_is

_NAMES = ("capacity_reservation_group_id", "capacity_reservation_group_name")
_GROUP = (("capacityreservationgroups", _NAMES),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, and as many Machines as are reserved."""
    yield from in_its_whole(properties, context, _facts(properties), _GROUP, "its group")


def _facts(properties: Properties) -> Iterator[Fact]:
    sku = properties.block("sku")
    machine, count = size(sku, "name"), sku.stated_whole("capacity")
    if count.value == 0:
        return
    yield Located(
        region_at=properties.at("location"),
        machine=field(machine.value),
        machines=field(count.value) or 1,
        hosting=HOSTING,
    )
    yield from machines_of(machine, count)

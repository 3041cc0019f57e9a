"""Azure's reserved capacity: machines that are kept free, used or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part, Reservation
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_whole, names, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import HOSTING, size, so_many
from lichen_policies.facts.reserved import WAITS_FOR, with_use
from lichen_policies.facts.unknown import field

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:compute:CapacityReservation",
        "azure:compute/capacityReservation:CapacityReservation",
    ),
    "terraform": ("azurerm_capacity_reservation",),
    "azure": ("Microsoft.Compute/capacityReservationGroups/capacityReservations",),
}
FACTS = (Located, Machines, Part, Reservation)

_NAMES = ("capacity_reservation_group_id", "capacity_reservation_group_name")
_GROUP = (("capacityreservationgroups", _NAMES),)


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts in the region of its group, with whether machines of the stack name the group."""
    return where_its_whole_is(with_use(facts, stack), stack)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, as many Machines as are reserved, and a Reservation, by the name of its group."""
    yield from in_its_whole(properties, context, _facts(properties), _GROUP, "its group")


def _facts(properties: Properties) -> Iterator[Fact]:
    sku = properties.block("sku")
    machine, count = size(sku, "name"), sku.stated_whole("capacity")
    if count.value == 0:
        return
    yield from so_many(machine, count, properties.at("location"))
    yield Reservation(
        path=machine.path,
        names=names(properties, _GROUP),
        machine=field(machine.value),
        machines=field(count.value),
        machines_at=count.path,
        ends=False,
        ends_at=count.path,
        to_end=f"set {count.path} to 0 when it is not needed",
        named=True,
        hosting=HOSTING,
        source="Azure documentation, On-demand capacity reservation, 2026",
        waits_for=WAITS_FOR,
    )

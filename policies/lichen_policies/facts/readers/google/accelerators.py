"""Google's accelerators beside a machine: those that are attached, else those of its type."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fleet import ONE, machines_named
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import field

HOSTING = "compute-engine"


def accelerators(properties: Properties, machines: Stated[int] = ONE) -> Iterator[Machines]:
    """A Machines for each ``guestAccelerators``, else one for the machine's type."""
    machine = bare(properties.text("machine_type"))
    guests = properties.blocks("guest_accelerators", "guest_accelerator")
    for guest in guests:
        yield Machines(
            path=guest.at("type"),
            machine=field(machine),
            machines=field(machines.value),
            machines_at=machines.path,
            chip=field(guest.text("type")),
            chips_each=field(guest.number("count")),
            hosting=HOSTING,
        )
    if not guests:
        named = Stated(machine, properties.at("machine_type"))
        yield from machines_named(named, machines, hosting=HOSTING)

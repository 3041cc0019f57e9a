"""Google's accelerators beside a machine: those it is given, else those its type carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties


def accelerators(
    properties: Properties, about: dict[str, Any], machines: Any = 1, machines_at: str = ""
) -> Iterator[Accelerated]:
    """An Accelerated for each ``guestAccelerators``, else one for the machine's type."""
    machine = bare(properties.text("machine_type"))
    guests = properties.blocks("guest_accelerators", "guest_accelerator")
    for guest in guests:
        yield Accelerated(
            **about,
            path=guest.at("type"),
            machine=machine,
            machines=machines,
            machines_at=machines_at,
            chip=guest.text("type"),
            chips_each=guest.number("count"),
        )
    if not guests and machine is not None:
        yield Accelerated(
            **about,
            path=properties.at("machine_type"),
            machine=machine,
            machines=machines,
            machines_at=machines_at,
        )

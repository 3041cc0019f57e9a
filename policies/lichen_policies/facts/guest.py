"""Google's accelerators beside a machine: those it is given, else those its type carries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated
from lichen_policies.facts.properties import Properties


def accelerators(
    properties: Properties,
    about: dict[str, Any],
    *,
    machine: Any,
    machine_at: str,
    machines: Any,
    machines_at: str,
) -> Iterator[Accelerated]:
    """An Accelerated for each ``guestAccelerators``, else one for the machine's type."""
    guests = properties.blocks("guest_accelerators", "guest_accelerator")
    for guest in guests:
        yield Accelerated(
            **about,
            path=guest.path,
            machine=machine,
            machines=machines,
            machine_at=guest.at("type"),
            machines_at=machines_at or guest.at("count"),
            chip=guest.text("type"),
            chips_each=guest.number("count"),
        )
    if not guests and machine is not None:
        yield Accelerated(
            **about,
            path=machine_at,
            machine=machine,
            machines=machines,
            machine_at=machine_at,
            machines_at=machines_at,
        )

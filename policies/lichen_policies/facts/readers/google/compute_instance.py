"""Compute Engine's machine, by itself or from a template or an image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Disk, Located, MachineGroup, Machines, ReservationUse
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import (
    HOSTING,
    accelerators,
    has_attached,
    is_spot,
    spot_at,
)
from lichen_policies.facts.readers.google.disks import disk
from lichen_policies.facts.readers.google.reservations import reservations_of
from lichen_policies.facts.readers.google.templates import WAITS_FOR, machines_of_template
from lichen_policies.facts.unknown import field

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:compute/instance:Instance",
        "gcp:compute/instanceFromTemplate:InstanceFromTemplate",
        "gcp:compute/instanceFromMachineImage:InstanceFromMachineImage",
    ),
    "terraform": (
        "google_compute_instance",
        "google_compute_instance_from_template",
        "google_compute_instance_from_machine_image",
    ),
}
FACTS = (Disk, Located, MachineGroup, Machines, ReservationUse)

_STOPPED = ("TERMINATED", "SUSPENDED")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, what accelerators it carries and its Disk; nothing for a machine that is kept
    stopped.

    One that is made from a template is a group of one, whose template says what it leaves out.
    """
    if properties.text("desired_status") in _STOPPED:
        return
    template, template_at = properties.stated_text("source_instance_template")
    own = properties.text("machine_type")
    waits_for = WAITS_FOR if template is not None and own is None else ""
    yield Located(
        region_at=properties.at("zone"),
        machine=field(bare(own)),
        hosting=HOSTING,
        waits_for=waits_for,
    )
    if waits_for:
        yield MachineGroup(
            template=field(template), template_at=template_at, machines=1, waits_for=waits_for
        )
    scheduling = properties.block("scheduling")
    yield from accelerators(
        properties, spot=is_spot(scheduling), spot_at=spot_at(scheduling), filled_in=True
    )
    yield from reservations_of(properties)
    yield from disk(
        properties.block("boot_disk").chosen_block("initialize_params"),
        own,
        has_attached(properties, filled_in=True),
        kind="type",
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The machine that its template names, where it names none itself."""
    group = next((fact for fact in facts if isinstance(fact, MachineGroup)), None)
    if group is None:
        return facts
    machines = machines_of_template(group, stack)
    if not machines:
        return facts
    only = machines[0].as_read("machine")
    return (
        *(
            msgspec.structs.replace(fact, machine=only) if isinstance(fact, Located) else fact
            for fact in facts
        ),
        *(fact for fact in machines if not any(isinstance(own, Machines) for own in facts)),
    )

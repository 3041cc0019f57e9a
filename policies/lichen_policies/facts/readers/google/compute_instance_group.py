"""Compute Engine's managed group, of one zone or of a region."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import Autoscaler, Located, MachineGroup, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import HOSTING
from lichen_policies.facts.readers.google.templates import (
    WAITS_FOR,
    machines_of_template,
    unseen_machines,
)
from lichen_policies.facts.unknown import Maybe, Unverified, field, is_left_out, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:compute/instanceGroupManager:InstanceGroupManager",
        "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
    ),
    "terraform": (
        "google_compute_instance_group_manager",
        "google_compute_region_instance_group_manager",
    ),
}
FACTS = (Located, MachineGroup, Machines)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located; for each version a MachineGroup and the Machines that wait for its template.

    A group whose size is left out has none until an autoscaler says how many, which has the
    ceiling then.
    """
    size = _size(properties)
    yield Located(
        region_at=properties.at("zone", "region"),
        machines=field(size.value) or 1,
        hosting=HOSTING,
        waits_for=WAITS_FOR,
    )
    chosen = [
        Stated(bare(machine), selection.at("machine_types"))
        for selection in properties.block("instance_flexibility_policy").blocks(
            "instance_selections"
        )
        for machine in selection.each_text("machine_types")
    ]
    for version, count in _versions(properties, size):
        link, link_at = version.stated_text("instance_template")
        group = MachineGroup(
            names=names(properties, "name", "self_link"),
            template=field(link),
            template_at=link_at,
            machines=field(count),
            machines_at=size.path,
            waits_for=WAITS_FOR,
        )
        yield group
        if not chosen and count not in (None, 0):
            yield unseen_machines(group)
    for machine in chosen:
        yield from machines_named(machine, size, hosting=HOSTING)


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The machines of the templates; none where an autoscaler states how many there are, and
    nothing at all for a group of no machines that nobody enlarges."""
    groups = [fact for fact in facts if isinstance(fact, MachineGroup)]
    scaled = any(_is_scaled(group, stack) for group in groups)
    if not scaled and all(group.as_read("machines") == 0 for group in groups):
        return tuple(groups)
    machines = {group.template_at: machines_of_template(group, stack) for group in groups}
    named = [machine for found_ in machines.values() for machine in found_]
    only = named[0].as_read("machine") if named else None
    completed: list[Fact] = []
    for fact in facts:
        if isinstance(fact, Located):
            completed.append(msgspec.structs.replace(fact, machine=only))
        elif not isinstance(fact, Machines) or not fact.waits_for:
            completed.append(fact)
        elif not scaled:
            completed += machines[fact.path] or (fact,)
    return tuple(completed)


def _size(properties: Properties) -> Stated[int]:
    """The size that the group states; a provider computes it where it is left out."""
    size = properties.stated_whole("target_size")
    if is_left_out(size.value):
        return Stated(None, size.path)
    return size


def _versions(properties: Properties, size: Stated[int]) -> Iterator[tuple[Properties, Maybe[int]]]:
    """Each version of a group with how many machines it has; Terraform's oldest groups have one,
    written into the group itself."""
    versions = properties.blocks("versions", "version") or [properties]
    fixed = [_target(version.block("target_size"), size.value) for version in versions]
    others = sum(count for count in fixed if isinstance(count, int))
    for version, count in zip(versions, fixed, strict=True):
        if count is not None:
            yield version, count
        else:
            rest = max(size.value - others, 0) if isinstance(size.value, int) else size.value
            yield version, rest


def _target(target: Properties, size: Maybe[int]) -> Maybe[int]:
    """A version's own size; None for the one that takes the rest."""
    percent = target.amount("percent")
    if isinstance(percent, float) and isinstance(size, int):
        return math.ceil(size * percent / 100)
    return target.whole("fixed") if percent is None else size


def _is_scaled(group: MachineGroup, stack: Stack) -> bool:
    """Whether an autoscaler among the resources sets the group's size."""
    try:
        autoscalers = stack.of(Autoscaler)
    except Unverified:
        return False
    for autoscaler in autoscalers:
        target = found(stack, autoscaler.fact.as_read("group"), MachineGroup, "names")
        if target is not None and not is_unknown(target):
            own = target.fact.as_read("names")
            if own == group.as_read("names") and target.fact.template_at == group.template_at:
                return True
    return False

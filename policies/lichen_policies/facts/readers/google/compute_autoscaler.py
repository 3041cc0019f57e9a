"""Compute Engine's autoscaler: the bounds of a managed group's size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import Autoscaler, MachineGroup, Machines, Scaling, Waking
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.google.accelerators import HOSTING
from lichen_policies.facts.readers.google.templates import machines_of_template
from lichen_policies.facts.unknown import field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:compute/autoscaler:Autoscaler",
        "gcp:compute/regionAutoscaler:RegionAutoscaler",
    ),
    "terraform": ("google_compute_autoscaler", "google_compute_region_autoscaler"),
}
FACTS = (Autoscaler, Machines, Scaling, Waking)

_TO_ZERO = (
    "a group at zero wakes by a schedule or by a metric of the whole group, not by its "
    "processors' load"
)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """An Autoscaler; what it means depends on the group's machines."""
    policy = properties.block("autoscaling_policy")
    floor, floor_at = policy.stated_whole("min_replicas")
    ceiling, ceiling_at = policy.stated_whole("max_replicas")
    yield Autoscaler(
        path=policy.path,
        group=field(properties.text("target")),
        floor=field(floor),
        floor_at=floor_at,
        ceiling=field(ceiling),
        ceiling_at=ceiling_at,
        waits_for="its group",
    )
    yield Waking(
        path=floor_at,
        floor=field(floor),
        floor_at=floor_at,
        wakes=_wakes(policy),
        wakes_at=policy.at("metrics"),
        signal="the load of the group's own machines",
        signal_at=policy.at("cpu_utilization"),
        instead="a metric of the whole group (metrics with singleInstanceAssignment), such as the "
        "length of a queue, or a schedule",
        unit="machine",
        for_models=None,
        waits_for="its group",
    )


def _wakes(policy: Properties) -> bool | None:
    """Whether anything but the load of its machines moves it; None where a metric may be of
    either (Compute Engine documentation, "Scaling based on Monitoring metrics")."""
    if policy.blocks("scaling_schedules"):
        return True
    return None if policy.given("metrics") or policy.given("metric") else False


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Machines, as many as the ceiling, and a Scaling where they serve models."""
    completed = list(facts)
    for bounds in facts:
        if not isinstance(bounds, Autoscaler):
            continue
        group = found(stack, bounds.as_read("group"), MachineGroup, "names")
        if group is None or is_unknown(group):
            continue
        most = Stated(bounds.as_read("ceiling"), bounds.ceiling_at)
        machines = machines_of_template(group.fact, stack, most)  # type: ignore[arg-type]
        for fact in machines:
            context, machine = fact.context, fact.as_read("machine")
            completed.append(
                msgspec.structs.replace(fact, path=bounds.ceiling_at, waits_for=bounds.waits_for)
            )
            carries = fact.chips_each or serves(context, machine)  # type: ignore[arg-type]
            if carries:
                completed = [_of_models(one) for one in completed]
                completed.append(
                    Scaling(
                        path=bounds.floor_at,
                        floor=bounds.as_read("floor"),  # type: ignore[arg-type]
                        ceiling=bounds.as_read("ceiling"),  # type: ignore[arg-type]
                        ceiling_at=bounds.ceiling_at,
                        to_zero=_TO_ZERO,
                        machine=machine,  # type: ignore[arg-type]
                        hosting=HOSTING,
                        context=context,
                        waits_for=bounds.waits_for,
                    )
                )
    return tuple(completed)


def _of_models(fact: Fact) -> Fact:
    return msgspec.structs.replace(fact, for_models=True) if isinstance(fact, Waking) else fact

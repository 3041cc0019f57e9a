"""Azure Monitor's autoscale setting: the bounds of a scale set's size, or of a deployment's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import Autoscaler, MachineGroup, Machines, Scaling, Serving
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import by_id
from lichen_policies.facts.unknown import Maybe, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:insights:AutoscaleSetting",
        "azure-native:monitor:AutoscaleSetting",
        "azure:monitoring/autoscaleSetting:AutoscaleSetting",
    ),
    "terraform": ("azurerm_monitor_autoscale_setting",),
    "azure": ("Microsoft.Insights/autoscaleSettings",),
}
FACTS = (Autoscaler, Machines, Scaling)

_WAITS_FOR = "what it scales"
_KEEPS_ONE = (
    "a managed online deployment keeps one instance at the least: delete it after use, or serve by "
    "a batch endpoint"
)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """An Autoscaler for the profile with the most machines; what it means depends on what it
    scales."""
    if properties.flag("enabled") is False:
        return
    profiles = properties.blocks("profiles", "profile")
    if not profiles:
        return
    bounds = max((profile.block("capacity") for profile in profiles), key=_most)
    floor, ceiling = bounds.stated_whole("minimum"), bounds.stated_whole("maximum")
    yield Autoscaler(
        path=bounds.path,
        group=field(by_id(properties.text("target_resource_id", "target_resource_uri"))),
        floor=field(floor.value),
        floor_at=floor.path,
        ceiling=field(ceiling.value),
        ceiling_at=ceiling.path,
        wanted=field(bounds.whole("default")),
        wanted_at=bounds.at("default"),
        waits_for=_WAITS_FOR,
    )


def _most(bounds: Properties) -> float:
    """The ceiling of a profile, the largest for one that is not known."""
    ceiling = bounds.whole("maximum")
    return float("inf") if is_unknown(ceiling) else ceiling or 0


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Machines of what is scaled, as many as the ceiling, and a Scaling where they serve models."""
    return (*facts, *(each for fact in facts for each in _of_group(fact, stack)))


def _of_group(bounds: Fact, stack: Stack) -> Iterator[Fact]:
    if not isinstance(bounds, Autoscaler):
        return
    group = found(stack, bounds.as_read("group"), MachineGroup, "names")
    if group is None or is_unknown(group):
        return
    floor: Maybe[int] = bounds.as_read("floor")  # type: ignore[assignment]
    ceiling: Maybe[int] = bounds.as_read("ceiling")  # type: ignore[assignment]
    served = bool(stack.beside(group, Serving))
    for subject in stack.beside(group, Machines):
        fact = subject.fact
        machine: Maybe[str] = fact.as_read("machine")  # type: ignore[assignment]
        yield msgspec.structs.replace(
            fact,
            path=bounds.ceiling_at,
            machines=ceiling,
            machines_at=bounds.ceiling_at,
            least=floor,
            least_at=bounds.floor_at,
            desired=bounds.as_read("wanted"),
            desired_at=bounds.wanted_at,
            waits_for=_WAITS_FOR,
        )
        if served or serves(fact.context, machine):
            yield Scaling(
                path=bounds.floor_at,
                floor=field(floor),
                least=1 if served else 0,
                to_zero=_KEEPS_ONE if served else "",
                ceiling=field(ceiling),
                ceiling_at=bounds.ceiling_at,
                machine=field(machine),
                hosting=fact.hosting,
                context=fact.context,
                waits_for=_WAITS_FOR,
            )

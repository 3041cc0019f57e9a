"""How EC2's groups and fleets say what they launch: a template, and what goes before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from lichen_policies.facts.fleet import Choice
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.instance_requirements import requirements
from lichen_policies.facts.unknown import Maybe, is_unknown

_SPECIFICATIONS = ("launch_template_specification", "launch_template")
_UNITS: Mapping[str, Literal["vCPUs", "MiB"]] = {"vcpu": "vCPUs", "memory-mib": "MiB"}
_NAMED = ("launch_template_id", "id", "launch_template_name", "name")


def template_of(properties: Properties, *blocks: str) -> Stated[str]:
    """What a block calls a launch template by, its id before its name; None where none is given."""
    block = properties.block(*(blocks or _SPECIFICATIONS))
    given = [name for name in _NAMED if block.given(name)]
    if not block or not given:
        return Stated(None, block.path)
    values = [block.stated_text(name) for name in given]
    return next((value for value in values if is_followed(value.value)), values[0])


def is_followed(value: Maybe[str]) -> bool:
    """Whether a value leads to a template: a name, or one that says what it refers to."""
    return bool(value.references) if is_unknown(value) else value is not None


def choice_of(
    template: Stated[str],
    overrides: Sequence[Properties],
    spot: Maybe[bool] = None,
    spot_at: str = "",
) -> Choice:
    """What a group launches: the types of its overrides, else what they ask for, else what its
    template names."""
    named: list[Stated[str]] = []
    weights: dict[str, float] = {}
    asked, asked_at = None, ""
    for override in overrides:
        machine = override.stated_text("instance_type")
        weight = override.amount("weighted_capacity")
        if machine.value is not None:
            named.append(machine)
            if isinstance(machine.value, str) and isinstance(weight, int | float) and weight > 0:
                weights[machine.value] = weight
        elif asked is None:
            asked, asked_at = requirements(override), override.at("instance_requirements")
    return Choice(
        any_of=named,
        weights=weights,
        requirements=asked,
        requirements_at=asked_at,
        template=template.value,
        template_at=template.path,
        spot=spot,
        spot_at=spot_at,
    )


def unit_of(written: Maybe[str]) -> Literal["machines", "vCPUs", "MiB"]:
    """The unit that a group's size counts in, as EC2 writes it."""
    return _UNITS.get(written, "machines") if isinstance(written, str) else "machines"


def is_spot(properties: Properties) -> Maybe[bool]:
    """Whether what a template or a machine says of the market makes it spare capacity."""
    market = properties.block("instance_market_options").text("market_type")
    return market if market is None or is_unknown(market) else market == "spot"

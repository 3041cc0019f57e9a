"""EC2's auto scaling group: how many machines it runs, and which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, group_of_machines, of_template
from lichen_policies.facts.kinds import (
    Located,
    MachineGroup,
    Machines,
    ReservationUse,
    Scaling,
    WarmPool,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.autoscaling_warm_pool import beside_group, warm_pool
from lichen_policies.facts.readers.aws.launch import choice_of, template_of, unit_of
from lichen_policies.facts.readers.aws.reservations import reservations_of
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:autoscaling/group:Group", "aws-native:autoscaling:AutoScalingGroup"),
    "terraform": ("aws_autoscaling_group", "awscc_autoscaling_auto_scaling_group"),
    "cloudformation": ("AWS::AutoScaling::AutoScalingGroup",),
}
FACTS = (Located, MachineGroup, Machines, ReservationUse, Scaling, WarmPool)

_ABOVE_BASE = "on_demand_percentage_above_base_capacity"
_UNSEEN = Unknown("names no machine")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet: of the types among its overrides, else of its launch template's, else
    of its launch configuration's. A WarmPool where machines wait beside it, a ReservationUse for
    each reservation that they are started in; what names the group finds it by its MachineGroup."""
    policy = _policy(properties)
    mixed = policy.block("launch_template")
    template = template_of(mixed) if mixed else template_of(properties)
    if template.value is None:
        template = properties.stated_text("launch_configuration", "launch_configuration_name")
    known = (properties.text(name) for name in ("auto_scaling_group_name", "name", "id"))
    yield MachineGroup(names=tuple(name for name in known if isinstance(name, str)))
    yield from reservations_of(properties)
    pool = properties.block("warm_pool")
    waiting = warm_pool(pool, _UNSEEN, _UNSEEN) if pool else None
    for fact in group_of_machines(
        context,
        choice_of(
            template,
            mixed.blocks("overrides", "override"),
            _is_spot(policy),
            policy.block("instances_distribution").at(_ABOVE_BASE),
        ),
        Bounds(
            floor=properties.stated_whole("min_size"),
            ceiling=properties.stated_whole("max_size"),
            desired=properties.stated_whole("desired_capacity"),
            unit=unit_of(properties.text("desired_capacity_type")),
        ),
        hosting="ec2",
        region_at=properties.at("availability_zones"),
    ):
        if isinstance(fact, Machines) and waiting is not None:
            waiting = msgspec.structs.replace(beside_group(waiting, fact), waits_for=fact.waits_for)
        yield fact
    if waiting is not None:
        yield waiting


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The group with the machine that its launch template names, and its warm pool likewise."""
    facts = of_template(facts, stack)
    group = next((fact for fact in facts if isinstance(fact, Machines)), None)
    if group is None:
        return facts
    return tuple(beside_group(f, group) if isinstance(f, WarmPool) else f for f in facts)


def _policy(properties: Properties) -> Properties:
    """The policy of a mixed group; nothing where a provider computes it beside the template or the
    configuration that the group names, since a group takes only one of them."""
    others = ("launch_template", "launch_configuration", "launch_configuration_name")
    if any(properties.given(name) for name in others):
        return properties.chosen_block("mixed_instances_policy")
    return properties.block("mixed_instances_policy")


def _is_spot(policy: Properties) -> Maybe[bool]:
    """Whether a mixed group runs on spare capacity alone; None where its template decides."""
    shares = policy.block("instances_distribution")
    if not shares:
        return None
    base = shares.whole("on_demand_base_capacity")
    above_pct = shares.whole(_ABOVE_BASE)
    for share in (base, above_pct):
        if is_unknown(share):
            return share
    return not base and above_pct == 0

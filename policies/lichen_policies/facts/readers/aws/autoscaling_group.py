"""EC2's auto scaling group: how many machines it runs, and which."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, group_of_machines, of_template
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.launch import choice_of, template_of, unit_of
from lichen_policies.facts.unknown import Maybe, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:autoscaling/group:Group", "aws-native:autoscaling:AutoScalingGroup"),
    "terraform": ("aws_autoscaling_group", "awscc_autoscaling_auto_scaling_group"),
    "cloudformation": ("AWS::AutoScaling::AutoScalingGroup",),
}
FACTS = (Located, Machines, Scaling)

_ABOVE_BASE = "on_demand_percentage_above_base_capacity"

complete = of_template


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet: of the types among its overrides, else of its launch template's, else
    of its launch configuration's."""
    policy = properties.block("mixed_instances_policy")
    mixed = policy.block("launch_template")
    template = template_of(mixed) if mixed else template_of(properties)
    if template.value is None:
        template = properties.stated_text("launch_configuration", "launch_configuration_name")
    yield from group_of_machines(
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
            unit=unit_of(properties.text("desired_capacity_type")),
        ),
        hosting="ec2",
        region_at=properties.at("availability_zones"),
    )


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

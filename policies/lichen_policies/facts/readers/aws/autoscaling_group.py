"""EC2's auto scaling group: how many machines it runs, and of which types where it names them."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import fleet
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:autoscaling/group:Group", "aws-native:autoscaling:AutoScalingGroup"),
    "terraform": ("aws_autoscaling_group",),
    "cloudformation": ("AWS::AutoScaling::AutoScalingGroup",),
}
FACTS = (Located, Machines, Scaling)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet, whose machines are the types among its overrides.

    A group that only points to a launch template does not say what it runs.
    """
    template = properties.block("mixed_instances_policy").block("launch_template")
    yield from fleet(
        context,
        machines=[
            override.stated_text("instance_type")
            for override in template.blocks("overrides", "override")
        ],
        floor=properties.stated_whole("min_size"),
        ceiling=properties.stated_whole("max_size"),
        hosting="ec2",
        region_at=properties.at("availability_zones"),
    )

"""EC2's launch template: what each machine started from it would be."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ec2/launchTemplate:LaunchTemplate", "aws-native:ec2:LaunchTemplate"),
    "terraform": ("aws_launch_template",),
    "cloudformation": ("AWS::EC2::LaunchTemplate",),
}
FACTS = (Machines,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Machines for one machine; a template draws no power, so nothing is Located."""
    data = properties
    if properties.given("launch_template_data"):
        data = properties.block("launch_template_data")
    yield from machines_named(data.stated_text("instance_type"), hosting="ec2")

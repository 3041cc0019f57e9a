"""A single EC2 machine."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ec2/instance:Instance", "aws-native:ec2:Instance"),
    "terraform": ("aws_instance",),
    "cloudformation": ("AWS::EC2::Instance",),
}
FACTS = (Located, Machines)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Machines."""
    machine = properties.stated_text("instance_type")
    yield Located(
        region_at=properties.at("availability_zone"), machine=field(machine.value), hosting="ec2"
    )
    yield from machines_named(machine, hosting="ec2")

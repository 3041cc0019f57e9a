"""EBS's volume by itself."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Disk
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.disks import disk

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ebs/volume:Volume", "aws-native:ec2:Volume"),
    "terraform": ("aws_ebs_volume", "awscc_ec2_volume"),
    "cloudformation": ("AWS::EC2::Volume",),
}
FACTS = (Disk,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Disk of no machine, where its type is stated."""
    yield from disk(properties, None)

"""EKS's cluster: what its node groups and the objects in it are part of."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Whole
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:eks/cluster:Cluster", "aws-native:eks:Cluster"),
    "terraform": ("aws_eks_cluster", "awscc_eks_cluster"),
    "cloudformation": ("AWS::EKS::Cluster",),
}
FACTS = (Whole,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Whole: its control plane runs on machines that nobody chooses."""
    yield Whole(names=names(properties, "name", "arn"))

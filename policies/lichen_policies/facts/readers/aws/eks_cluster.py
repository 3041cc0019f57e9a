"""EKS's cluster: what its node groups and the objects in it are part of."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import EksCluster, Whole
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:eks/cluster:Cluster", "aws-native:eks:Cluster"),
    "terraform": ("aws_eks_cluster", "awscc_eks_cluster"),
    "cloudformation": ("AWS::EKS::Cluster",),
}
FACTS = (EksCluster, Whole)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Whole and an EksCluster: its control plane runs on machines that nobody chooses."""
    yield Whole(names=names(properties, "name", "arn"))
    automatic = properties.block("compute_config").flag("enabled")
    yield EksCluster(path=properties.path, automatic=field(automatic or False))

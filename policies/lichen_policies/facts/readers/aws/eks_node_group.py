"""EKS's managed node group: the machines of a cluster, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import fleet
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.properties import Properties, Stated

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:eks/nodeGroup:NodeGroup", "aws-native:eks:Nodegroup"),
    "terraform": ("aws_eks_node_group",),
    "cloudformation": ("AWS::EKS::Nodegroup",),
}
FACTS = (Located, Machines, Scaling)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet."""
    bounds = properties.block("scaling_config")
    path = properties.at("instance_types")
    yield from fleet(
        context,
        machines=[Stated(machine, path) for machine in properties.each_text("instance_types")],
        floor=bounds.stated_whole("min_size"),
        ceiling=bounds.stated_whole("max_size"),
        hosting="ec2",
        region_at=properties.at("region"),
    )

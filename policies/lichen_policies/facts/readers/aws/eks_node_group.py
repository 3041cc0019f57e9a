"""EKS's managed node group: the machines of a cluster, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, Choice, group_of_machines, of_template
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.launch import template_of
from lichen_policies.facts.unknown import is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:eks/nodeGroup:NodeGroup", "aws-native:eks:Nodegroup"),
    "terraform": ("aws_eks_node_group", "awscc_eks_nodegroup"),
    "cloudformation": ("AWS::EKS::Nodegroup",),
}
FACTS = (Located, Machines, Scaling)

_DEFAULT = "t3.medium"
"""What EKS runs where neither the group nor a launch template names a machine."""

complete = of_template


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet: of its types, else of its launch template's, else of EKS's own."""
    bounds, path = properties.block("scaling_config"), properties.at("instance_types")
    named = [Stated(machine, path) for machine in properties.each_text("instance_types")]
    if len(named) == 1 and is_unknown(named[0].value) and properties.computes(named[0].value):
        named = []
    template = template_of(properties, "launch_template")
    if not named and template.value is None:
        named = [Stated(_DEFAULT, path)]
    capacity = properties.text("capacity_type")
    yield from group_of_machines(
        context,
        Choice(
            any_of=named,
            template=template.value,
            template_at=template.path,
            spot=capacity == "SPOT" if isinstance(capacity, str) else None,
        ),
        Bounds(floor=bounds.stated_whole("min_size"), ceiling=bounds.stated_whole("max_size")),
        hosting="ec2",
        region_at=properties.at("region"),
    )

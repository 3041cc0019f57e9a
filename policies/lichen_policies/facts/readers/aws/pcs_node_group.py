"""AWS Parallel Computing Service's group of nodes: the machines of a Slurm cluster."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, Choice, group_of_machines
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws-native:pcs:ComputeNodeGroup",),
    "terraform": ("awscc_pcs_compute_node_group",),
    "cloudformation": ("AWS::PCS::ComputeNodeGroup",),
}
FACTS = (Located, Machines, Scaling)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet, whose machines above the floor run only while jobs wait."""
    bounds = properties.block("scaling_configuration")
    purchase = properties.text("purchase_option")
    yield from group_of_machines(
        context,
        Choice(
            any_of=[
                config.stated_text("instance_type")
                for config in properties.blocks("instance_configs")
            ],
            spot=purchase if purchase is None or is_unknown(purchase) else purchase == "SPOT",
        ),
        Bounds(
            floor=bounds.stated_whole("min_instance_count"),
            ceiling=bounds.stated_whole("max_instance_count"),
            queued=True,
        ),
        hosting="ec2",
        region_at=properties.at("region"),
    )

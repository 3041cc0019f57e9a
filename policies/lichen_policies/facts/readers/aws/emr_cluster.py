"""EMR's cluster and its groups of machines, as far as they carry accelerators."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, Choice, group_of_machines
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.facts.properties import Properties, Stated

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:emr/cluster:Cluster",
        "aws:emr/instanceFleet:InstanceFleet",
        "aws:emr/instanceGroup:InstanceGroup",
        "aws-native:emr:InstanceFleetConfig",
        "aws-native:emr:InstanceGroupConfig",
    ),
    "terraform": ("aws_emr_cluster", "aws_emr_instance_fleet", "aws_emr_instance_group"),
    "cloudformation": (
        "AWS::EMR::Cluster",
        "AWS::EMR::InstanceFleetConfig",
        "AWS::EMR::InstanceGroupConfig",
    ),
}
FACTS = (Located, Machines)

_PARTS = (
    "master_instance_group",
    "master_instance_fleet",
    "core_instance_group",
    "core_instance_fleet",
)
_TARGETS = ("target_on_demand_capacity", "target_spot_capacity")
_TASKS = ("task_instance_groups", "task_instance_fleets")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of each part that may carry accelerators; nothing of a cluster without: it does
    other work than models."""
    cluster = properties.block("instances") or properties
    parts = [part for name in _PARTS if (part := cluster.block(name))]
    parts += [part for name in _TASKS for part in cluster.blocks(name)]
    for part in parts or [properties]:
        configs = part.blocks("instance_type_configs", "instance_type_config") or [part]
        choice = Choice(
            any_of=[config.stated_text("instance_type") for config in configs],
            weights={
                str(config.text("instance_type")): weight
                for config in configs
                if isinstance(weight := config.number("weighted_capacity"), float) and weight > 0
            },
        )
        if any(isinstance(each.value, str) and names_accelerators(each.value)
               for each in choice.any_of):  # fmt: skip
            count = _count(part)
            bounds = Bounds(floor=Stated(count.value, ""), ceiling=count)
            yield from group_of_machines(
                context, choice, bounds, hosting="ec2", region_at=properties.at("region")
            )


def _count(part: Properties) -> Stated[int]:
    """How many run: a group's number, or both targets of a fleet, at the path of the larger."""
    if part.given("instance_count"):
        return part.stated_whole("instance_count")
    targets = [part.stated_whole(name) for name in _TARGETS if part.given(name)]
    unknown = next((target for target in targets if not isinstance(target.value, int)), None)
    if unknown is not None or not targets:
        return unknown or Stated(1, part.at("instance_count"))
    numbers = [target.value for target in targets if isinstance(target.value, int)]
    return Stated(sum(numbers), targets[numbers.index(max(numbers))].path)

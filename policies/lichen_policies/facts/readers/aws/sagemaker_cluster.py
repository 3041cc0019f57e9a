"""SageMaker HyperPod's cluster: groups of machines that run until it is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.sagemaker_machines import PREFIX, machine_of
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws-native:sagemaker:Cluster",),
    "terraform": ("awscc_sagemaker_cluster",),
    "cloudformation": ("AWS::SageMaker::Cluster",),
}
FACTS = (Located, Machines)

_HOSTING = "sagemaker-hyperpod"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, and a Machines for each group; nothing for a group of no machines."""
    groups = [
        group
        for name in ("instance_groups", "restricted_instance_groups")
        for group in properties.blocks(name)
        if group.whole("instance_count") != 0
    ]
    counts = [group.whole("instance_count") for group in groups]
    machines = [_named(group) for group in groups]
    if not groups:
        return
    yield Located(
        region_at=properties.at("region"),
        machine=field(machines[0][0]) if len(machines) == 1 and len(machines[0]) == 1 else None,
        machines=sum(count for count in counts if isinstance(count, int)) or 1,
        hosting=_HOSTING,
        for_models=True,
    )
    for group, names in zip(groups, machines, strict=True):
        count = group.stated_whole("instance_count")
        unknown = next(filter(is_unknown, names), None)
        yield Machines(
            path=group.at("instance_type"),
            machine=field(unknown or (names[0] if len(names) == 1 else None)),
            any_of=tuple(name for name in names if isinstance(name, str)) if len(names) > 1 else (),
            machines=field(count.value),
            machines_at=count.path,
            hosting=_HOSTING,
            machine_prefix=PREFIX,
            spot=field(_is_spot(group)),
        )


def _named(group: Properties) -> list[Maybe[str]]:
    """The machines that a group may have: the one that it names, else those of its requirements."""
    machine = machine_of(group).value
    if machine is not None:
        return [machine]
    listed = group.block("instance_requirements").each_text("instance_types")
    return [bare(name, PREFIX) for name in listed]


def _is_spot(group: Properties) -> Maybe[bool]:
    """Whether its capacity is spare: ``capacityRequirements`` has a block ``spot`` then."""
    return group.block("capacity_requirements").given("spot") or None

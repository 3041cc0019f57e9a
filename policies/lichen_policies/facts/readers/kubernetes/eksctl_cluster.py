"""eksctl's description of an EKS cluster: a file like a manifest, which names its region and the
machines of its node groups.

Source: eksctl documentation, "Config file schema" (a group has 2 machines, of the type m5.large,
where it says nothing else; ``mixed`` means the types of its distribution).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, Choice, group_of_machines
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.placeholders import has_placeholder, placeholder
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types

CLOUD = "kubernetes"
TYPES = types(Api("eksctl.io", ("v1alpha5",), "ClusterConfig"))
FACTS = (Located, Machines, Scaling)

_DEFAULT, _COUNT = "m5.large", 2


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of each node group."""
    metadata = properties.block("metadata")
    region = metadata.text("region")
    if isinstance(region, str) and has_placeholder(region):
        region = placeholder(region)
    context = msgspec.structs.replace(
        context, cloud="aws", region=context.region if region is None else region
    )
    for name in ("managed_node_groups", "node_groups"):
        for group in properties.blocks(name):
            yield from _of_group(group, context, metadata.at("region"))


def _of_group(group: Properties, context: Context, region_at: str) -> Iterator[Fact]:
    mixed = group.block("instances_distribution")
    types = mixed if mixed.given("instance_types") is True else group
    named = [
        Stated(machine, types.at("instance_types")) for machine in types.each_text("instance_types")
    ]
    one = group.stated_text("instance_type")
    if not named:
        named = [Stated(_DEFAULT, one.path) if one.value is None else one]
    wanted = group.stated_whole("desired_capacity")
    floor, ceiling = group.stated_whole("min_size"), group.stated_whole("max_size")
    fixed = Stated(_COUNT, wanted.path) if wanted.value is None else wanted
    least = fixed if floor.value is None else floor
    most = fixed if ceiling.value is None else ceiling
    spot = group.flag("spot")
    for fact in group_of_machines(
        context,
        Choice(any_of=named, spot=spot, spot_at=group.at("spot")),
        Bounds(floor=least, ceiling=most, desired=wanted),
        hosting="ec2",
        region_at=region_at,
    ):
        own = fact.context if fact.context.cloud else context
        yield msgspec.structs.replace(fact, context=own)

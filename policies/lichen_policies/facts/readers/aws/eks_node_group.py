"""EKS's managed node group: the machines that a cluster holds, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling
from lichen_policies.facts.machine import bare, serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

CLOUD = "aws"
TYPES = (
    "aws:eks/nodeGroup:NodeGroup",
    "aws-native:eks:Nodegroup",
    "aws_eks_node_group",
    "AWS::EKS::Nodegroup",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located; Accelerated for each type; a Scaling where it serves models."""
    named = properties.texts("instance_types")
    machines = (named,) if is_unknown(named) else tuple(map(bare, named or ()))
    bounds = properties.block("scaling_config")
    floor, floor_at = bounds.whole("min_size"), bounds.at("min_size")
    machine = machines[0] if len(machines) == 1 else None
    yield Located(**about, region_at=properties.at("region"), machine=machine, machines=floor or 1)
    for type_ in machines:
        yield Accelerated(
            **about,
            machine=type_,
            machines=bounds.whole("max_size"),
            path=properties.at("instance_types"),
            machines_at=bounds.at("max_size"),
        )
    if serves(about, *machines):
        yield Scaling(
            **about,
            path=floor_at,
            floor=floor,
            machine=machine,
        )

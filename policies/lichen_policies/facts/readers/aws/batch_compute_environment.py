"""AWS Batch's compute environment: the machines that its jobs may be given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling
from lichen_policies.facts.machine import bare, serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

CLOUD = "aws"
TYPES = (
    "aws:batch/computeEnvironment:ComputeEnvironment",
    "aws-native:batch:ComputeEnvironment",
    "aws_batch_compute_environment",
    "AWS::Batch::ComputeEnvironment",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located; Accelerated for each single type it names; a Scaling where it serves models.

    Its ceiling is in vCPUs over all types, so how many machines of one may run is not said; a whole
    family (``g5``) or ``optimal`` names no machine.
    """
    resources = properties.block("compute_resources")
    types_at = resources.at("instance_types", "instance_type")
    named = resources.texts("instance_types", "instance_type")
    machines = (named,) if is_unknown(named) else tuple(map(bare, named or ()))
    single = tuple(type_ for type_ in machines if is_unknown(type_) or "." in type_)
    floor_at = resources.at("minv_cpus", "min_vcpus")
    yield Located(
        **about,
        region_at=properties.at("region"),
        machine=single[0] if len(machines) == 1 and single else None,
    )
    for type_ in single:
        yield Accelerated(
            **about,
            machine=type_,
            machines=None,
            path=types_at,
        )
    if serves(about, *machines):
        yield Scaling(
            **about,
            path=floor_at,
            floor=resources.whole("minv_cpus", "min_vcpus"),
            unit="vCPUs",
        )

"""A single EC2 machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = (
    "aws:ec2/instance:Instance",
    "aws-native:ec2:Instance",
    "aws_instance",
    "AWS::EC2::Instance",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located and an Accelerated."""
    machine, machine_at = bare(properties.text("instance_type")), properties.at("instance_type")
    yield Located(**about, region_at=properties.at("availability_zone"), machine=machine)
    if machine is not None:
        yield Accelerated(
            **about,
            machine=machine,
            path=machine_at,
        )

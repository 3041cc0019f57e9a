"""EC2's launch template: what each machine started from it would be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = (
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws-native:ec2:LaunchTemplate",
    "aws_launch_template",
    "AWS::EC2::LaunchTemplate",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """An Accelerated for one machine; a template draws no power, so nothing is Located."""
    data = properties
    if properties.given("launch_template_data"):
        data = properties.block("launch_template_data")
    machine, machine_at = bare(data.text("instance_type")), data.at("instance_type")
    if machine is not None:
        yield Accelerated(
            **about,
            machine=machine,
            path=machine_at,
        )

"""EC2's auto scaling group: how many machines are held, and of which types where it names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling
from lichen_policies.facts.machine import bare, serves
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = (
    "aws:autoscaling/group:Group",
    "aws-native:autoscaling:AutoScalingGroup",
    "aws_autoscaling_group",
    "AWS::AutoScaling::AutoScalingGroup",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located; Accelerated for each type among its overrides; a Scaling where it serves models.

    A group that only points to a launch template does not say what it runs.
    """
    template = properties.block("mixed_instances_policy").block("launch_template")
    overrides = template.blocks("overrides", "override")
    machines = [bare(override.text("instance_type")) for override in overrides]
    floor, floor_at = properties.whole("min_size"), properties.at("min_size")
    machine = machines[0] if len(machines) == 1 else None
    yield Located(
        **about,
        region_at=properties.at("availability_zones"),
        machine=machine,
        machines=floor or 1,
    )
    for override, type_ in zip(overrides, machines, strict=True):
        if type_ is not None:
            yield Accelerated(
                **about,
                machine=type_,
                machines=properties.whole("max_size"),
                path=override.at("instance_type"),
                machines_at=properties.at("max_size"),
            )
    if serves(about, *machines):
        yield Scaling(
            **about,
            path=floor_at,
            floor=floor,
            machine=machine,
        )

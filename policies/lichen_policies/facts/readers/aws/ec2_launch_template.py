"""EC2's launch template and launch configuration: what each machine started from it would be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Disk, Machines, MachineTemplate, ReservationUse
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.disks import disks_of
from lichen_policies.facts.readers.aws.elastic_inference import (
    ELASTIC_INFERENCE,
    elastic_inference,
)
from lichen_policies.facts.readers.aws.instance_requirements import requirements
from lichen_policies.facts.readers.aws.launch import is_spot
from lichen_policies.facts.readers.aws.reservations import reservations_of
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/launchConfiguration:LaunchConfiguration",
        "aws-native:ec2:LaunchTemplate",
        "aws-native:autoscaling:LaunchConfiguration",
    ),
    "terraform": (
        "aws_launch_template",
        "aws_launch_configuration",
        "awscc_ec2_launch_template",
        "awscc_autoscaling_launch_configuration",
    ),
    "cloudformation": ("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"),
}
FACTS = (Disk, Machines, MachineTemplate, ReservationUse)

_NAMES = ("name", "launch_template_name", "launch_configuration_name", "id", "launch_template_id")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A MachineTemplate, and a Machines for one machine; a template draws no power, so nothing is
    Located. A ReservationUse where machines are started in a reservation, and a Disk for each that
    has a type."""
    data = properties
    if properties.given("launch_template_data"):
        data = properties.block("launch_template_data")
    machine = data.stated_text("instance_type")
    spot = True if data.given("spot_price") is True else is_spot(data)
    names = (properties.text(name) for name in _NAMES)
    yield MachineTemplate(
        path=machine.path,
        names=tuple(name for name in names if isinstance(name, str)),
        machine=field(machine.value),
        machine_at=machine.path,
        requirements=field(requirements(data)),
        spot=field(spot),
    )
    yield from reservations_of(data)
    yield from disks_of(data, machine.value)
    for machines in machines_named(machine, hosting="ec2", spot=spot):
        yield msgspec.structs.replace(machines, of_template=True)
    for accelerator in data.blocks(*ELASTIC_INFERENCE):
        attached = accelerator.stated_text("type")
        yield from elastic_inference([attached.value], attached.path, "ec2")

"""A single EC2 machine, and a request for one on spare capacity."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import ONE, Bounds, Choice, group_of_machines, of_template
from lichen_policies.facts.kinds import Disk, Located, Machines, ReservationUse
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.disks import disks_of
from lichen_policies.facts.readers.aws.launch import is_spot, template_of
from lichen_policies.facts.readers.aws.purpose import is_workstation
from lichen_policies.facts.readers.aws.reservations import reservations_of
from lichen_policies.facts.unknown import is_left_out

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:ec2/instance:Instance",
        "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
        "aws-native:ec2:Instance",
    ),
    "terraform": ("aws_instance", "aws_spot_instance_request", "awscc_ec2_instance"),
    "cloudformation": ("AWS::EC2::Instance",),
}
FACTS = (Disk, Located, Machines, ReservationUse)

complete = of_template


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and a Machines of one machine: of its own type, else of its launch template's. A
    ReservationUse where it is started in a reservation, and a Disk for each that has a type."""
    machine, template = properties.stated_text("instance_type"), template_of(properties)
    named = [machine]
    if machine.value is None or (is_left_out(machine.value) and template.value):
        named = []
    requested = properties.given("spot_price") or properties.given("spot_type")
    yield from reservations_of(properties)
    yield from disks_of(properties, machine.value)
    yield from group_of_machines(
        context,
        Choice(
            any_of=named,
            template=template.value,
            template_at=template.path,
            spot=True if requested else is_spot(properties),
        ),
        Bounds(floor=ONE, ceiling=ONE),
        hosting="ec2",
        region_at=properties.at("availability_zone"),
        for_models=False if is_workstation(properties) else None,
    )

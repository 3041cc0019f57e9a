"""EC2's capacity reservation: machines that are kept free for an account, used or not."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Reservation
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.reserved import WAITS_FOR, with_use
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:ec2/capacityReservation:CapacityReservation",
        "aws:ec2/capacityBlockReservation:CapacityBlockReservation",
        "aws-native:ec2:CapacityReservation",
    ),
    "terraform": (
        "aws_ec2_capacity_reservation",
        "aws_ec2_capacity_block_reservation",
        "awscc_ec2_capacity_reservation",
    ),
    "cloudformation": ("AWS::EC2::CapacityReservation",),
}
FACTS = (Reservation,)

complete = with_use


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Reservation. What runs in it draws the power, so nothing is Located."""
    count = properties.stated_whole("instance_count")
    end = properties.at("end_date_type")
    yield Reservation(
        path=properties.at("instance_type"),
        names=names(properties, "id", "capacity_reservation_id"),
        machine=field(properties.text("instance_type")),
        machines=field(count.value),
        machines_at=count.path,
        ends=field(_ends(properties)),
        ends_at=end,
        to_end=f"set {end} to limited and {properties.at('end_date')} to the last day that it is "
        "needed",
        named=field(_is_targeted(properties)),
        waits_for=WAITS_FOR,
        hosting="ec2",
        source="EC2 User Guide, Capacity Reservation pricing and billing, 2026",
    )


def _ends(properties: Properties) -> Maybe[bool]:
    """It ends on a date only where it says so: ``unlimited`` is what holds otherwise. A block is
    bought for some days."""
    if properties.given("capacity_block_offering_id"):
        return True
    kind, date = properties.text("end_date_type"), properties.given("end_date")
    if is_unknown(kind):
        return False if kind.left_out else kind
    return kind == "limited" or (kind is None and date is True)


def _is_targeted(properties: Properties) -> Maybe[bool]:
    matches = properties.text("instance_match_criteria")
    return matches if is_unknown(matches) else matches == "targeted"

"""EC2's fleets: machines of several types that are started and kept together."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, group_of_machines, of_template
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.launch import choice_of, template_of, unit_of
from lichen_policies.facts.unknown import Maybe, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:ec2/fleet:Fleet",
        "aws:ec2/spotFleetRequest:SpotFleetRequest",
        "aws-native:ec2:Ec2Fleet",
        "aws-native:ec2:SpotFleet",
    ),
    "terraform": (
        "aws_ec2_fleet",
        "aws_spot_fleet_request",
        "awscc_ec2_ec2_fleet",
        "awscc_ec2_spot_fleet",
    ),
    "cloudformation": ("AWS::EC2::EC2Fleet", "AWS::EC2::SpotFleet"),
}
FACTS = (Located, Machines)

_CONFIGURATIONS = ("launch_template_configs", "launch_template_config")
_SPECIFICATIONS = ("launch_specifications", "launch_specification")

complete = of_template


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet that runs as many machines as its target says."""
    fleet_of = properties
    if properties.given("spot_fleet_request_config_data"):
        fleet_of = properties.block("spot_fleet_request_config_data")
    target = fleet_of.block("target_capacity_specification")
    total = target.stated_whole("total_target_capacity")
    unit = unit_of(target.text("target_capacity_unit_type"))
    if total.value is None:
        total = fleet_of.stated_whole("target_capacity")
        unit = unit_of(fleet_of.text("target_capacity_unit_type"))
    configurations = fleet_of.blocks(*_CONFIGURATIONS)
    templates = [template_of(configuration) for configuration in configurations]
    overrides = [
        override
        for configuration in configurations
        for override in configuration.blocks("overrides", "override")
    ]
    choice = choice_of(
        templates[0] if templates else Stated(None, ""),
        [*fleet_of.blocks(*_SPECIFICATIONS), *overrides],
        _is_spot(fleet_of, target),
    )
    yield from group_of_machines(
        context,
        choice,
        Bounds(floor=Stated(total.value, ""), ceiling=total, unit=unit),
        hosting="ec2",
        region_at=properties.at("region"),
    )


def _is_spot(fleet_of: Properties, target: Properties) -> Maybe[bool]:
    """Whether all of a fleet is spare capacity."""
    if target:
        default = target.text("default_target_capacity_type")
        on_demand = target.whole("on_demand_target_capacity")
    else:
        default, on_demand = "spot", fleet_of.whole("on_demand_target_capacity")
    for part in (default, on_demand):
        if is_unknown(part):
            return part
    return default == "spot" and not on_demand

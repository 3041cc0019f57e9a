"""Capacity providers whose machines a service of Amazon starts by requirements: of ECS, of Lambda,
of Bedrock AgentCore."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.instance_requirements import requirements
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:ecs/capacityProvider:CapacityProvider",
        "aws:lambda/capacityProvider:CapacityProvider",
        "aws-native:bedrockagentcore:CapacityProvider",
        "aws-native:ecs:CapacityProvider",
        "aws-native:lambda:CapacityProvider",
    ),
    "terraform": (
        "aws_ecs_capacity_provider",
        "aws_lambda_capacity_provider",
        "awscc_bedrockagentcore_capacity_provider",
        "awscc_ecs_capacity_provider",
        "awscc_lambda_capacity_provider",
    ),
    "cloudformation": (
        "AWS::BedrockAgentCore::CapacityProvider",
        "AWS::ECS::CapacityProvider",
        "AWS::Lambda::CapacityProvider",
    ),
}
FACTS = (Machines,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Machines for one machine, as of a template: tasks decide how many run. A provider over an
    auto scaling group starts none itself."""
    ecs = properties.block("managed_instances_provider").block("instance_launch_template")
    agents = (
        properties.block("compute_configuration")
        .block("ec2_configuration")
        .block("launch_template_source")
        .block("launch_parameters")
    )
    launch = ecs or agents or properties
    asked = requirements(launch)
    if asked is not None:
        yield Machines(
            path=launch.at("instance_requirements"),
            requirements=field(asked),
            hosting="ec2",
            spot=field(_is_spot(launch.text("capacity_option_type"))),
        )


def _is_spot(option: Maybe[str]) -> Maybe[bool]:
    return option if is_unknown(option) else None if option is None else option.upper() == "SPOT"

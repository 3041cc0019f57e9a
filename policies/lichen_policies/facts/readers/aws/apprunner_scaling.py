"""App Runner's scaling: the containers that are paid for without requests."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import KeptWarm
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:apprunner/autoScalingConfigurationVersion:AutoScalingConfigurationVersion",
        "aws-native:apprunner:AutoScalingConfiguration",
    ),
    "terraform": (
        "aws_apprunner_auto_scaling_configuration_version",
        "awscc_apprunner_auto_scaling_configuration",
    ),
    "cloudformation": ("AWS::AppRunner::AutoScalingConfiguration",),
}
FACTS = (KeptWarm,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A KeptWarm where the least is stated; App Runner keeps one container at the least."""
    least = properties.stated_whole("min_size")
    if least.value is not None:
        yield KeptWarm(
            path=least.path,
            copies=field(least.value),
            copies_at=least.path,
            unit="containers",
            least=1,
            ceiling=field(properties.whole("max_size")),
            ceiling_at=properties.at("max_size"),
        )

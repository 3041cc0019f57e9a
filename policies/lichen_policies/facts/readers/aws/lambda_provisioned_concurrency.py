"""Lambda's provisioned concurrency: copies of a function that are paid for without requests."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import KeptWarm
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        "aws-native:lambda:Alias",
        "aws-native:lambda:Version",
    ),
    "terraform": (
        "aws_lambda_provisioned_concurrency_config",
        "awscc_lambda_alias",
        "awscc_lambda_version",
    ),
    "cloudformation": ("AWS::Lambda::Alias", "AWS::Lambda::Version"),
}
FACTS = (KeptWarm,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A KeptWarm where the number is stated; of an alias or a version only some state it."""
    within = properties
    if properties.given("provisioned_concurrency_config"):
        within = properties.block("provisioned_concurrency_config")
    warm = within.stated_whole("provisioned_concurrent_executions")
    if warm.value is not None:
        yield KeptWarm(
            path=warm.path,
            copies=field(warm.value),
            copies_at=warm.path,
            unit="copies of the function",
            remove=within.path or "this resource",
        )

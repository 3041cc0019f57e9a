"""Bedrock's provisioned throughput: capacity of a model that is bought by the hour."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import BoughtThroughput
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:bedrock/provisionedModelThroughput:ProvisionedModelThroughput",),
    "terraform": ("aws_bedrock_provisioned_model_throughput",),
    "cloudformation": (),
}
FACTS = (BoughtThroughput,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A BoughtThroughput, and a Located of no machine. (CloudFormation has no such resource.)"""
    units = properties.stated_whole("model_units")
    yield BoughtThroughput(
        path=units.path,
        units=field(units.value),
        units_at=units.path,
        term=field(properties.text("commitment_duration")),
        term_at=properties.at("commitment_duration"),
    )

"""Bedrock's provisioned throughput: capacity of a model that is bought by the hour."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import BoughtThroughput, Located
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:bedrock/provisionedModelThroughput:ProvisionedModelThroughput",),
    "terraform": ("aws_bedrock_provisioned_model_throughput",),
    "cloudformation": (),
}
FACTS = (BoughtThroughput, Located)

_HOSTING = "bedrock"
"""A name without a row: no price is known."""
_OF_ALL = ":foundation-model/"
_BY_THE_REQUEST = "call the foundation model by its own id, by the request"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A BoughtThroughput, and a Located: what is bought is in its region. (CloudFormation has no
    such resource.)"""
    units = properties.stated_whole("model_units")
    yield Located(
        path=units.path, region_at=properties.at("region"), hosting=_HOSTING, for_models=True
    )
    yield BoughtThroughput(
        path=units.path,
        units=field(units.value),
        units_at=units.path,
        instead=_BY_THE_REQUEST if _is_of_all(properties.text("model_arn")) else "",
        term=field(properties.text("commitment_duration")),
        term_at=properties.at("commitment_duration"),
    )


def _is_of_all(model: Maybe[str]) -> bool:
    """Whether an ARN is that of a model which everybody can have by the request; one of the
    account's own may need bought throughput."""
    return _OF_ALL in ((model.written if is_unknown(model) else model) or "")

"""Azure OpenAI's deployment of a model: by the token, or provisioned by the hour.

The kinds ``Global...`` and ``DataZone...`` send requests to any of several regions: all of them,
those of the United States, or those of the European Union's members. Source: GitHub
MicrosoftDocs/azure-ai-docs, "Deployment types", "Provisioned throughput: minimum deployment".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import BoughtThroughput, Located, Part, RoutedModel
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure import parts
from lichen_policies.facts.readers.azure.parts import in_its_whole
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:cognitiveservices:Deployment",
        "azure:cognitive/deployment:Deployment",
    ),
    "terraform": ("azurerm_cognitive_deployment",),
    "azure": ("Microsoft.CognitiveServices/accounts/deployments",),
}
FACTS = (BoughtThroughput, Located, Part, RoutedModel)

_ACCOUNT = (("accounts", ("cognitive_account_id", "account_name")),)
_HOSTING = "azure-openai"
_ZONE = "DataZone"
_OF_ITS_REGION: Maybe[str] = Unknown(
    "sends requests within the zone of its account, which is not among these resources"
)
_OF_THE_US = re.compile(r"us\d*$")
_LEAST, _LEAST_OF_A_REGION = 15, 50
"""Units that are sold at the least: over several regions, and in one."""


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A RoutedModel; a Located where it stays in one region; a BoughtThroughput where its capacity
    is provisioned."""
    yield from in_its_whole(properties, context, _facts(properties), _ACCOUNT, "its account")


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts in the account's region, which decides the zone that requests stay in."""
    return tuple(map(_in_its_zone, parts.where_its_whole_is(facts, stack)))


def _facts(properties: Properties) -> Iterator[Fact]:
    sku = properties.block("sku")
    if not sku:
        sku = properties.block("scale")
    kind, kind_at = sku.stated_text("name", "type")
    area = _area(kind)
    provisioned = is_unknown(kind) or (kind is not None and "Provisioned" in kind)
    if area is None:
        # By the token it is everybody's machines: nothing there is the resource's own.
        if provisioned:
            yield Located(path=kind_at, region_at="", hosting=_HOSTING, for_models=True)
    else:
        yield RoutedModel(
            path=kind_at, area=field(area), source_at=kind_at, narrower=_narrower(kind)
        )
    if not provisioned:
        return
    units = sku.stated_whole("capacity")
    yield BoughtThroughput(
        path=units.path,
        units=field(kind if is_unknown(kind) else units.value),
        units_at=units.path,
        least=_LEAST if area else _LEAST_OF_A_REGION,
        instead=_by_the_token(kind, kind_at),
    )


def _area(kind: Maybe[str]) -> Maybe[str]:
    """The part of the world that requests may be sent to; None for one region."""
    if kind is None or is_unknown(kind):
        return kind
    if kind.startswith(_ZONE):
        return _OF_ITS_REGION
    return "Global" if kind.startswith("Global") else None


def _narrower(kind: Maybe[str]) -> str:
    """What a deployment is set to so that fewer regions, or one, may answer it."""
    own = kind.removeprefix("Global").removeprefix(_ZONE) if isinstance(kind, str) else "Standard"
    in_zone = f"{_ZONE}{own}, or to " if isinstance(kind, str) and kind.startswith("Global") else ""
    return f"{in_zone}{own} for one region"


def _by_the_token(kind: Maybe[str], kind_at: str) -> str:
    if not isinstance(kind, str):
        return ""
    return f"set {kind_at} to {kind.replace('ProvisionedManaged', 'Standard')}, by the request"


def _in_its_zone(fact: Fact) -> Fact:
    region = fact.context.region
    if not isinstance(fact, RoutedModel) or fact.as_read("area") is not _OF_ITS_REGION:
        return fact
    if not isinstance(region, str):
        return fact
    zone = "US" if _OF_THE_US.search(region) else "EU"
    return msgspec.structs.replace(fact, area=f"{_ZONE}{zone}")

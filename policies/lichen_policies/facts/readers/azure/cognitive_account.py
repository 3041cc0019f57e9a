"""Azure OpenAI's and AI Foundry's account: the region of the models that are deployed in it."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Part, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is, whole

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:cognitiveservices:Account",
        "azure:cognitive/account:Account",
        "azure:cognitive/aIServices:AIServices",
    ),
    "terraform": ("azurerm_cognitive_account", "azurerm_ai_services"),
    "azure": ("Microsoft.CognitiveServices/accounts",),
}
FACTS = (Part, Whole)

complete = where_its_whole_is

_STEPS = (("accounts", ("account_name", "name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole; an account without deployments runs nothing, so nothing is Located."""
    yield from in_its_group(properties, context, (whole(properties, _STEPS),))

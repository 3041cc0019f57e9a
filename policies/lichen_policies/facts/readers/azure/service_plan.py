"""App Service's plan, the machines of web apps, as far as its tags say that it serves a model."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Part
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:web:AppServicePlan",
        "azure:appservice/servicePlan:ServicePlan",
        "azure:appservice/plan:Plan",
    ),
    "terraform": ("azurerm_service_plan", "azurerm_app_service_plan"),
    "azure": ("Microsoft.Web/serverfarms",),
}
FACTS = (Located, Part)

complete = where_its_whole_is

_HOSTING = "app-service"
"""A name without a row: no price is known."""


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located; nothing for a plan without ``lichen:*`` tags."""
    if not (is_unknown(context.passport) or context.says_what_it_serves):
        return
    sku = properties.block("sku")
    count = sku.whole("capacity") if sku else properties.whole("worker_count")
    located = Located(
        region_at=properties.at("location"), machines=field(count) or 1, hosting=_HOSTING
    )
    yield from in_its_group(properties, context, (located,))

"""Azure's resource group, which may give its location to what is in it."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import by_id
from lichen_policies.facts.unknown import is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:resources:ResourceGroup",
        "azure:core/resourceGroup:ResourceGroup",
    ),
    "terraform": ("azurerm_resource_group",),
}
FACTS = (Whole,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Whole; a group runs nothing by itself, so nothing is Located."""
    name = by_id(properties.text("resource_group_name", "name"), 0)
    yield Whole(names=name if is_unknown(name) else (name,) if name else ())  # type: ignore[arg-type]

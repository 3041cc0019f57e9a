"""Azure Batch's account: its pools are where it is."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Part, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is, whole

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:batch:BatchAccount", "azure:batch/account:Account"),
    "terraform": ("azurerm_batch_account",),
    "azure": ("Microsoft.Batch/batchAccounts",),
}
FACTS = (Part, Whole)

complete = where_its_whole_is

_STEPS = (("batchaccounts", ("account_name", "name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole; an account without pools runs nothing, so nothing is Located."""
    yield from in_its_group(properties, context, (whole(properties, _STEPS),))

"""Azure Batch's pool of machines for jobs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import HOSTING, machines_of, size
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:batch:Pool", "azure:batch/pool:Pool"),
    "terraform": ("azurerm_batch_pool",),
    "azure": ("Microsoft.Batch/batchAccounts/pools",),
}
FACTS = (Located, Machines, Part)

complete = where_its_whole_is

_ACCOUNT = (("batchaccounts", ("account_name",)),)
_FORMULA: Maybe[int] = Unknown("says by a formula how many machines run")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and a Machines; how many a formula asks for is not known."""
    facts = _facts(properties)
    yield from in_its_whole(properties, context, facts, _ACCOUNT, "its Batch account")


def _facts(properties: Properties) -> Iterator[Fact]:
    machine = size(properties, "vm_size")
    settings = properties.block("scale_settings") or properties
    formula = settings.block("auto_scale")
    if formula:
        formula_at = formula.at("formula")
        yield Located(region_at="", machine=field(machine.value), hosting=HOSTING)
        for fact in machines_of(machine, Stated(_FORMULA, formula_at)):
            yield msgspec.structs.replace(fact, queued=True)
        return
    fixed = settings.block("fixed_scale")
    counts = {
        False: fixed.stated_whole("target_dedicated_nodes"),
        True: fixed.stated_whole("target_low_priority_nodes"),
    }
    running = {spot: count for spot, count in counts.items() if count.value not in (None, 0)}
    if not running:
        return
    least = next((count.value for count in running.values() if not is_unknown(count.value)), 1)
    yield Located(
        region_at="", machine=field(machine.value), machines=field(least), hosting=HOSTING
    )
    for spot, count in running.items():
        yield from machines_of(machine, count, spot=Stated(spot or None, count.path))

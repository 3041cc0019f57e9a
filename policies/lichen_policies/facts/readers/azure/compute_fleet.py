"""Azure Compute Fleet: so many machines, of any of several sizes, on demand and on spare capacity.

Source: Microsoft Learn, "Microsoft.AzureFleet fleets".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import HOSTING, machines_of, size
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:azurefleet:Fleet",),
    "azure": ("Microsoft.AzureFleet/fleets",),
}
FACTS = (Located, Machines, Part)

complete = where_its_whole_is


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, and a Machines of the sizes for each kind of capacity that it asks for."""
    yield from in_its_group(properties, context, _facts(properties))


def _facts(properties: Properties) -> Iterator[Fact]:
    sizes = [size(each, "name") for each in properties.blocks("vm_sizes_profile")]
    if not sizes:
        return
    names = tuple(each.value for each in sizes if isinstance(each.value, str))
    first = next((each for each in sizes if is_unknown(each.value)), sizes[0])
    several = names if len(names) == len(sizes) > 1 else ()
    for profile in ("regular_priority_profile", "spot_priority_profile"):
        count = properties.block(profile).stated_whole("capacity")
        if count.value in (None, 0):
            continue
        yield Located(
            region_at=properties.at("location"),
            machine=None if several else field(first.value),
            any_of=several,
            machines=field(count.value),
            hosting=HOSTING,
        )
        spot: Stated[bool] = Stated(profile.startswith("spot") or None, count.path)
        for fact in machines_of(first, count, spot=spot):
            several_of = {"machine": None, "chip": None, "chips_each": None, "any_of": several}
            yield msgspec.structs.replace(fact, **several_of) if several else fact

"""Location that is not one region.

Why: A multi-region such as ``us`` leaves it to the cloud where the work runs. Its regions' grids
differ by a factor of ten, so nobody can say what the work emits, and the rules about regions cannot
judge it.

Fix: Name one region, the cleanest that is near enough.

Exceptions: Resources that have no place of their own, such as a global address, are not judged. A
location that is known only after deployment is unverified. Storage, networks and databases are not
judged. A location that comes by a variable, a parameter or a placeholder, or from a provider that
is not here or whose value is not known, is not judged either: dirty-region says that it cannot be
checked.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.clouds import CLOUDS
from lichen_policies.facts import Located
from lichen_policies.facts.region import is_given_later, is_unstated
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="region")
def multi_region_location(fact: Located, known: Known) -> Iterator[Finding]:
    if fact.part_of:
        raise NotApplicable(f"it is where {fact.part_of} is")
    region = fact.context.region
    if is_given_later(region) or is_unstated(region):
        raise NotApplicable("its region is not known here: see dirty-region")
    cloud = CLOUDS.get(fact.cloud)
    if fact.region is None or cloud is None or fact.region.lower() not in cloud.multi_regions:
        return
    yield Finding(
        what=f"{fact.region.lower()} is a multi-region of {cloud.title}, not a region",
        limit="one region must be stated so that its electricity can be checked",
        or_else=f"set {fact.region_at} to one region",
        path=fact.region_at,
    )

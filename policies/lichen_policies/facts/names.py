"""What others call a resource by."""

from __future__ import annotations

from typing import cast

from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown


def names(properties: Properties, *properties_named: str) -> tuple[str, ...]:
    """The names that properties of a resource hold; an Unknown where no name is known yet.

    A fact's field keeps it: a join that meets a name that nobody knows follows references.
    """
    found = [properties.text(name) for name in properties_named]
    known = tuple(name for name in found if isinstance(name, str))
    unknown = next((name for name in found if is_unknown(name)), None)
    return known if known or unknown is None else cast("tuple[str, ...]", unknown)

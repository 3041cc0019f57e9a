"""Properties that Amazon takes as a text of JSON where a template has them as an object."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Dialect
from lichen_policies.facts.unknown import Unknown, is_unknown

_MALFORMED = Unknown("is not JSON")


def parsed(properties: Properties, name: str) -> Properties:
    """A property that is an object, or a text that holds one; a list is under ``items``.

    Its paths end at the property: nothing within a text can be changed alone.
    """
    found, alone = properties.value(name), properties.scalar(name)
    if isinstance(alone, str) or is_unknown(alone):
        found = alone
    if not isinstance(found, str):
        if isinstance(found, list | tuple):
            found = {"Items" if properties.dialect == "cloudformation" else "items": found}
        given = found if isinstance(found, Mapping) or is_unknown(found) else {}
        return Properties(given, _spelling(properties, given), properties.at(name))
    try:
        value = json.loads(found)
    except (ValueError, RecursionError):
        return Properties(_MALFORMED, properties.dialect, properties.at(name))
    if isinstance(value, list):
        value = {"items": value}
    if not isinstance(value, Mapping):
        return Properties(_MALFORMED, properties.dialect, properties.at(name))
    return Properties(value, "pulumi", properties.at(name))  # the API's own spelling


def _spelling(properties: Properties, given: Mapping[str, object] | Unknown) -> Dialect:
    """The dialect of an object's names: where Terraform makes a text of it, the API's own spelling;
    a provider that takes the object itself writes words with underscores."""
    if properties.dialect != "terraform" or is_unknown(given):
        return properties.dialect
    items = given.get("items")
    objects = items if isinstance(items, list | tuple) else [given]
    named = [name for each in objects if isinstance(each, Mapping) for name in each]
    return "terraform" if any("_" in name for name in named) else "pulumi"

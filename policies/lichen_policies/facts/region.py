"""The ladder of a resource's region. The first rung that states a region decides:

1. a property of the resource that names its region or zone, or the full name of what it is a part
   of: a pool is where its cluster is (:func:`of_resource`);
2. the address of another resource beside it, such as an ARN (:func:`of_resource`);
3. the provider that the resource belongs to (:func:`of_provider`);
4. for a provider that the program does not configure, the stack's settings (:func:`of_stack`);
5. then the environment variables that the provider reads (:func:`of_process`);
6. what the command line gives for documents that state none (``Gate.completed``).

A rung whose value is not known yet stops the ladder: a lower rung must not answer for it. Where no
rung states a region the answer is None, which is a finding of its own. Documents and doors gather
what they have of each rung; the names of each cloud are in :mod:`lichen.clouds`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lichen.clouds import CLOUDS, Cloud, region_of
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, is_unknown

PROVIDER_ARGUMENTS = tuple(
    dict.fromkeys(name for cloud in CLOUDS.values() for name in cloud.provider_properties)
)
"""Arguments of any cloud's provider that set a region or a zone."""


def of_resource(properties: Properties, cloud: Cloud) -> Maybe[str]:
    """Rungs 1 and 2: the region that a resource's own properties state."""
    own = _first(properties.text(name) for name in cloud.region_properties)
    if isinstance(own, str):
        return own
    whole = next(_found_in(properties, cloud.whole_properties, cloud.region_in_whole), None)
    if whole is not None or own is not None:
        return own if whole is None else region_of(whole)
    for name in cloud.zone_properties:
        zones = properties.texts(name)
        if isinstance(zones, tuple) and zones:
            return region_of(zones[0])
    return next(_found_in(properties, cloud.link_properties, cloud.region_in_link), None)


def _found_in(
    properties: Properties, names: Iterable[str], region_in_it: str | None
) -> Iterator[str]:
    """What a pattern finds in the addresses that some properties hold."""
    for name in names:
        link = properties.text(name)
        if isinstance(link, str) and region_in_it is not None:
            match = re.search(region_in_it, link)
            if match is not None:
                yield match[1]


def of_provider(arguments: Mapping[str, object]) -> Maybe[str]:
    """Rung 3: the region that a provider's arguments set, by :data:`PROVIDER_ARGUMENTS`."""
    return _first(arguments.get(name) for name in PROVIDER_ARGUMENTS)


def of_stack(package: str, settings: Mapping[str, object]) -> Maybe[str]:
    """Rung 4: the region that a stack's configuration sets for a package's default provider."""
    return _first(
        settings.get(name)
        for cloud in CLOUDS.values()
        for name in cloud.region_settings
        if name.partition(":")[0] == package
    )


def of_process(cloud: Cloud, variables: Mapping[str, str]) -> Maybe[str]:
    """Rung 5: the region that a cloud's provider takes from the environment variables."""
    return _first(variables.get(name) for name in cloud.region_variables)


def _first(places: Iterable[object]) -> Maybe[str]:
    """The region of the first region or zone that is given; what is unknown is given."""
    for place in places:
        if is_unknown(place):
            return place
        if isinstance(place, str) and place:
            return region_of(place)
    return None

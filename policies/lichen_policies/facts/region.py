"""The ladder of a resource's region. The first rung that states a region decides:

1. what the resource itself says (:func:`of_resource`): the full name of what it is a part of, its
   region, its zone, its own full name;
2. the provider that the resource belongs to (:func:`of_provider`);
3. for a provider that the program does not configure, the stack's settings (:func:`of_stack`);
4. then the environment variables that the provider reads (:func:`of_process`);
5. what the command line gives where a document does not say it (``Gate.completed``);
6. the full name of another resource that can only be in the same region (:func:`of_links`).

A rung whose value is not known yet stops the ladder: a lower rung must not answer for it. Two do
not: a zone that is not known lies in the region that a lower rung states, and so does a resource
with a region of its own in what it is a part of. A region that is not known is that of a zone which
the resource names beside it. Where no rung states a region the answer is None,
which is a finding of its own. Documents and doors gather what they have of each rung; the names of
each cloud are in :mod:`lichen.clouds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lichen.clouds import CLOUDS, Cloud, region_of
from lichen_policies.facts.placeholders import FILLED_IN_LATER
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

PROVIDER_ARGUMENTS = tuple(
    dict.fromkeys(name for cloud in CLOUDS.values() for name in cloud.provider_properties)
)
"""Arguments of any cloud's provider that set a region or a zone."""


def of_resource(properties: Properties, cloud: Cloud) -> Maybe[str]:
    """Rung 1: the region that a resource's own properties state."""
    if not properties.gives_any(cloud.place_properties):
        return None
    parents = [properties.text(name) for name in cloud.parent_properties]
    zone = _first(_zone(properties, name) for name in cloud.zone_properties)
    own = _first(
        (
            *(_named(parent, cloud) for parent in parents),
            *(properties.text(name) for name in cloud.region_properties),
            zone,
            *(_named(properties.text(name), cloud) for name in cloud.address_properties),
        )
    )
    if is_unknown(own) and zone is not None:
        return zone  # in the region that is not known
    return next(filter(is_unknown, parents), None) if own is None else own


def of_links(properties: Properties, cloud: Cloud) -> str | None:
    """Rung 6: the region of another resource that this one can only be beside."""
    if not properties.gives_any(cloud.link_properties):
        return None
    for name in cloud.link_properties:
        for link in properties.each_text(name):
            region = _named(link, cloud)
            if region is not None:
                return region
    return None


def _zone(properties: Properties, name: str) -> str | None:
    """The first zone of a property that names some; None where it is not known."""
    zones = properties.texts(name)
    return zones[0] if isinstance(zones, tuple) and zones else None


def _named(name: Maybe[str], cloud: Cloud) -> str | None:
    """The region in a full name; None where it has none or is not known."""
    found = cloud.region_of_name(name) if isinstance(name, str) else None
    return None if found is None else region_of(found)


def of_provider(arguments: Mapping[str, object]) -> Maybe[str]:
    """Rung 2: the region that a provider's arguments set, by :data:`PROVIDER_ARGUMENTS`."""
    return _first(arguments.get(name) for name in PROVIDER_ARGUMENTS)


def of_stack(package: str, settings: Mapping[str, object]) -> Maybe[str]:
    """Rung 3: the region that a stack's configuration sets for a package's default provider."""
    return _first(
        settings.get(name)
        for cloud in CLOUDS.values()
        for name in cloud.region_settings
        if name.partition(":")[0] == package
    )


def of_process(cloud: Cloud, variables: Mapping[str, str]) -> Maybe[str]:
    """Rung 4: the region that a cloud's provider takes from the environment variables."""
    return _first(variables.get(name) for name in cloud.region_variables)


_UNSTATED = "is set by an expression"
_GIVEN_LATER = (
    FILLED_IN_LATER,
    "is var.",
    "is the default of var.",
    "is the parameter ",
    f"{_UNSTATED} (give --parameter",
)
ELSEWHERE = Unknown("is set by a provider that these files do not configure (give --region)")
"""The region of what goes to a provider that is written elsewhere, if at all."""


def unstated(source: str = "") -> Unknown:
    """A region that an expression sets whose document does not have it: the command line's holds.

    ``source`` is the type of the data source that makes a plan say it.
    """
    declare = f'declare data "{source}" "here" {{}} for its provider, or ' if source else ""
    return Unknown(f"{_UNSTATED}, which a plan does not contain ({declare}give --region)")


def of_expression(names: Iterable[str]) -> Unknown:
    """A region that an expression sets, of which nobody knows what the names in it are."""
    return Unknown(f"{_UNSTATED} of {' and '.join(names)} (give --region)")


def is_unstated(region: Maybe[str]) -> bool:
    """Whether a document leaves a region to what the command line gives."""
    if is_unknown(region):
        return region.because.startswith(_UNSTATED) or region.because == ELSEWHERE.because
    return region is None


def is_written_elsewhere(region: Maybe[str]) -> bool:
    """Whether nothing in a document configures the provider that would state a region."""
    return is_unknown(region) and region.because == ELSEWHERE.because


def is_given_later(region: Maybe[str]) -> bool:
    """Whether a resource itself states its region, by a variable, a parameter or a placeholder of
    which who deploys gives the value."""
    return is_unknown(region) and region.because.startswith(_GIVEN_LATER)


def _first(places: Iterable[object]) -> Maybe[str]:
    """The region of the first region or zone that is given; what is unknown is given."""
    for place in places:
        if is_unknown(place):
            return place
        if isinstance(place, str) and place:
            return region_of(place)
    return None

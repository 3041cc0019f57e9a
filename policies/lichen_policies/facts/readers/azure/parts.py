"""Where a resource of Azure is: where it says, else where what it is a part of is.

What a resource is a part of is found by name or id. Names are of one resource group, so that they
are compared with it and with their kinds: ``rg-chat/managedclusters/main``. Where the whole is not
among the resources, nobody can say where its parts are.

A resource of azure-native that leaves its location out takes that of its provider, else that of its
resource group, which the engine marks as computed. Source: pulumi-azure-native,
``getDefaultLocation``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import in_region, whole_of
from lichen_policies.facts.kinds import Located, Part, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack, Subject

Steps = tuple[tuple[str, tuple[str, ...]], ...]
"""The way to a resource below its group: at each step its kind, in small letters as in an id, and
the properties that name it."""

GROUP: Steps = ()
_GROUPS = "resourcegroups"
_DEEPEST = 5
"""A deployment is in an endpoint, a workspace and a resource group: no part is deeper."""

_ID = re.compile(
    r"^/subscriptions/[^/]+/resourcegroups/(?P<group>[^/]+)(?:/providers/[^/]+/(?P<own>.+?))?/?$"
)


def in_its_group(properties: Properties, context: Context, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The facts of a resource that has a location: where it leaves that out, a Part too, and the
    facts are in its resource group's."""
    location = properties.text("location")
    computed = is_unknown(location) and not location.references and properties.dialect == "pulumi"
    if (location is None and context.region is None) or computed:
        group = called(properties, GROUP)
        where = properties.at("resource_group_name")
        yield from _within(properties, context, facts, group, where, "its resource group")
    else:
        yield from facts


def in_its_whole(
    properties: Properties, context: Context, facts: Iterable[Fact], steps: Steps, what: str
) -> Iterator[Fact]:
    """The facts of a resource that is where what it is a part of is, which ``steps`` lead to and
    ``what`` names in words: with a Part, unless it states a location all the same."""
    if properties.text("location") is not None:
        yield from facts
        return
    _, last = steps[-1]
    elsewhere = (
        msgspec.structs.replace(fact, region_at="", part_of=what)
        if isinstance(fact, Located)
        else fact
        for fact in facts
    )
    name = called(properties, steps)
    yield from _within(properties, context, elsewhere, name, properties.at(*last), what)


def whole(properties: Properties, steps: Steps) -> Whole:
    """A Whole, by what its parts call it."""
    return Whole(names=names(properties, steps))


def names(properties: Properties, steps: Steps) -> tuple[str, ...]:
    """What others call a resource by; an Unknown where its name is not known yet."""
    name = called(properties, steps)
    return cast("tuple[str, ...]", name) if is_unknown(name) else (name,) if name else ()


def called(properties: Properties, steps: Steps) -> Maybe[str]:
    """What a resource calls another by, or others it, as both are compared."""
    group = properties.text("resource_group_name")
    key = [group.lower()] if isinstance(group, str) else []
    if not steps:
        return by_id(group, 0)
    unknown: Maybe[str] = None
    for number, (kind, own) in enumerate(steps, start=1):
        name = properties.text(*own)
        if isinstance(name, str) and name.startswith("/"):
            return by_id(name, number)
        if name is None:
            return None
        if is_unknown(name):
            unknown = name
        else:
            key += [kind, name.lower()]
    return unknown or "/".join(key)


def by_id(name: Maybe[str], steps: int | None = None) -> Maybe[str]:
    """A resource's id as names are compared, with as many steps of it; all by default."""
    if not isinstance(name, str):
        return name
    found = _ID.match(name.lower())
    if steps == 0:
        return f"{_GROUPS}/{found['group'] if found else name.lower()}"
    if found is None or found["own"] is None:
        return Unknown("is not the id of a resource")
    own = found["own"].split("/")
    return "/".join((found["group"], *(own if steps is None else own[: 2 * steps])))


def where_its_whole_is(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of a part, in the region of what it is a part of, where that is in the stack."""
    region = _region_of(whole_of(facts, stack), stack)
    if not isinstance(region, str):
        return facts
    return tuple(in_region(fact, region) for fact in facts)


def _region_of(found: Subject[Whole] | None, stack: Stack) -> Maybe[str]:
    for _ in range(_DEEPEST):
        if found is None:
            return None
        region = found.fact.context.region
        if isinstance(region, str):
            return region
        found = whole_of(tuple(part.fact for part in stack.beside(found, Part)), stack)
    return None


def _within(
    properties: Properties,
    context: Context,
    facts: Iterable[Fact],
    name: Maybe[str],
    where: str,
    what: str,
) -> Iterator[Fact]:
    """A Part, and the facts in a region that is not known before the whole is found.

    A region of the command line holds in Terraform, whose provider has none.
    """
    region = context.region
    if not isinstance(region, str) or properties.dialect == "pulumi":
        region = Unknown(f"is that of {what}, which is not among these resources")
    there = msgspec.structs.replace(context, region=region)
    yield Part(path=where, whole=field(name), placed=False, waits_for=what, context=there)
    for fact in facts:
        yield msgspec.structs.replace(fact, context=there, waits_for=fact.waits_for or what)

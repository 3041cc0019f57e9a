"""A resource into facts: its reader is found by its type, and its context is found once."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from lichen.clouds import CLOUDS, Cloud
from lichen.document import InputError
from lichen.passport import Passport, from_tags
from lichen_policies.facts import environment, readers, region
from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import AllMachines, Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Dialect, Resource
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack


Complete = Callable[[tuple[Fact, ...], "Stack"], tuple[Fact, ...]]


class Reader(msgspec.Struct, frozen=True):
    """How one kind of resource becomes facts, which are yielded without their context.

    ``yields`` are the kinds of facts that it may yield. ``complete`` fills in what other resources
    of the stack say, such as the machine that a group's launch template names; None where it needs
    none.
    """

    cloud: str
    read: Callable[[Properties, Context], Iterator[Fact]]
    yields: tuple[type[Fact], ...]
    complete: Complete | None = None


@cache
def by_type() -> Mapping[tuple[Dialect, str], Reader]:
    """Every reader, by each dialect and type that it reads."""
    import pkgutil  # not loaded where no resource is read

    found: dict[tuple[Dialect, str], Reader] = {}
    for module_info in pkgutil.walk_packages(readers.__path__, f"{readers.__name__}."):
        module = importlib.import_module(module_info.name)
        for dialect, types in getattr(module, "TYPES", {}).items():
            complete = getattr(module, "complete", None)
            together = (AllMachines,) if Machines in module.FACTS else ()
            reader = Reader(module.CLOUD, module.read, (*module.FACTS, *together), complete)
            found.update(dict.fromkeys(((dialect, type_) for type_ in types), reader))
    return found


def types_of(dialect: Dialect) -> tuple[str, ...]:
    """The types of resources that are read in a dialect."""
    return tuple(type_ for spoken, type_ in by_type() if spoken == dialect)


def types_with(dialect: Dialect, *kinds: type[Fact]) -> tuple[str, ...]:
    """The types of resources in a dialect that may yield a fact of one of some kinds."""
    return tuple(
        type_
        for (spoken, type_), reader in by_type().items()
        if spoken == dialect and any(issubclass(yielded, kinds) for yielded in reader.yields)
    )


def completed(resource: Resource, facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of a resource, with what the other resources of its stack say."""
    reader = by_type().get((resource.dialect, resource.type))
    if reader is None or reader.complete is None:
        return facts
    return _with_all_machines(
        reader.complete(tuple(f for f in facts if not isinstance(f, AllMachines)), stack)
    )


def facts_of(resource: Resource) -> tuple[Fact, ...] | None:
    """The facts of a resource; None where no reader reads its type."""
    reader = by_type().get((resource.dialect, resource.type))
    if reader is None:
        return None
    properties = Properties(resource.properties, resource.dialect)
    context = _context(properties, resource, CLOUDS[reader.cloud])
    return _with_all_machines(
        tuple(
            msgspec.structs.replace(fact, context=context)
            for fact in reader.read(properties, context)
        )
    )


def _with_all_machines(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts of a resource, with one of all its machines where it has any."""
    groups = tuple(fact for fact in facts if isinstance(fact, Machines))
    if not groups:
        return facts
    together = AllMachines(
        groups=groups,
        path=groups[0].path,
        context=groups[0].context,
        waits_for=next((group.waits_for for group in groups if group.waits_for), ""),
    )
    return (*facts, together)


def _context(properties: Properties, resource: Resource, cloud: Cloud) -> Context:
    own_region = region.of_resource(properties, cloud)
    tags = _tags(properties, cloud)
    passport = _passport(tags, cloud)
    return Context(
        cloud=cloud.name,
        region=resource.region if own_region is None else own_region,
        environment=environment.of_resource(passport, resource.environment, tags),
        passport=passport,
    )


def _tags(properties: Properties, cloud: Cloud) -> Maybe[dict[str, object]]:
    """The first of the cloud's properties of tags that is given."""
    for path in cloud.tag_properties:
        *blocks, name = path.split(".")
        within = properties
        for block in blocks:
            within = within.block(block)
        tags = within.tags(name)
        if tags is not None:
            return tags
    return None


def _passport(tags: Maybe[dict[str, object]], cloud: Cloud) -> Maybe[Passport]:
    if tags is None or is_unknown(tags):
        return tags
    own = {key: value for key, value in tags.items() if key.startswith(cloud.tags.prefix)}
    for value in own.values():
        if is_unknown(value):
            return value
    try:
        return from_tags({key: str(value) for key, value in own.items()}, cloud.name)
    except InputError as error:
        return Unknown(f"cannot be read: {error}")

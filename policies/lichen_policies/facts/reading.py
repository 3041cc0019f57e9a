"""A resource into facts: its reader found by its type, the ladders climbed once for all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from lichen.document import InputError
from lichen.passport import from_tags
from lichen_policies.facts import environment, readers, region
from lichen_policies.facts.fact import Fact
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown, is_unknown


class Reader(msgspec.Struct, frozen=True):
    """How one kind of resource becomes facts."""

    cloud: str
    read: Callable[[Properties, dict[str, Any]], Iterator[Fact]]


@cache
def by_type() -> Mapping[str, Reader]:
    """Every reader, by each type that it reads."""
    found: dict[str, Reader] = {}
    for module_info in pkgutil.walk_packages(readers.__path__, f"{readers.__name__}."):
        module = importlib.import_module(module_info.name)
        if hasattr(module, "TYPES"):
            found.update(dict.fromkeys(module.TYPES, Reader(module.CLOUD, module.read)))
    return found


def facts_of(resource: Resource) -> tuple[Fact, ...] | None:
    """The facts of a resource; None where no reader reads its type."""
    reader = by_type().get(resource.type)
    if reader is None:
        return None
    properties = Properties(resource.properties, resource.dialect)
    tags = properties.tags("tags_all", "tags", "labels", "user_labels", "resource_labels", "tag")
    passport = _passport(tags, reader.cloud)
    about = {
        "cloud": reader.cloud,
        "region": _first(region.stated(properties), resource.region),
        "environment": _environment(passport, resource, tags),
        "passport": passport,
    }
    return tuple(reader.read(properties, about))


def _first(*values: Any) -> Any:
    """The first value that is there; what is unknown is there."""
    return next((value for value in values if value is not None), None)


def _passport(tags: Any, cloud: str) -> Any:
    if tags is None or is_unknown(tags):
        return tags
    ours = {key: value for key, value in tags.items() if key.startswith("lichen")}
    for value in ours.values():
        if is_unknown(value):
            return value
    try:
        return from_tags({key: str(value) for key, value in ours.items()}, cloud)
    except InputError as error:
        return Unknown(f"cannot be read: {error}")


def _environment(passport: Any, resource: Resource, tags: Any) -> Any:
    if passport is not None and not is_unknown(passport) and passport.environment:
        return passport.environment
    if resource.environment:
        return resource.environment
    if tags is None or is_unknown(tags):
        return tags
    return environment.tagged(tags)

"""A resource into facts: its reader is found by its type, and its context is found once."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from lichen.clouds import CLOUDS, Cloud
from lichen.input_error import InputError
from lichen.passport import Passport, read_tags
from lichen_policies.facts import environment, readers, region
from lichen_policies.facts.fact import Context, Fact, of_kind, read_field
from lichen_policies.facts.kinds import (
    AllMachines,
    DeclaredTags,
    Located,
    MachineKind,
    Machines,
    ModelAccelerators,
    Pods,
    Scaling,
    Serving,
    ServingContainer,
)
from lichen_policies.facts.machine import is_pattern
from lichen_policies.facts.machine_kinds import MADE_OF, machine_kinds
from lichen_policies.facts.model_accelerators import accelerators_of_containers
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Dialect, Resource
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

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
    """Every reader, by each dialect and type that it reads; its file is imported when it first
    reads. Raises :class:`InputError` for a file that is none."""
    from lichen_policies.facts.reader_index import declared  # not where no resource is read

    found: dict[tuple[Dialect, str], Reader] = {}
    for each in declared(readers.__path__, readers.__name__):
        kinds = each.kinds()
        reader = Reader(
            each.cloud,
            _function(each.module, "read"),
            (*kinds, *_derived(kinds)),
            _function(each.module, "complete") if each.completes else None,
        )
        for dialect, types in each.types.items():
            # Azure tells no capital letter in a type from a small one.
            spelled = [type_.lower() for type_ in types] if dialect == "azure" else types
            found.update(dict.fromkeys(((dialect, type_) for type_ in spelled), reader))
    return found


def _function(module: str, name: str) -> Callable[..., Any]:
    """A function of a module that is imported when it is first called."""

    loaded: ModuleType | None = None

    def call(*arguments: object) -> Any:
        # Python's own question whether a module is there takes as long as reading some properties,
        # and it alone waits for a module that another thread imports at this moment.
        nonlocal loaded
        if loaded is None:
            loaded = importlib.import_module(module)
        return getattr(loaded, name)(*arguments)

    return call


def _derived(kinds: tuple[type[Fact], ...]) -> tuple[type[Fact], ...]:
    """The kinds of facts that are made of a reader's own."""
    together = (AllMachines,) if Machines in kinds else ()
    each = (MachineKind,) if any(kind in kinds for kind in MADE_OF) else ()
    served = (ModelAccelerators,) if ServingContainer in kinds else ()
    return (*together, *each, *served)


def reader_of(dialect: Dialect, type_: str) -> Reader | None:
    """The reader of a type, with or without the version of its API in its name; None where nobody
    reads it."""
    readers = by_type()
    found = readers.get((dialect, type_.lower() if dialect == "azure" else type_))
    if found is not None or dialect != "pulumi":
        return found
    return readers.get((dialect, _without_version(type_)))


@lru_cache(maxsize=1024)
def _without_version(type_: str) -> str:
    for cloud in CLOUDS.values():
        type_ = cloud.without_version(type_)
    return type_


def types_of(dialect: Dialect) -> tuple[str, ...]:
    """The types of resources that are read in a dialect."""
    return tuple(type_ for spoken, type_ in by_type() if spoken == dialect)


def completed(resource: Resource, facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of a resource, with what the other resources of its stack say."""
    reader = reader_of(resource.dialect, resource.type)
    if reader is None or reader.complete is None:
        return facts
    own = tuple([fact for fact in facts if not (_may_be_derived(type(fact)) and _is_derived(fact))])
    found = reader.complete(own, stack)
    if stack.unseen:
        found = _not_absent(own, found, stack.unseen)
    if _as_before(own, found):  # of most resources: what is made of them is made already
        return (*found, *facts[len(own) :])
    return _with_derived(found)


def _as_before(own: tuple[Fact, ...], found: tuple[Fact, ...]) -> bool:
    """Whether a stack changed no fact of which others are made (:func:`_with_derived`)."""
    return len(own) == len(found) and all(
        after is before or (type(after) is type(before) and not issubclass(type(after), _MADE_OF))
        for before, after in zip(own, found, strict=True)
    )


_MADE_OF = (*MADE_OF, Located, Pods, Scaling, Serving, ServingContainer)
"""The kinds of facts that :func:`_with_derived` reads."""


def _not_absent(own: tuple[Fact, ...], found: tuple[Fact, ...], unseen: str) -> tuple[Fact, ...]:
    """The facts of a stack of which not all is here: what no other resource was seen to do is not
    known, since one that was not read may do it."""
    before = {(type(fact), fact.path): fact for fact in own}
    unknown = Unknown(f"may be changed by what is not read: {unseen}")

    def doubted(fact: Fact) -> Fact:
        alone = before.get((type(fact), fact.path))
        absent = [
            name
            for name in fact.__struct_fields__
            if alone is not None and fact.as_read(name) is False and alone.as_read(name) is None
        ]
        return msgspec.structs.replace(fact, **dict.fromkeys(absent, unknown))

    return tuple(map(doubted, found))


@cache
def _may_be_derived(kind: type[Fact]) -> bool:
    return issubclass(kind, (AllMachines, MachineKind, ModelAccelerators))


def _is_derived(fact: Fact) -> bool:
    kind = type(fact)  # isinstance() asks the fact itself, which looks into each answer
    return (
        issubclass(kind, AllMachines)
        or (issubclass(kind, MachineKind) and fact.derived)
        or (issubclass(kind, ModelAccelerators) and fact.container is not None)
    )


def kinds_read(resource: Resource) -> tuple[type[Fact], ...] | None:
    """The kinds of facts that a resource may give; None where no reader reads its type."""
    reader = reader_of(resource.dialect, resource.type)
    return None if reader is None else reader.yields or (Fact,)


def facts_of(resource: Resource) -> tuple[Fact, ...] | None:
    """The facts of a resource; None where no reader reads its type."""
    reader = reader_of(resource.dialect, resource.type)
    if reader is None:
        return None
    properties = Properties(resource.properties, resource.dialect, resource.root)
    cloud = CLOUDS[reader.cloud]
    context, declaration = _context(properties, resource, cloud)
    facts: list[Fact] = []
    for fact in (*reader.read(properties, context), *declaration):
        if not cloud.has_region_property and _names_region(type(fact)):
            fact = _where_it_is(fact, properties, resource, cloud)
        if not read_field(fact, "context").cloud:
            fact = msgspec.structs.replace(fact, context=context)
        facts.append(fact)
    return _with_derived(tuple(facts))


@cache
def _names_region(kind: type[Fact]) -> bool:
    """Whether facts of a kind say where the resource's own region is written."""
    return "region_at" in kind.__struct_fields__


def _where_it_is(fact: Fact, properties: Properties, resource: Resource, cloud: Cloud) -> Fact:
    """A fact without the path of a region where the resource has no such property, as many of some
    clouds have none: no message may ask for it. A template's resources are in the region of its
    stack, their zones too."""
    path = read_field(fact, "region_at")
    if not path:
        return fact
    if resource.dialect != "cloudformation" and any(
        path != properties.at(name) or properties.given(name) for name in cloud.region_properties
    ):
        return fact
    return msgspec.structs.replace(fact, region_at="")


def _with_derived(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts of a resource, with one of each machine that it names, one of all of them, and one
    of the accelerators of each container."""
    facts = (*facts, *machine_kinds(facts), *accelerators_of_containers(facts))
    groups = of_kind(facts, Machines)
    if not groups:
        return facts
    floors = {
        scaling.ceiling_at: scaling for scaling in of_kind(facts, Scaling) if scaling.ceiling_at
    }
    if floors:
        groups = [_with_floor(group, floors) for group in groups]
    found = [
        _with_machines(fact, groups) if issubclass(type(fact), Located) else fact  # type: ignore[arg-type]
        for fact in facts
    ]
    together = AllMachines(
        groups=tuple(groups),
        path=groups[0].path,
        context=groups[0].context,
        waits_for=next((group.waits_for for group in groups if group.waits_for), ""),
    )
    return (*found, together)


def _with_machines(located: Located, groups: Sequence[Machines]) -> Located:
    """What is in a region, with the accelerators beside its machines, and the machines, by name."""
    chips = (read_field(group, "chip") for group in groups)
    machines = [name for group in groups for name in (read_field(group, "machine"), *group.any_of)]
    return msgspec.structs.replace(
        located,
        attached=tuple(dict.fromkeys(chip for chip in chips if isinstance(chip, str))),
        named_beside=tuple(
            dict.fromkeys(
                name for name in machines if isinstance(name, str) and not is_pattern(name)
            )
        ),
    )


def _with_floor(group: Machines, scalings: Mapping[str, Scaling]) -> Machines:
    """Machines with the floor of what scales them, where they state none themselves."""
    scaling = scalings.get(group.machines_at)
    if scaling is None or read_field(group, "least") is not None:
        return group
    floor: Maybe[int] = scaling.as_read("floor")  # type: ignore[assignment]
    least: Maybe[int] = 0 if floor is None else floor
    return msgspec.structs.replace(group, least=field(least), least_at=scaling.path)


def _context(
    properties: Properties, resource: Resource, cloud: Cloud
) -> tuple[Context, tuple[DeclaredTags, ...]]:
    """What a resource's facts share, and what its tags declare where they declare something."""
    where = region.of_resource(properties, cloud)
    if where is None:
        where = resource.region
    if where is None:
        where = region.of_links(properties, cloud)
    if isinstance(where, str):
        where = cloud.region_written(where)
    path, tags = tags_of(properties, cloud)
    passport, mistakes = _passport(tags, cloud)
    says = environment.of_tags(passport, tags)
    context = Context(
        cloud=cloud.name,
        region=where,
        environment=resource.environment or says,
        passport=passport,
        tags=tags,
        unreadable=tuple(
            mistake.field.removeprefix(cloud.tags.prefix).replace("-", "_") for mistake in mistakes
        ),
        region_of="stack" if resource.dialect == "cloudformation" else "provider",
        tag_prefix=cloud.tags.prefix,
        tag_word=cloud.tags.word,
    )
    if tags is None or is_unknown(tags):
        return context, ()
    if passport is None and (says is None or resource.environment is None):
        return context, ()
    declaration = DeclaredTags(
        path=path,
        mistakes=field(passport) if is_unknown(passport) else mistakes,
        says=field(says),
        deployment=resource.environment,
    )
    return context, (declaration,)


def tags_of(properties: Properties, cloud: Cloud) -> tuple[str, Maybe[dict[str, object]]]:
    """The first of the cloud's properties of tags that is given, and its path; all of them
    together where the cloud's hold different ones."""
    found: list[tuple[str, Maybe[dict[str, object]]]] = []
    for path in cloud.tag_properties:
        *blocks, name = path.split(".")
        within = properties
        for block in blocks:
            within = within.block(block)
        tags = within.tags(name)
        if tags is not None:
            found.append((within.at(name), tags))
            if not cloud.tags_differ or is_unknown(tags):
                return found[-1]
    together: dict[str, object] = {}
    for _, known in reversed(found):
        together |= known if isinstance(known, dict) else {}
    return (found[0][0], together) if found else ("", None)


def _passport(
    tags: Maybe[dict[str, object]], cloud: Cloud
) -> tuple[Maybe[Passport], tuple[InputError, ...]]:
    if tags is None or is_unknown(tags):
        return tags, ()
    prefix = cloud.tags.prefix
    own = {key: value for key, value in tags.items() if key.startswith(prefix)}
    if not own:
        return None, ()
    for value in own.values():
        if is_unknown(value):
            return value, ()
    return read_tags({key: str(value) for key, value in own.items()}, cloud.name)

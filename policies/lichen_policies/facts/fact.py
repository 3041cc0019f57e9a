"""What a rule may know of a resource: frozen, typed, and honest about what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal, Self, TypeVar, get_args

import msgspec

from lichen.passport import Passport
from lichen.words import Architecture, Environment
from lichen_policies.facts.unknown import (
    AFTER_DEPLOYMENT,
    Maybe,
    NotYetKnown,
    Unknown,
    Unverified,
)

RegionOf = Literal["provider", "stack"]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What every fact of one resource shares; found once, outside the resource's reader.

    ``tags`` are the resource's tags or labels; the value of one may be unknown by itself.
    ``unreadable`` are the fields of the passport whose tag cannot be read. ``region_of`` is what
    gives a region to a resource that has no property of its own for it. ``tag_prefix`` is how its
    cloud begins the passport's tags, ``tag_word`` what it calls one.
    """

    cloud: str
    region: Maybe[str] = None
    environment: Maybe[Environment] = None
    passport: Maybe[Passport] = None
    tags: Maybe[Mapping[str, object]] = None
    unreadable: tuple[str, ...] = ()
    region_of: RegionOf = "provider"
    tag_prefix: str = "lichen:"
    tag_word: str = "tag"

    @property
    def says_what_it_serves(self) -> bool:
        """Whether it has a passport. One that has nothing but the processor that an image is built
        for is none: any container may say that."""
        passport = self.passport
        return isinstance(passport, Passport) and passport not in _OF_AN_IMAGE


_OF_AN_IMAGE = tuple(Passport(image_architecture=each) for each in get_args(Architecture))
_NO_CONTEXT = Context(cloud="")
read_field: Callable[[msgspec.Struct, str], Any] = object.__getattribute__
"""A field as the reader left it, which may be an Unknown: :meth:`Fact.as_read` without a call in
Python, for what every resource goes through."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What every kind of fact has.

    Reading a field that is not known raises :class:`Unverified`, so a rule is written as if all
    were known and gives *unverified* by itself where it is not. A field is None where the resource
    leaves it out. ``path`` is the property that the fact was read from; a field that ends in
    ``_at`` is the path of a property in the dialect's own spelling, for messages. A reader leaves
    ``context`` out, and what all share is attached to what it yields, unless it knows better.

    ``waits_for`` says which other resource completes the fact ("its launch template"): a door that
    judges the stack later leaves it until then, any other judges it as far as it is known.
    """

    beside: ClassVar[bool] = False
    """Whether it is read for what it says of other resources: its own is not called judged."""

    context: Context = _NO_CONTEXT
    path: str = ""
    waits_for: str = ""

    def __getattribute__(self, name: str) -> Any:
        value = read_field(self, name)
        if type(value) is Unknown:
            because = value.because
            error = NotYetKnown if because == AFTER_DEPLOYMENT else Unverified
            if name == "passport":  # what the user wrote, of which there are several
                because = f"are {because[3:]}" if because.startswith("is ") else because
            raise error(f"{_as_written(self, name)} {because}")
        return value

    @property
    def cloud(self) -> str:
        context: Context = read_field(self, "context")
        return context.cloud

    @property
    def region(self) -> str | None:
        context: Context = read_field(self, "context")
        return context.region  # type: ignore[return-value]

    @property
    def environment(self) -> Environment | None:
        context: Context = read_field(self, "context")
        return context.environment  # type: ignore[return-value]

    @property
    def passport(self) -> Passport | None:
        context: Context = read_field(self, "context")
        return context.passport  # type: ignore[return-value]

    @property
    def tags(self) -> Mapping[str, object] | None:
        context: Context = read_field(self, "context")
        return context.tags  # type: ignore[return-value]

    def tag(self, name: str) -> str:
        """What a tag of the passport is called on this resource, for messages."""
        context: Context = read_field(self, "context")
        return f"{context.tag_prefix}{name}"

    @property
    def tag_word(self) -> str:
        """What its cloud calls a tag: ``label``."""
        context: Context = read_field(self, "context")
        return context.tag_word

    def declared(self, *names: str) -> Passport | None:
        """The passport, for a rule that needs some of its fields; None without all of them.

        Raises :class:`Unverified` where one of them is there and cannot be read.
        """
        passport = self.passport
        context: Context = read_field(self, "context")
        unreadable = context.unreadable
        for name in names if unreadable else ():
            if name in unreadable:
                tag = self.tag(name.replace("_", "-"))
                raise Unverified(f"the {self.tag_word} {tag} cannot be read")
        if passport is None:
            return None
        for name in names:
            if getattr(passport, name) is None:
                return None
        return passport

    def as_read(self, name: str) -> object:
        """A field as the reader left it, which may be an :class:`Unknown`: for joins, never for a
        verdict."""
        return object.__getattribute__(self, name)

    @property
    def if_known(self) -> Self:
        """The same fact with None for what is not known: for what a message may add, never for a
        verdict."""
        context: Context = read_field(self, "context")
        fact, known = _without_unknowns(self), _without_unknowns(context)
        return fact if known is context else msgspec.structs.replace(fact, context=known)


Kind = TypeVar("Kind", bound=Fact)


def of_kind(facts: Iterable[Fact], kind: type[Kind]) -> list[Kind]:
    """The facts of a kind. By their types: isinstance() would ask each fact for its class, which
    looks into every answer whether it is known."""
    return [fact for fact in facts if issubclass(type(fact), kind)]  # type: ignore[misc]


Record = TypeVar("Record", bound=msgspec.Struct)


def _without_unknowns(record: Record) -> Record:
    values = msgspec.structs.astuple(record)  # the fields as they are, Unknown or not
    if Unknown not in map(type, values):  # of nearly every record
        return record
    unknown = (
        name
        for name, value in zip(record.__struct_fields__, values, strict=True)
        if type(value) is Unknown
    )
    return msgspec.structs.replace(record, **dict.fromkeys(unknown))


def _as_written(fact: Fact, name: str) -> str:
    """A field as the user wrote it, where the fact has its path, else in words."""
    if name == "passport":
        return f"the {fact.tag('*')} {fact.tag_word}s"
    words = getattr(fact, f"{name}_at", "")
    if not words and name not in Context.__struct_fields__:
        words = object.__getattribute__(fact, "path")
    return words or name.replace("_", " ")

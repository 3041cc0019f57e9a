"""All facts of a deployment by their kind, for rules that join one resource with another.

A rule over a stack is written as if all were known. A question whose answer depends on a value that
is known only after deployment raises :class:`~lichen_policies.facts.Unverified` by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar, cast

import msgspec

from lichen_policies.facts import Fact, Resource, Unknown, Unverified

Kind = TypeVar("Kind", bound=Fact)
Other = TypeVar("Other", bound=Fact)


class Unread(Unverified):
    """A rule cannot judge, because the reader of a resource failed."""


class Subject(msgspec.Struct, Generic[Kind], frozen=True):
    """A fact, and the resource that it was read from."""

    fact: Kind
    resource: Resource


class Stack:
    """The facts of every resource of one deployment.

    ``unread`` is the addresses of resources whose reader failed, with the kinds of facts that it
    reads: nothing of these can be said to be absent.
    """

    __slots__ = ("_by_kind", "_found", "_of_fact", "_of_resource", "_unread")

    def __init__(
        self,
        facts: Iterable[tuple[Resource, Iterable[Fact]]],
        unread: Mapping[str, Iterable[type[Fact]]] | None = None,
    ) -> None:
        self._by_kind: dict[type[Fact], list[Subject[Fact]]] = {}
        self._found: dict[type[Fact], tuple[Subject[Fact], ...]] = {}
        self._of_fact: dict[int, Subject[Fact]] = {}
        self._of_resource: dict[int, list[Subject[Fact]]] = {}
        self._unread = {address: tuple(kinds) for address, kinds in (unread or {}).items()}
        for resource, found in facts:
            for fact in found:
                subject = Subject(fact, resource)
                self._by_kind.setdefault(type(fact), []).append(subject)
                self._of_fact[id(fact)] = subject
                self._of_resource.setdefault(id(resource), []).append(subject)

    def of(self, kind: type[Kind]) -> tuple[Subject[Kind], ...]:
        """Every fact of a kind."""
        unread = [
            address
            for address, kinds in self._unread.items()
            if any(issubclass(each, kind) or issubclass(kind, each) for each in kinds)
        ]
        if unread:
            raise Unread(f"{', '.join(unread)} could not be read")
        if kind not in self._found:
            self._found[kind] = tuple(
                subject
                for found, subjects in self._by_kind.items()
                if issubclass(found, kind)
                for subject in subjects
            )
        return cast("tuple[Subject[Kind], ...]", self._found[kind])

    def subject(self, fact: Kind) -> Subject[Kind]:
        """A fact of the stack with its resource."""
        return cast("Subject[Kind]", self._of_fact[id(fact)])

    def beside(self, subject: Subject[Other], kind: type[Kind]) -> tuple[Subject[Kind], ...]:
        """Every fact of a kind that was read from the same resource."""
        same = self._of_resource.get(id(subject.resource), ())
        return tuple(cast("Subject[Kind]", each) for each in same if isinstance(each.fact, kind))

    def find(self, kind: type[Kind], matches: Callable[[Kind], bool]) -> Subject[Kind] | None:
        """The first fact that matches; None where none does.

        Raises :class:`Unverified` where none is known to match and one may.
        """
        open_question: Unverified | None = None
        for subject in self.of(kind):
            try:
                if matches(subject.fact):
                    return subject
            except Unverified as error:
                open_question = open_question or error
        if open_question is not None:
            raise open_question
        return None

    def linked(self, value: object, kind: type[Kind], *names: str) -> Subject[Kind] | None:
        """The fact of a kind that a value refers to; None where that is outside of the stack.

        ``value`` is a field as it was read (:meth:`Fact.as_read`): a name, an id or an ARN, which
        one of the fields ``names`` of the fact has, or an unknown value, which is followed by the
        addresses that it is made of. Raises :class:`Unverified` where nobody can say, and where
        several are meant that are not alike.
        """
        if value is None:
            return None
        subjects = self.of(kind)
        if type(value) is Unknown:
            meant = [each for each in subjects if refers_to(value, each.resource.address)]
            if not meant and not value.references:
                raise Unverified(f"what it refers to {value.because}")
            return _the_one(meant, names)
        open_question = False
        meant = []
        for subject in subjects:
            for name in names:
                found = subject.fact.as_read(name)
                open_question = open_question or type(found) is Unknown
                if any(named_by(value, each) for each in _each(found)):
                    meant.append(subject)
                    break
        if not meant and open_question:
            raise Unverified(f"the name of a {kind.__name__} is known only after deployment")
        return _the_one(meant, names)

    def every(self, kind: type[Kind], matches: Callable[[Kind], bool]) -> tuple[Subject[Kind], ...]:
        """Every fact that matches. Raises :class:`Unverified` where one may and is not known to."""
        return tuple(subject for subject in self.of(kind) if matches(subject.fact))


def _the_one(meant: list[Subject[Kind]], names: tuple[str, ...]) -> Subject[Kind] | None:
    """The first of those that a value may mean, which are alike but for their names."""
    if len(meant) > 1 and len({_content(subject.fact, names) for subject in meant}) > 1:
        raise Unverified("several resources have what it refers to, and they differ")
    return min(meant, key=lambda subject: subject.resource.address, default=None)


def _content(fact: Fact, names: tuple[str, ...]) -> str:
    """What a fact says, its names aside, and where it is."""
    fields = {name: fact.as_read(name) for name in fact.__struct_fields__}
    context = fact.context
    where = (context.region, context.environment)
    return repr(
        [where, *(value for name, value in fields.items() if name not in (*names, "context"))]
    )


def _each(found: object) -> tuple[object, ...]:
    return found if isinstance(found, tuple) else (found,)


def named_by(value: object, name: object) -> bool:
    """Whether a value is a name, or an ARN or a path that ends with it."""
    if not isinstance(value, str) or not isinstance(name, str) or not name:
        return False
    return value == name or value.endswith((f"/{name}", f":{name}"))


def refers_to(value: Unknown, address: str) -> bool:
    """Whether an unknown value is made of the resource at an address, or of an instance of it."""
    return any(address == each or address.startswith(f"{each}[") for each in value.references)

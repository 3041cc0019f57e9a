"""All facts of a deployment by their kind, for rules that join one resource with another.

A rule over a stack is written as if all were known. A question whose answer depends on a value that
is known only after deployment raises :class:`~lichen_policies.facts.Unverified` by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec

from lichen_policies.facts import Fact, Resource, Unknown, Unverified

Kind = TypeVar("Kind", bound=Fact)
Value = TypeVar("Value")
Other = TypeVar("Other", bound=Fact)


class Unread(Unverified):
    """A rule cannot judge, because the reader of a resource failed."""


class Subject(msgspec.Struct, Generic[Kind], frozen=True):
    """A fact, and the resource that it was read from."""

    fact: Kind
    resource: Resource


class _Index(msgspec.Struct, frozen=True):
    """The facts of a kind, as positions among them, by what others call them: by each name and by
    each address that a value may refer to. ``is_open`` says that a name is not known yet."""

    by_name: Mapping[str, list[int]]
    by_address: Mapping[str, list[int]]
    is_open: bool


class Stack:
    """The facts of every resource of one deployment.

    ``unread`` is the addresses of resources whose reader failed, with the kinds of facts that it
    reads: nothing of these can be said to be absent. ``unseen`` says in words what of the
    deployment is not here at all; empty where all of it is.
    """

    __slots__ = (
        "_addresses",
        "_alike",
        "_answers",
        "_at_address",
        "_by_kind",
        "_found",
        "_indexes",
        "_of_fact",
        "_of_resource",
        "_unread",
        "unseen",
    )

    def __init__(
        self,
        facts: Iterable[tuple[Resource, Iterable[Fact]]],
        unread: Mapping[str, Iterable[type[Fact]]] | None = None,
        unseen: str = "",
    ) -> None:
        self.unseen = unseen
        self._by_kind: dict[type[Fact], list[Subject[Fact]]] = {}
        self._found: dict[type[Fact], tuple[Subject[Fact], ...]] = {}
        self._of_fact: dict[int, Subject[Fact]] = {}
        self._of_resource: dict[int, list[Subject[Fact]]] = {}
        self._at_address: dict[str, list[Subject[Fact]]] = {}
        self._addresses: dict[type[Fact], frozenset[str]] = {}
        self._indexes: dict[tuple[object, ...], _Index] = {}
        self._alike: dict[tuple[int, ...], bool] = {}
        self._answers: dict[Callable[[Stack], Any], Any] = {}
        self._unread = {address: tuple(kinds) for address, kinds in (unread or {}).items()}
        for resource, found in facts:
            of_resource = self._of_resource.setdefault(id(resource), [])
            at_address = self._at_address.setdefault(resource.address, [])
            for fact in found:
                subject = Subject(fact, resource)
                self._by_kind.setdefault(type(fact), []).append(subject)
                self._of_fact[id(fact)] = subject
                of_resource.append(subject)
                at_address.append(subject)

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
        return _subjects_of(kind, self._of_resource.get(id(subject.resource), ()))

    def at(self, address: str, kind: type[Kind]) -> tuple[Subject[Kind], ...]:
        """Every fact of a kind that was read from the resource at an address."""
        return _subjects_of(kind, self._at_address.get(address, ()))

    def addresses(self, kind: type[Fact]) -> frozenset[str]:
        """Where the resources with a fact of a kind are, with and without an instance's key."""
        subjects = self.of(kind)
        if kind not in self._addresses:
            self._addresses[kind] = frozenset(
                address
                for subject in subjects
                for address in (
                    subject.resource.address,
                    subject.resource.address.partition("[")[0],
                )
            )
        return self._addresses[kind]

    def once(self, question: Callable[[Stack], Value]) -> Value:
        """What a question about the whole stack gives; it is asked once, whoever asks."""
        if question not in self._answers:
            self._answers[question] = question(self)
        return cast("Value", self._answers[question])

    def meant(self, value: object, kind: type[Kind], *names: str) -> tuple[Subject[Kind], ...]:
        """Every fact of a kind that a value surely refers to, as :meth:`linked` follows it."""
        if value is None:
            return ()
        subjects, index = self.of(kind), self._index(kind, names)
        if type(value) is Unknown:
            found = {at for name in value.references for at in index.by_address.get(name, ())}
        else:
            found = {at for name in _names_in(value) for at in index.by_name.get(name, ())}
        return tuple(subjects[at] for at in sorted(found))

    def _index(self, kind: type[Fact], names: tuple[str, ...]) -> _Index:
        key = (kind, *names)
        if key not in self._indexes:
            by_name: dict[str, list[int]] = {}
            by_address: dict[str, list[int]] = {}
            is_open = False
            for at, subject in enumerate(self.of(kind)):
                for part in _referred_to_as(subject.resource.address):
                    by_address.setdefault(part, []).append(at)
                for each in names:
                    found = subject.fact.as_read(each)
                    is_open = is_open or type(found) is Unknown
                    for name in _each(found):
                        if isinstance(name, str) and name:
                            by_name.setdefault(name, []).append(at)
            self._indexes[key] = _Index(by_name, by_address, is_open)
        return self._indexes[key]

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
        meant = self.meant(value, kind, *names)
        if meant or value is None:
            return self._the_one(meant, names)
        if type(value) is Unknown:
            if not value.references:
                raise Unverified(f"what it refers to {value.because}")
            return None
        if self._index(kind, names).is_open:
            raise Unverified(f"the name of a {kind.__name__} is known only after deployment")
        return None

    def _the_one(
        self, meant: Sequence[Subject[Kind]], names: tuple[str, ...]
    ) -> Subject[Kind] | None:
        """The first of those that a value may mean, whose resources are alike but for names."""
        if len({id(subject.resource) for subject in meant}) > 1:
            those = tuple(id(subject) for subject in meant)
            if those not in self._alike:
                said: dict[int, list[str]] = {}
                for each in meant:
                    said.setdefault(id(each.resource), []).append(_content(each.fact, names))
                self._alike[those] = len(set(map(tuple, said.values()))) == 1
            if not self._alike[those]:
                raise Unverified("several resources have what it refers to, and they differ")
        return min(meant, key=lambda subject: subject.resource.address, default=None)

    def every(self, kind: type[Kind], matches: Callable[[Kind], bool]) -> tuple[Subject[Kind], ...]:
        """Every fact that matches. Raises :class:`Unverified` where one may and is not known to."""
        return tuple(subject for subject in self.of(kind) if matches(subject.fact))


def _subjects_of(kind: type[Kind], subjects: Sequence[Subject[Fact]]) -> tuple[Subject[Kind], ...]:
    """Those with a fact of a kind, by its type, as :func:`of_kind` has it."""
    return tuple(
        cast("Subject[Kind]", each) for each in subjects if issubclass(type(each.fact), kind)
    )


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


def _names_in(value: object) -> Iterable[str]:
    """Each name that a value may end with: ``arn:aws:ecr:…:repository/team/chat`` ends with
    ``chat``, ``team/chat`` and more."""
    if isinstance(value, str):
        yield value
        for at, letter in enumerate(value):
            if letter in "/:":
                yield value[at + 1 :]


def _referred_to_as(address: str) -> Iterable[str]:
    """An address, and those of which it is an instance: ``a.b[0]`` is one of ``a.b``."""
    yield address
    for at, letter in enumerate(address):
        if letter == "[":
            yield address[:at]


def named_by(value: object, name: object) -> bool:
    """Whether a value is a name, or an ARN or a path that ends with it."""
    if not isinstance(value, str) or not isinstance(name, str) or not name:
        return False
    return value == name or value.endswith((f"/{name}", f":{name}"))


def refers_to(value: Unknown, address: str) -> bool:
    """Whether an unknown value is made of the resource at an address, or of an instance of it."""
    return any(address == each or address.startswith(f"{each}[") for each in value.references)

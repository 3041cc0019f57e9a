"""A resource's properties read alike in every dialect, by their snake_case name.

Pulumi and Kubernetes spell ``instanceType``, Terraform ``instance_type``, CloudFormation
``InstanceType``; a Terraform plan holds a block as a list of one, Checkov wraps every value in a
list, CloudFormation may write a number as text. Only this module knows that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import inf, isfinite
from typing import Any, Generic, NamedTuple, TypeVar

from lichen_policies.facts.placeholders import is_placeholder, placeholder
from lichen_policies.facts.resource import Dialect
from lichen_policies.facts.unknown import Maybe, Unknown, is_left_out, is_unknown

T = TypeVar("T")


_MOST = 1e15
"""More than any resource has of anything, in bytes too; sums of such numbers stay finite."""


BESIDE_PROPERTIES = ("name", "location", "tags", "sku", "zones", "identity", "kind", "plan")
"""What an Azure template has beside a resource's ``properties``, which are read together
(Microsoft Learn, ARM template syntax)."""


AZAPI_BODY = "body"
"""Where azapi's resources have what they send to Azure (Terraform registry, azapi_resource)."""
_BESIDE_BODY = ("name", "location", "tags", "identity")
_WHOLE = ("", AZAPI_BODY)
"""Where the whole of a resource of Azure's API is."""


class Stated(NamedTuple, Generic[T]):
    """A property's value, and its path as the dialect spells it."""

    value: Maybe[T]
    path: str


@lru_cache(maxsize=2048)
def _spelled(name: str, dialect: Dialect) -> str:
    if dialect in ("terraform", "workload"):
        return name
    first, *rest = name.split("_")
    camel = first + "".join(word.capitalize() for word in rest)
    return camel[:1].upper() + camel[1:] if dialect == "cloudformation" else camel


@lru_cache(maxsize=2048)
def _spelled_alike(names: tuple[str, ...], dialect: Dialect) -> frozenset[str]:
    return frozenset(_spelled(name, dialect) for name in names)


@lru_cache(maxsize=8192)  # each resource of a type has the same
def _path_of(path: str, name: str, dialect: Dialect) -> str:
    """The path of a property in the block at a path."""
    if dialect == "azure" and path in _WHOLE:
        if name not in BESIDE_PROPERTIES:
            path = f"{path}.properties".lstrip(".")
        elif name in _BESIDE_BODY:
            path = ""
    spelled = _spelled(name, dialect)
    return f"{path}.{spelled}" if path and spelled else path or spelled


class Properties:
    """A resource's properties, or one block of them; ``path`` is its path in the resource.

    Every reading method gives None for what is left out and an Unknown for what cannot be known,
    which goes into a fact as it is. A value of the wrong type is an Unknown with that reason.
    """

    __slots__ = ("_dialect", "_has_names", "_values", "path")

    def __init__(self, values: object, dialect: Dialect, path: str = "") -> None:
        self._values: Any = values
        # Asked once, and read often; of an empty block, which most are, nothing is looked up.
        self._has_names = bool(values) and _has_names(values)
        self._dialect: Dialect = dialect
        self.path = path

    @property
    def dialect(self) -> Dialect:
        """For what a vendor puts in another place in each dialect."""
        return self._dialect

    def __bool__(self) -> bool:
        return bool(self._values)

    def given(self, name: str) -> bool | Unknown:
        """Whether a property is there; one whose value is not known yet is there."""
        return self._values if is_unknown(self._values) else self.scalar(name) is not None

    def gives_any(self, names: tuple[str, ...]) -> bool:
        """Whether one of some properties may be there: a question that most answer with no, asked
        before each of them is looked for."""
        if not self._has_names:
            return is_unknown(self._values)
        if self._dialect == "azure":
            return any(self._first((name,))[1] is not None for name in names)
        return not _spelled_alike(names, self._dialect).isdisjoint(self._values)

    def at(self, *names: str) -> str:
        """A property's path as this dialect spells it: ``productionVariants[0].instanceType``.

        Of several names that of the one given, else the first.
        """
        name = names[0] if len(names) == 1 else self._first(names)[0]
        return _path_of(self.path, name, self._dialect)

    def block_at(self, name: str) -> str:
        """The path of a block that may be repeated, which Pulumi names in the plural."""
        return self.at(name if self._dialect == "terraform" else f"{name}s")

    def value(self, *names: str) -> Any:
        """The first of the named properties that is given, as it is."""
        return self._first(names)[1]

    def _first(self, names: tuple[str, ...]) -> tuple[str, Any]:
        """The name that is given and its value; the first name and None where none is."""
        values = self._values
        if not self._has_names:
            return names[0], values if is_unknown(values) else None
        for name in names:
            found = values.get(_spelled(name, self._dialect))
            if found is not None:
                return name, found
        return self._of_azure(names) if self._dialect == "azure" else (names[0], None)

    def _of_azure(self, names: tuple[str, ...]) -> tuple[str, Any]:
        """What :meth:`_first` finds in the words of Azure's API, which takes capital and
        small letters alike; Unknown where only the deployment knows a resource's own."""
        written = {key.lower(): each for key, each in self._values.items() if each is not None}
        for name in names:
            found = written.get(_spelled(name, self._dialect).lower())
            if found is not None:
                return name, found
        own = self._values.get("properties") if self.path in _WHOLE else None
        open_ = next((name for name in names if name not in BESIDE_PROPERTIES), None)
        return (open_, own) if is_unknown(own) and open_ is not None else (names[0], None)

    def scalar(self, *names: str) -> Any:
        """Like :meth:`value`, taken out of lists of one."""
        found = self._first(names)[1]
        if found is None or type(found) in _PLAIN:  # nearly always
            return None if found == "" else found
        found = _alone(found)
        return None if found in ("", []) else found

    def text(self, *names: str) -> Maybe[str]:
        """A text; a placeholder is not known."""
        found = self.scalar(*names)
        if isinstance(found, str):
            return placeholder(found) if is_placeholder(found) else found
        if found is None or is_unknown(found):
            return found
        return Unknown("is not text")

    def number(self, *names: str) -> Maybe[float]:
        """A number; one that is written as text is read."""
        found = self.scalar(*names)
        if found is None or is_unknown(found):
            return found
        if isinstance(found, int | float | str) and not isinstance(found, bool):
            try:
                number = float(found)
            except (ValueError, OverflowError):
                number = inf
            if isfinite(number):
                return number
        return Unknown("is not a number")

    def amount(self, *names: str) -> Maybe[float]:
        """A number of something, of which there cannot be less than none, nor more than exists."""
        found = self.number(*names)
        if isinstance(found, float) and found < 0:
            return Unknown("is below zero")
        if isinstance(found, float) and found > _MOST:
            return Unknown("is more than there can be")
        return found

    def flag(self, *names: str) -> Maybe[bool]:
        """A yes or no; one that is written as text is read."""
        found = self.scalar(*names)
        if found is None or isinstance(found, bool) or is_unknown(found):
            return found
        words = {"true": True, "false": False}
        return words.get(str(found).lower(), Unknown("is neither true nor false"))

    def chosen_block(self, name: str) -> Properties:
        """A block that whoever writes the program chose; nothing where it is left to the provider,
        so that its defaults hold.

        Only for a block that the provider's schema has as optional and computed. Of one that is
        optional alone, a plan knows whether it is left out, so an unknown one is made of something.
        """
        if is_left_out(self.scalar(name)):
            return Properties({}, self._dialect, self.at(name))
        return self.block(name)

    def whole(self, *names: str) -> Maybe[int]:
        """A whole number of something."""
        found = self.amount(*names)
        if found is None or is_unknown(found):
            return found
        return int(found) if found.is_integer() else Unknown("is not a whole number")

    def texts(self, *names: str) -> Maybe[tuple[str, ...]]:
        """A list of texts; unknown as a whole where any element is."""
        found = self.value(*names)
        if found is None or is_unknown(found):
            return found
        words = tuple(_flat(found))
        for word in words:
            if is_unknown(word):
                return word
            if not isinstance(word, str):
                return Unknown("is not a list of texts")
        return words

    def words(self, *names: str) -> Maybe[tuple[str, ...]]:
        """The words of a command line, with ``${NAME}`` for one that is not known."""
        found = self.value(*names)
        if found is None or is_unknown(found):
            return found
        words: list[str] = []
        for word in _flat(found):
            if isinstance(word, str):
                words.append(word)
            elif is_unknown(word) or isinstance(word, Mapping):  # JSON of which a part is not known
                words.append((is_unknown(word) and word.written) or "${}")
            else:
                return Unknown("is not a list of texts")
        return tuple(words)

    def each_text(self, *names: str) -> tuple[str | Unknown, ...]:
        """The texts of a list; empty where it is left out, one Unknown where it is unknown."""
        found = self.texts(*names)
        return (found,) if is_unknown(found) else found or ()

    def stated_text(self, *names: str) -> Stated[str]:
        """A text with its path."""
        return Stated(self.text(*names), self.at(*names))

    def stated_whole(self, *names: str) -> Stated[int]:
        """A whole number with its path."""
        return Stated(self.whole(*names), self.at(*names))

    def block(self, *names: str) -> Properties:
        """A nested object; empty where it is left out, all unknown where it is unknown."""
        name, found = self._first(names)
        found = _alone(found)
        values = found if _has_names(found) or is_unknown(found) else {}
        return Properties(values, self._dialect, _path_of(self.path, name, self._dialect))

    def blocks(self, *names: str) -> list[Properties]:
        """Nested objects; one that is all unknown where the list itself is unknown."""
        name, found = self._first(names)
        if found is None:
            return []
        path = _path_of(self.path, name, self._dialect)
        return [
            Properties(
                values if _has_names(values) or is_unknown(values) else Unknown("is not an object"),
                self._dialect,
                f"{path}[{index}]",
            )
            for index, values in enumerate(_flat(found))
            if values is not None
        ]

    def tags(self, *names: str) -> Maybe[dict[str, Any]]:
        """Tags or labels, in any of the shapes they are written in; a value may be unknown."""
        found = self.value(*names)
        if found is None or is_unknown(found):
            return found
        tags: dict[str, Any] = {}
        for part in _flat(found):
            if is_unknown(part):
                return part
            if not isinstance(part, Mapping):
                continue
            entry = Properties(part, self._dialect)
            key = entry.scalar("key") if entry.gives_any(_KEY) else None
            if key is not None and entry.value("value") is not None:
                if is_unknown(key):
                    return key
                tags[str(key)] = entry.scalar("value")
            else:
                tags.update({str(name): _alone(value) for name, value in part.items()})
        return tags


_KEY = ("key",)
_PLAIN = frozenset((str, int, float, bool, Unknown))
"""What no list is around."""


def _flat(value: Any) -> Iterator[Any]:
    """A value, or those of a list of any depth (Checkov wraps lists in lists)."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _has_names(value: Any) -> bool:
    """Whether a value is a mapping; of most, the type says so faster than the class Mapping."""
    return type(value) is dict or isinstance(value, Mapping)


def _alone(value: Any) -> Any:
    while isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return value

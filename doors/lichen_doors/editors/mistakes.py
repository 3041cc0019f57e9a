"""Every mistake of a document against its type: an editor marks them all at once.

msgspec stops at the first. Here each field is converted by itself, and each field of what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from lichen.document import InputError, convert, did_you_mean


def mistakes(document: Mapping[str, Any], to: type[msgspec.Struct]) -> list[InputError]:
    """What is wrong in a mapping that is to become ``to``, each with its field; empty where msgspec
    takes it."""
    found = list(_of_struct(document, to, ""))
    if not found:
        try:
            convert(document, to)
        except InputError as error:  # what only the whole shows
            found.append(error)
    return found


def _of_struct(
    value: Mapping[str, Any], to: type[msgspec.Struct], path: str
) -> Iterator[InputError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(to)}
    for key in value:
        if key not in fields:
            fix = did_you_mean(str(key), fields)
            yield InputError(f"{key!r} is not a field", fix=fix, field=_joined(path, str(key)))
    for name, field in fields.items():
        if name in value:
            yield from _of_value(name, value[name], field.type, _joined(path, name))
        elif field.required:
            yield InputError("is required", fix=f"add {name}:", field=_joined(path, name))


def _of_value(name: str, value: Any, to: Any, path: str) -> Iterator[InputError]:
    """What is wrong in the value of a field; of a mapping or a list's entries, each by itself."""
    options = list(_options(to))
    struct = next((each for each in options if _is_struct(each)), None)
    entries = next((get_args(each)[0] for each in options if get_origin(each) is tuple), None)
    inside: list[InputError] = []
    if isinstance(value, Mapping) and struct is not None:
        inside += _of_struct(value, struct, path)
    elif isinstance(value, list) and entries is not None:
        for number, entry in enumerate(value):
            inside += _of_value(name, entry, entries, f"{path}[{number}]")
    yield from inside
    if not inside:
        try:
            convert({name: value}, msgspec.defstruct("Field", [(name, to)]))
        except InputError as error:
            yield moved(error, f"{path}{error.field.removeprefix(name)}")


def moved(error: InputError, field: str) -> InputError:
    """The same of another field."""
    return InputError(error.wrong, fix=error.fix, field=field, document=error.document)


def _options(to: Any) -> Iterator[Any]:
    """The types of ``X | Y``, without their annotations."""
    if get_origin(to) is Annotated:
        to = get_args(to)[0]
    if isinstance(to, UnionType) or get_origin(to) is Union:
        for each in get_args(to):
            yield from _options(each)
    else:
        yield to


def _is_struct(to: Any) -> bool:
    return isinstance(to, type) and issubclass(to, msgspec.Struct)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def without(document: Mapping[str, Any] | None, field: str) -> dict[str, Any] | None:
    """A document without a field such as ``where.regions[1]``, so that what is wrong besides it can
    be found; None where the document has no such field."""
    steps = re.findall(r"\[\d+\]|[^.\[\]]+", field)
    left = _left(document, steps) if document and steps else _NOTHING
    return left if isinstance(left, dict) else None


_NOTHING = object()


def _left(value: Any, steps: list[str]) -> Any:
    first, *others = steps
    if isinstance(value, Mapping) and first in value:
        inner = _left(value[first], others) if others else None
        if inner is _NOTHING:
            return _NOTHING
        rest = {key: each for key, each in value.items() if key != first}
        return {**rest, first: inner} if others else rest
    number = int(first[1:-1]) if first.startswith("[") else -1
    if isinstance(value, list) and 0 <= number < len(value):
        inner = _left(value[number], others) if others else None
        if inner is _NOTHING:
            return _NOTHING
        return [*value[:number], *([inner] if others else []), *value[number + 1 :]]
    return _NOTHING


def as_numbered(field: str, left_out: Iterable[str]) -> str:
    """A field of a document without some entries of its lists, by the numbers of the whole one."""
    entry = re.fullmatch(r"(.*)\[(\d+)\](.*)", field)
    if entry is None:
        return field
    number = int(entry[2])
    gone = [
        int(other[2])
        for each in left_out
        if (other := re.fullmatch(r"(.*)\[(\d+)\]", each)) and other[1] == entry[1]
    ]
    for each in sorted(gone):
        number += each <= number
    return f"{entry[1]}[{number}]{entry[3]}"

"""How much a document may ask for, and how it is said where it asks for more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lichen.input_error import InputError

DEEPEST = 100
"""Levels of lists and mappings in each other. Documents that people and engines write have 40."""

MOST_ADDED = 100_000
"""Values that a document's aliases and merge keys may add to those that are written in it."""


def too_deep(place: str = "") -> InputError:
    """The refusal of what is nested so deeply that following it has no end."""
    return InputError("is nested too deeply to read", fix="write it flat", field=place)


def check_depth(value: object) -> None:
    """Refuse plain values of more than :data:`DEEPEST` levels; what follows them may recurse."""
    level, depth = [value], 0
    while level := [part for holder in level for part in _parts(holder)]:
        depth += 1
        if depth > DEEPEST:
            raise too_deep()


def _parts(holder: object) -> Iterator[object]:
    """The lists and mappings in one."""
    values = holder.values() if isinstance(holder, dict) else holder
    if isinstance(values, Iterable) and not isinstance(values, str):
        yield from (part for part in values if isinstance(part, dict | list))


def twice(key: str, where: str = "") -> InputError:
    """The refusal of a key that has two values, of which only the last would count."""
    return InputError(f"is there twice{where}", fix="write it once", field=key)

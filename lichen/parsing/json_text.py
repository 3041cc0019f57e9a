"""JSON into plain values: no key twice, no number that JSON does not have."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn, TypeVar

import msgspec

from lichen.input_error import InputError
from lichen.parsing.bounds import DEEPEST, too_deep, twice

T = TypeVar("T")


def from_json(text: str) -> Any:
    """The value of a text. Raises :class:`InputError`, which names the place and quotes nothing."""
    with explained(text):
        return value_of(text)


def value_of(text: str, later: Container[str] = ()) -> Any:
    """The value of a text. Raises what :class:`Decoder` raises.

    The values of the keys ``later`` of the outermost object are each a :class:`Later`, where the
    text is as it should be: they are decoded when they are asked for.
    """
    try:
        own = text.strip()
        written = own if own.isascii() else own.encode()
        return _in_parts(written, text, later) if later and own[:1] == "{" else _whole(written)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        pass  # the slower decoder knows what is wrong, and reads what this one refuses
    return json.loads(text, cls=Decoder)


class Later(NamedTuple):
    """A part of a text that is decoded when it is asked for."""

    written: msgspec.Raw
    text: str

    @property
    def value(self) -> Any:
        """Its value. Raises :class:`InputError` as :func:`from_json` does for the whole text."""
        own = bytes(self.written).decode()
        before = self.text.find(own)
        return from_json("\n" * self.text.count("\n", 0, before) + own)

    def by(self, decoder: msgspec.json.Decoder[T]) -> T | None:
        """Its value as a type that has a field for each of its keys; None where the type has not,
        or something is wrong with it."""
        try:
            return _sure(decoder.decode(self.written), self.written, bytearray())
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
            return None


_QUOTE = rb"\u0022"
"""A quote that is written without one."""

_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()


class _Unsure(ValueError):
    """A key may be there twice."""


def _whole(written: str | bytes | msgspec.Raw, again: bytearray | None = None) -> Any:
    return _sure(msgspec.json.decode(written), written, bytearray() if again is None else again)


def _sure(value: T, written: str | bytes | msgspec.Raw, again: bytearray) -> T:
    """The value of a text that surely has no key twice; ``again`` is a buffer to write it into.

    With such a key goes its text, so that the value written again has fewer quotes. Where it is
    the same text, as of what an engine prints, nothing need be counted.
    """
    _ENCODER.encode_into(value, again)
    given: object = _bytes(written)  # the types of neither library say that they can be compared
    if again != given:
        text = bytes(_bytes(written))
        if _QUOTE in text or again.count(b'"') != text.count(b'"'):
            raise _Unsure
    return value


def _in_parts(written: str | bytes, text: str, later: Container[str]) -> dict[str, Any]:
    """The value of the text of an object, its parts decoded one by one."""
    parts = _PARTS.decode(written)
    # Without spaces, the lengths alone say that no key is missing.
    lengths = sum(len(key) + len(_bytes(part)) + len('"":,') for key, part in parts.items())
    if len(written) != lengths + 1:
        quotes = sum(bytes(part).count(b'"') + 2 for part in parts.values())
        if bytes(_bytes(written)).count(b'"') != quotes:
            raise _Unsure
    again = bytearray()
    return {
        key: Later(part, text) if key in later else _whole(part, again)
        for key, part in parts.items()
    }


def _bytes(written: str | bytes | msgspec.Raw) -> bytes | memoryview:
    return written.encode() if isinstance(written, str) else memoryview(written)


class Decoder(json.JSONDecoder):
    """The standard library's, without a key twice and without NaN."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_mapping, parse_constant=_no_number)


@contextmanager
def explained(text: str) -> Iterator[None]:
    """What goes wrong while a text is decoded as an :class:`InputError`."""
    try:
        yield
    except RecursionError:
        raise too_deep(_deep_line(text)) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"does not parse in line {error.lineno}, column {error.colno}: "
            f"{error.msg[:1].lower()}{error.msg[1:]}"
        ) from None
    except ValueError:
        number = re.search(r"\d{4000,}", text)
        line = text.count("\n", 0, number.start()) + 1 if number else 1
        raise InputError(
            f"holds a number in line {line} that nobody can count with",
            fix="put quotes around it if it is text",
        ) from None


_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def _deep_line(text: str) -> str:
    """The line in which a text is nested more deeply than is read; empty where none is."""
    depth = 0
    for found in _NESTING.finditer(text):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > DEEPEST:
            return f"line {text.count(chr(10), 0, found.start()) + 1}"
    return ""


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise twice(key)
            seen.add(key)
    return found


def _no_number(word: str) -> NoReturn:
    raise InputError(f"holds {word}, which is no number of JSON", fix="write null")

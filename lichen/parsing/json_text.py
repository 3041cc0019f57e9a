"""JSON into plain values: no key twice, no number that JSON does not have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec

from lichen.input_error import InputError
from lichen.parsing.bounds import DEEPEST, too_deep, twice


def from_json(text: str) -> Any:
    """The value of a text. Raises :class:`InputError`, which names the place and quotes nothing."""
    with explained(text):
        return value_of(text)


def value_of(text: str) -> Any:
    """The value of a text. Raises what :class:`Decoder` raises."""
    try:
        value = msgspec.json.decode(text)
        if _has_each_key_once(text, value):
            return value
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        pass  # the slower decoder knows what is wrong, and reads what this one refuses
    return json.loads(text, cls=Decoder)


_QUOTE = r"\u0022"
"""A quote that is written without one."""


def _has_each_key_once(text: str, value: Any) -> bool:
    """Whether the value that a text was decoded to surely lost no key that is there twice.

    With such a key goes its text, so the value written again has fewer quotes.
    """
    return _QUOTE not in text and msgspec.json.encode(value).count(b'"') == text.count('"')


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

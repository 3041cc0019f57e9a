"""What an expression of an ARM template holds: ``[concat('vm-', parameters('name'))]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from lichen_policies.dialects.azure.functions import OPEN, called
from lichen_policies.facts.unknown import is_unknown

Call = Callable[[str, list[Any]], Any]
"""What a function of a template gives, those of the template itself included."""


def value(written: Any, call: Call) -> Any:
    """A value of a template with what its expressions hold."""
    if isinstance(written, str):
        if written.startswith("[[") or not (written.startswith("[") and written.endswith("]")):
            return written.removeprefix("[") if written.startswith("[[") else written
        return _Reader(written[1:-1], call).whole()
    if isinstance(written, Mapping):
        return {key: value(part, call) for key, part in written.items()}
    return [value(part, call) for part in written] if isinstance(written, list) else written


def at(found: Any, step: Any) -> Any:
    """What a name or an index leads to in a value."""
    if is_unknown(found) or is_unknown(step):
        return found if is_unknown(found) else step
    try:
        if isinstance(found, Mapping):
            return named(found, step, OPEN)
        return found[step] if isinstance(found, list) and isinstance(step, int) else OPEN
    except (AttributeError, LookupError, TypeError):
        return OPEN


def named(found: Mapping[str, Any], name: Any, otherwise: Any = None) -> Any:
    """What a mapping has by a name, which may be in other letters (Microsoft Learn, ARM templates:
    parameters, variables and properties are case-insensitive)."""
    if name in found:
        return found[name]
    small = name.lower()
    return next((each for key, each in found.items() if key.lower() == small), otherwise)


class _Token(NamedTuple):
    kind: str
    text: str


_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_][\w.-]*?(?=\s*\())"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<sign>[()\[\],.]))"
)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            yield _Token("wrong", "")
            return
        kind = str(found.lastgroup)
        yield _Token(kind, found[kind])
        position = found.end()


class _Reader:
    """An expression, read from left to right; UNKNOWN where it is none."""

    def __init__(self, text: str, call: Call) -> None:
        self._tokens = [*_tokens(text), _Token("end", "")]
        self._at = 0
        self._call = call

    def whole(self) -> Any:
        found = self._part()
        return found if self._token.kind == "end" else OPEN

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._token
        self._at += token.kind != "end"
        return token

    def _part(self) -> Any:
        token = self._next()
        if token.kind == "text":
            found: Any = token.text[1:-1].replace("''", "'")
        elif token.kind == "number":
            found = int(token.text)
        elif token.kind == "name":
            found = self._call(token.text, self._arguments())
        else:
            return OPEN
        while self._token.text in (".", "["):
            if self._next().text == ".":
                found = at(found, self._next().text)
            else:
                found = at(found, self._part())
                if self._next().text != "]":
                    return OPEN
        return found

    def _arguments(self) -> list[Any]:
        self._next()
        found: list[Any] = []
        while self._token.text != ")" and self._token.kind != "end":
            found.append(self._part())
            if self._token.text == ",":
                self._next()
            elif self._token.text != ")":
                break
        self._next()
        return found


def of_the_template(name: str, arguments: list[Any], own: Mapping[str, Callable[..., Any]]) -> Any:
    """What a function gives, where the template answers some of them itself."""
    answer = own.get(name.lower())
    return called(name, arguments) if answer is None else answer(*arguments)

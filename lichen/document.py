"""Documents a person writes: read once, typed strictly, and answered in a sentence when wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")


class InputError(Exception):
    """Input that cannot be used: which field, what is wrong with it, and what to write instead.

    Rendered as ``chat.yaml: traffic.peak_rps: -2 is not a rate. Fix: a number of 0 or more.``
    """

    def __init__(self, wrong: str, *, fix: str = "", field: str = "", document: str = "") -> None:
        self.wrong, self.fix, self.field, self.document = wrong, fix, field, document
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "".join(f"{part}: " for part in (self.document, self.field) if part)
        told = f"{place}{self.wrong}."
        if self.fix:
            told += f" Fix: {self.fix}" + ("" if self.fix.endswith("?") else ".")
        return told

    def within(self, document: str) -> InputError:
        """The same error, told of the document that holds the field."""
        return InputError(self.wrong, fix=self.fix, field=self.field, document=document)


def nearest(word: str, words: Iterable[str], *, most: int = 1) -> list[str]:
    """The known words closest to a misspelt one, closest first; empty when nothing is close."""
    import difflib  # only a mistake needs it

    by_folded = {known.casefold(): known for known in words}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=most, cutoff=0.5)
    return [by_folded[folded] for folded in close]


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The mend for an unknown word: the nearest known one, or what there is to choose from."""
    words = sorted(words)
    if close := nearest(word, words):
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    return f"one of {shown}"


_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)[eE][-+]?\d+$")


def _yaml(text: str) -> Any:
    import yaml  # each parser is loaded for its own documents: a start is short

    class Loader(yaml.SafeLoader):
        """YAML 1.1, which takes ``3.2e9`` for text, with YAML 1.2's numbers."""

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _json(text: str) -> Any:
    import json

    return json.loads(text)


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
    ".toml": _toml,
}


def read_document(path: Path) -> Any:
    """Parse a YAML, TOML or JSON file into plain values; :class:`InputError` when it cannot be."""
    parser = _PARSERS.get(path.suffix.lower())
    if parser is None:
        raise InputError(
            f"{path.suffix or 'no suffix'} is not a format Lichen reads",
            fix="name the file .yaml, .toml or .json",
            document=str(path),
        )
    try:
        return parser(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", fix="check the path", document=str(path)
        ) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", fix="save it as UTF-8", document=str(path)) from None
    except ValueError as error:
        line = " ".join(str(error).split())
        raise InputError(f"does not parse: {line}", document=str(path)) from None


def find_upwards(name: str, start: Path) -> Path | None:
    """The nearest file of a name, from a file or folder upwards."""
    start = start.resolve()
    return next(
        (path for folder in (start, *start.parents) if (path := folder / name).is_file()), None
    )


def convert(value: Any, to: type[T]) -> T:
    """Plain values into a msgspec type, strictly; :class:`InputError` names field and mend."""
    try:
        return msgspec.convert(value, to, strict=True)
    except msgspec.ValidationError as error:
        raise _explained(str(error), value, to) from None


def json_schema(of: Any) -> dict[str, Any]:
    """The JSON Schema of a type, the same from every Python: 3.13 began to dedent docstrings."""
    schema: dict[str, Any] = _unindented(msgspec.json.schema(of))
    return schema


def _unindented(value: Any) -> Any:
    """A schema with each description on one line."""
    if isinstance(value, dict):
        return {
            key: " ".join(held.split())
            if key == "description" and isinstance(held, str)
            else _unindented(held)
            for key, held in value.items()
        }
    return [_unindented(held) for held in value] if isinstance(value, list) else value


_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$?(?P<path>.*)`)?$", re.DOTALL)
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<key>.*)`")
_BAD_ENUM = re.compile(r"Invalid enum value '?(?P<word>[^']*)'?")
_MISSING = re.compile(r"Object missing required field `(?P<key>.*)`")


def _explained(message: str, value: Any, to: Any) -> InputError:
    match = _AT.match(message)
    assert match
    what, path = match["what"], (match["path"] or "").lstrip(".").replace("[...]", "[]")
    if unknown := _UNKNOWN_FIELD.match(what):
        holder = _type_at(to, path)
        key = unknown["key"]
        return InputError(
            f"{key!r} is not a field",
            fix=did_you_mean(key, _field_names(holder)),
            field=".".join(p for p in (path, key) if p),
        )
    if missing := _MISSING.match(what):
        field = ".".join(p for p in (path, missing["key"]) if p)
        return InputError("is required", fix=f"add {missing['key']}:", field=field)
    given = _value_at(value, path)
    if bad := _BAD_ENUM.match(what):
        return InputError(
            f"{bad['word']!r} is not known here",
            fix=did_you_mean(bad["word"], map(str, _enum_values(_type_at(to, path)))),
            field=path,
        )
    told = "it" if given is _NOTHING else repr(given)
    if expected := _EXPECTED.match(what):
        return InputError(
            f"{told} is not {_in_words(expected['what'])}",
            fix=f"give {_in_words(expected['what'])}",
            field=path,
        )
    return InputError(what[:1].lower() + what[1:], field=path)


_EXPECTED = re.compile(r"Expected (?P<what>.+?)(?:, got `\w+`)?$")
_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "Object": "a mapping",
    "null": "nothing",
}


def _in_words(expected: str) -> str:
    """msgspec's ```float` >= 0.0`` in the words of a person who writes YAML."""
    for name, word in _WORDS.items():
        expected = expected.replace(name, word) if f"`{name}" in expected else expected
    words = expected.replace("`", "").replace(" | ", " or ")
    words = re.sub(r" matching regex (.+)$", r" like \1", words)
    return re.sub(r"(>=|<=|>|<) (-?\d+)\.0\b", r"\1 \2", words)


_NOTHING = object()


def _steps(path: str) -> list[str]:
    """``a.b[0].c`` as ``a``, ``b``, ``[0]``, ``c``."""
    return re.findall(r"\[\d*\]|[^.\[\]]+", path)


def _value_at(value: Any, path: str) -> Any:
    for step in _steps(path):
        index = step.strip("[]")
        if step.startswith("[") and index and isinstance(value, list | tuple):
            value = value[int(index)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _NOTHING
    return value if isinstance(value, str | int | float | bool | None) else _NOTHING


def _type_at(to: Any, path: str) -> Any:
    """The type that a path ends at, looking through ``X | None`` and containers."""
    for step in _steps(path):
        holders = _options(to)
        if step.startswith("["):
            to = next((get_args(h)[0] for h in holders if get_args(h)), None)
        else:
            struct = next((h for h in holders if hasattr(h, "__struct_fields__")), None)
            if struct is None:
                return next((get_args(h)[-1] for h in holders if get_args(h)), None)
            to = get_type_hints(struct).get(step)
    return to


def _options(to: Any) -> list[Any]:
    """The types that ``X | Y | None`` stands for; any other type stands for itself."""
    if isinstance(to, UnionType) or get_origin(to) is Union:
        return [arg for arg in get_args(to) if arg is not type(None)]
    return [to]


def _field_names(to: Any) -> list[str]:
    return [
        name for option in _options(to) for name in getattr(option, "__struct_encode_fields__", ())
    ]


def _enum_values(to: Any) -> list[Any]:
    return [value for option in _options(to) for value in get_args(option)]

"""Documents a person writes: read once, typed strictly, and answered in a sentence when wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lichen.input_error import InputError, did_you_mean, nearest
from lichen.parsing.bounds import check_depth
from lichen.parsing.content import content_of, text_of
from lichen.visible import visible

__all__ = [
    "InputError",
    "convert",
    "did_you_mean",
    "json_schema",
    "named_by",
    "nearest",
    "read_document",
]

T = TypeVar("T")


def _yaml(text: str) -> Any:
    from lichen.parsing.yaml_text import from_yaml  # each parser is loaded for its own documents

    documents = from_yaml(text)
    if len(documents) > 1:
        raise InputError(
            f"holds {len(documents)} documents", fix="remove the --- between them, or all but one"
        )
    return documents[0] if documents else None


def _json(text: str) -> Any:
    from lichen.parsing.json_text import from_json

    return from_json(text)


def _toml(text: str) -> Any:
    from lichen.parsing.toml_text import from_toml

    return from_toml(text)


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
    ".toml": _toml,
}
_MOST_MIB = 16
"""The largest file that a person writes, in MiB."""


def read_document(path: Path) -> Any:
    """Parse a YAML, TOML or JSON file into plain values; :class:`InputError` when it cannot be."""
    parser = _PARSERS.get(path.suffix.lower())
    try:
        if parser is None:
            raise InputError(
                f"{path.suffix or 'no suffix'} is not a format Lichen reads",
                fix="name the file .yaml, .toml or .json",
            )
        document = parser(text_of(content_of(path, _MOST_MIB)))
        check_depth(document)
    except InputError as error:
        raise error.within(str(path)) from None
    return document


@contextmanager
def named_by(field: str, file: Path, name: str) -> Iterator[None]:
    """Says of a file that cannot be read at all which field names it: the mistake may be in the
    name. What is wrong inside the file keeps the file's own place."""
    try:
        yield
    except InputError as error:
        if error.field or error.document not in ("", str(file)):
            raise
        wrong = f"names {visible(name)}, which {error.wrong}" if error.document else error.wrong
        raise InputError(wrong, fix=error.fix, field=field) from None


def convert(value: Any, to: type[T], *, quotes: bool = True) -> T:
    """Plain values into a msgspec type, strictly; :class:`InputError` has the field and the fix.

    ``quotes`` repeats the wrong value in the message: never of a document that may hold a secret.
    """
    try:
        return msgspec.convert(value, to, strict=True)
    except msgspec.ValidationError as error:
        from lichen.document_errors import explained  # only a mistake needs it

        raise explained(str(error), value, to, quotes=quotes) from None
    except UnicodeEncodeError:  # JSON can name half a character, and no encoding takes it
        raise InputError("half a character is in it", fix="write whole characters") from None


def json_schema(of: Any) -> dict[str, Any]:
    """The JSON Schema of a type, the same from every Python: 3.13 began to dedent docstrings."""
    schema: dict[str, Any] = _unindented(msgspec.json.schema(of))
    return schema


def _unindented(value: Any) -> Any:
    """A schema with each description on one line."""
    if isinstance(value, dict):
        return {
            key: " ".join(part.split())
            if key == "description" and isinstance(part, str)
            else _unindented(part)
            for key, part in value.items()
        }
    return [_unindented(part) for part in value] if isinstance(value, list) else value

"""Documents a person writes: read once, typed strictly, and answered in a sentence when wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lichen.input_error import InputError, did_you_mean, nearest

__all__ = [
    "InputError",
    "convert",
    "did_you_mean",
    "find_upwards",
    "json_schema",
    "nearest",
    "read_document",
]

T = TypeVar("T")

_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)[eE][-+]?\d+$")


def _yaml(text: str) -> Any:
    import yaml  # each parser is loaded for its own documents: a start is short

    class Loader(yaml.SafeLoader):
        """YAML 1.1, which takes ``3.2e9`` for text, with YAML 1.2's numbers; no key twice."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            _refuse_twice(
                (key.value, f", the second time in line {key.start_mark.line + 1}")
                for key, _ in node.value
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge"
            )
            return super().construct_mapping(node, deep=deep)

        def construct_day(self, node: yaml.ScalarNode) -> Any:
            """A day that does not exist stays text, which is refused where its field is known."""
            try:
                return self.construct_yaml_timestamp(node)
            except ValueError:
                return node.value

    Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.construct_day)
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _json(text: str) -> Any:
    import json

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _refuse_twice((key, "") for key, _ in pairs)
        return dict(pairs)

    return json.loads(text, object_pairs_hook=mapping)


def _refuse_twice(keys: Iterable[tuple[str, str]]) -> None:
    """Keys with where they are. Of two values of one key only the last would count, without a
    word."""
    seen = set()
    for key, where in keys:
        if key in seen:
            raise InputError(f"is there twice{where}", fix="write it once", field=key)
        seen.add(key)


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
    except InputError as error:
        raise error.within(str(path)) from None
    except RecursionError:
        raise InputError(
            "is nested too deeply to read", fix="write it flat", document=str(path)
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
    """Plain values into a msgspec type, strictly; :class:`InputError` has the field and the fix."""
    try:
        return msgspec.convert(value, to, strict=True)
    except msgspec.ValidationError as error:
        from lichen.document_errors import explained  # only a mistake needs it

        raise explained(str(error), value, to) from None


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

"""Inputs as pulumi_gcp spells them -> requests as Google spells them.

Both come from one API. Three rules give nearly every name: it is the same, the singular, or the
plural; and where one side has a list, the other may have its only member. The rows of kinds.py have
the names that differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

from pulumi import _types

from sandbox.errors import InvalidValue
from sandbox.google.emulator.discovery import UNKNOWN, Discovery, Schema

Body = dict[str, Any]


class Form(Enum):
    """How a value differs in form."""

    SAME = "as in the API"
    ZONES = "names of zones in Pulumi, messages in the API"
    BY_NAME = "a list with names in Pulumi, a map by name in the API"
    KEYS_AND_VALUES = "a map in Pulumi, a list of keys and values in the API"
    STARTUP_SCRIPT = "one of the keys and values"
    MAP_OF_LISTS = "a map in Pulumi, a map of lists in the API"
    JSON = "the whole request as a text"


@dataclass(frozen=True)
class Moved:
    """Where an input is in the request, from the message that has it; ``outside``: from the request
    itself, where the resource is in a member of it."""

    to: str
    form: Form = Form.SAME
    outside: bool = False


@cache
def input_names(args: str) -> dict[str, type | None]:
    """The inputs of a kind, by the name in the engine, each with the class of a nested one."""
    module, _, name = args.partition(":")
    return fields(getattr(import_module(f"pulumi_gcp.{module}"), name))


@cache
def fields(cls: type) -> dict[str, type | None]:
    """A class's properties by the name in the engine, each with the class of a nested one."""
    kinds = _types.input_type_types(cls)
    return {
        engine: _nested(kinds.get(python)) for python, engine in
        _types.input_type_py_to_pulumi_names(cls).items()
    }  # fmt: skip


def _nested(kind: Any) -> type | None:
    """The class inside of ``Optional``, ``Input`` and ``Sequence``; None where there is none."""
    if isinstance(kind, type) and hasattr(kind, "_pulumi_input_type"):
        return kind
    for inner in getattr(kind, "__args__", ()):
        found = _nested(inner)
        if found is not None:
            return found
    return None


def strange(cls: dict[str, type | None], value: Any, path: str = "") -> list[str]:
    """Paths of names that the classes of pulumi_gcp do not have."""
    found: list[str] = []
    if isinstance(value, Mapping):
        for name, part in value.items():
            at = f"{path}.{name}" if path else name
            if name not in cls:
                found.append(at)
            elif (nested := cls[name]) is not None:
                for one in part if isinstance(part, list) else [part]:
                    found += strange(fields(nested), one, at)
    return found


@dataclass(frozen=True)
class Rendering:
    """What makes requests of one kind: the API's document and the rows of what differs."""

    document: Discovery
    moved: Mapping[str, Moved]

    def message(self, schema: Schema, inputs: Mapping[str, Any], path: str = "") -> Body:
        """A message of the API; :class:`InvalidValue` where it has no place for an input."""
        schema = self.document.resolved(schema)
        properties = schema.get("properties", {})
        body: Body = {}
        for name, value in inputs.items():
            if value is None or name.startswith("__"):
                continue
            at = f"{path}.{name}" if path else name
            row = self.moved.get(at)
            if row is not None:
                self._put(body, schema, row, value, at)
                continue
            found = _spelled(name, properties)
            if found is None:
                if "additionalProperties" in schema:
                    body[name] = self.value(schema["additionalProperties"], value, at)
                    continue
                raise InvalidValue(at, f"no such field; it has: {', '.join(sorted(properties))}")
            body[found] = self.value(properties[found], value, at)
        return body

    def value(self, schema: Schema, value: Any, path: str) -> Any:
        """A value as the API has it."""
        schema = self.document.resolved(schema)
        kind = schema.get("type", "object")
        if value == UNKNOWN or value is None:
            return value
        if kind == "array":
            parts = value if isinstance(value, list) else [value]
            return [self.value(schema["items"], part, path) for part in parts]
        if kind == "object":
            if isinstance(value, list):
                if len(value) != 1:
                    raise InvalidValue(path, f"takes one, got {len(value)}")
                value = value[0]
            if not isinstance(value, Mapping):
                raise InvalidValue(path, f"is no message: {value!r}")
            return self.message(schema, value, path)
        if kind in ("integer", "number") and isinstance(value, str):
            return float(value) if kind == "number" else int(value)
        if kind == "integer" and isinstance(value, float) and value.is_integer():
            return int(value)  # the wire has floats only
        if kind == "string" and not isinstance(value, str):
            return _text(value)
        if kind == "boolean" and value in ("true", "false"):
            return value == "true"
        return value

    def _put(self, body: Body, schema: Schema, row: Moved, value: Any, path: str) -> None:
        if row.form is Form.JSON:
            body |= json.loads(value) if value != UNKNOWN else {}
            return
        *into, last = row.to.split(".")
        at: Body = body
        for part in into:
            at = at.setdefault(part, {})
            schema = self.document.resolved(schema.get("properties", {}).get(part, {}))
        target = schema.get("properties", {}).get(last, {})
        if row.form is Form.ZONES:
            at[last] = [{"zone": f"zones/{zone}"} for zone in value]
        elif row.form is Form.BY_NAME:
            kind = target["additionalProperties"]
            at[last] = {
                one["name"]: self.message(
                    kind, {key: part for key, part in one.items() if key != "name"}, path
                )
                for one in value
            }
        elif row.form is Form.KEYS_AND_VALUES:
            at.setdefault(last, []).extend(
                {"key": key, "value": part} for key, part in value.items()
            )
        elif row.form is Form.STARTUP_SCRIPT:
            at.setdefault(last, []).append({"key": "startup-script", "value": value})
        elif row.form is Form.MAP_OF_LISTS:
            at[last] = {key: [part] for key, part in value.items()}
        else:
            at[last] = self.value(target, value, path) if target else value


def _spelled(name: str, properties: Mapping[str, Any]) -> str | None:
    for candidate in (name, name.removesuffix("s"), f"{name}s", name.removesuffix("ies") + "y"):
        if candidate in properties:
            return candidate
    return None


def _text(value: Any) -> str:
    """A number or a truth as the API's text."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def same(one: Any, other: Any) -> bool:
    """Whether what was asked for is what there is: everything asked for, at least."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(key in other and same(part, other[key]) for key, part in one.items())
    if isinstance(one, list) and isinstance(other, list):
        if all(isinstance(part, Mapping) and "key" in part for part in one):
            return all(part in other for part in one)  # keys and values, of several inputs
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other or other.endswith(f"/{one}")
    return bool(one == other)

"""Google's discovery documents: which methods an API has, and what a request may say.

google-api-python-client carries them. A document is read when its API is first used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import googleapiclient

Schema = Mapping[str, Any]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends, in a preview, for a value that is not known yet: it fits everywhere."""

_DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
_DURATION = re.compile(r"\d+(\.\d{1,9})?s")


@dataclass(frozen=True)
class Method:
    """A method of an API: its id, and the names of its query parameters."""

    api: str
    id: str
    verb: str
    path: str
    request: str
    response: str
    query: tuple[str, ...]

    @property
    def action(self) -> str:
        """``create`` of ``run.projects.locations.services.create``."""
        return self.id.rpartition(".")[2]

    @property
    def collection(self) -> str:
        """``run.projects.locations.services``."""
        return self.id.rpartition(".")[0]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        pattern = re.sub(r"\\\{\\?\+?([A-Za-z]+)\\\}", r"(?P<\1>[^/:]+?)", re.escape(self.path))
        return re.compile(pattern)


@dataclass(frozen=True)
class Misfit:
    """A part of a request that the API does not take, and why, in the API's own words."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}" if self.path else self.why


class Discovery:
    """One API: ``run.v2``."""

    def __init__(self, api: str) -> None:
        self.api = api
        text = (_DOCUMENTS / f"{api}.json").read_text(encoding="utf-8")
        self.document: dict[str, Any] = json.loads(text)

    @cached_property
    def methods(self) -> tuple[Method, ...]:
        return tuple(self._methods(self.document))

    def _methods(self, part: Mapping[str, Any]) -> Iterator[Method]:
        for method in part.get("methods", {}).values():
            yield Method(
                api=self.api,
                id=method["id"],
                verb=method["httpMethod"],
                path=self.document.get("servicePath", "") + method.get("flatPath", method["path"]),
                request=method.get("request", {}).get("$ref", ""),
                response=method.get("response", {}).get("$ref", ""),
                query=tuple(
                    name
                    for name, parameter in method.get("parameters", {}).items()
                    if parameter.get("location") == "query"
                ),
            )
        for resource in part.get("resources", {}).values():
            yield from self._methods(resource)

    def method(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that a request calls, with the parts of its path; None where there is none."""
        for method in self.methods:
            if method.verb == verb and (found := method.pattern.fullmatch(path)):
                return method, found.groupdict()
        return None

    def by_id(self, identifier: str) -> Method:
        """The method of an id; KeyError where the API has none."""
        for method in self.methods:
            if method.id == identifier:
                return method
        raise KeyError(identifier)

    def schema(self, name: str) -> Schema:
        found: Schema = self.document["schemas"][name]
        return found

    def resolved(self, schema: Schema) -> Schema:
        """What a reference leads to."""
        while "$ref" in schema:
            schema = self.schema(schema["$ref"])
        return schema

    def misfits(self, method: Method, body: Any) -> list[Misfit]:
        """Everything in a request that its method does not take. A patch may leave out anything."""
        if not method.request:
            return [] if body in (None, {}) else [Misfit("", "this method takes no body")]
        whole = method.action not in ("patch", "update", "mutateDeployedModel")
        return list(self._misfits(self.schema(method.request), body, "", method.id, whole))

    def _misfits(
        self, schema: Schema, value: Any, path: str, method: str, whole: bool
    ) -> Iterator[Misfit]:
        schema = self.resolved(schema)
        if value == UNKNOWN or value is None:
            return
        kind = schema.get("type", "object")
        if kind == "any":
            return
        if kind == "array":
            if not isinstance(value, list):
                yield Misfit(path, f"is no list: {value!r}")
                return
            for n, part in enumerate(value):
                yield from self._misfits(schema["items"], part, f"{path}[{n}]", method, whole)
        elif kind == "object":
            yield from self._of_object(schema, value, path, method, whole)
        elif (why := _why_not(schema, kind, value)) is not None:
            yield Misfit(path, why)

    def _of_object(
        self, schema: Schema, value: Any, path: str, method: str, whole: bool
    ) -> Iterator[Misfit]:
        if not isinstance(value, Mapping):
            yield Misfit(path, f"is no message: {value!r}")
            return
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, part in value.items():
            at = f"{path}.{name}" if path else name
            if name in properties:
                yield from self._misfits(properties[name], part, at, method, whole)
            elif others is not None:
                yield from self._misfits(others, part, at, method, whole)
            else:
                where = f" at '{path}'" if path else ""
                yield Misfit(path, f'Unknown name "{name}"{where}: Cannot find field.')
        for name, part in properties.items() if whole else ():
            if name not in value and _required(part, method):
                yield Misfit(f"{path}.{name}" if path else name, "is required")


def _required(schema: Schema, method: str) -> bool:
    said = schema.get("description", "")
    if said.startswith("Required.") and "Output only" not in said:
        return True
    return method in schema.get("annotations", {}).get("required", ())


def _why_not(schema: Schema, kind: str, value: Any) -> str | None:
    if kind == "boolean":
        return None if isinstance(value, bool) else f"is neither true nor false: {value!r}"
    if kind in ("integer", "number"):
        whole = kind == "number" or (isinstance(value, int | float) and value == int(value))
        fits = isinstance(value, int | float) and not isinstance(value, bool) and whole
        return None if fits else f"is no {kind}: {value!r}"
    if not isinstance(value, str):
        return f"is no string: {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{value!r} is not one of {', '.join(schema['enum'])}"
    said = schema.get("format")
    if said in ("int64", "uint64") and re.fullmatch(r"-?\d+", value) is None:
        return f"is no {said}: {value!r}"
    if said == "google-duration" and _DURATION.fullmatch(value) is None:
        return f"is no duration, such as 3.5s: {value!r}"
    if "pattern" in schema and re.fullmatch(schema["pattern"], value) is None:
        return f"{value!r} does not match {schema['pattern']}"
    return None


@cache
def discovery(api: str) -> Discovery:
    """An API's document, read once."""
    return Discovery(api)

"""A CloudFormation template, in YAML or JSON.

Only the literals of a template are known: a parameter's value is given with the deployment, so
what is made of one, of another resource or of any intrinsic function is UNKNOWN. A template names
no region and no environment; tags may, and the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from lichen.document import InputError
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown


class At(dict[str, Any]):
    """A mapping with the line of the key before it, or its own, counted from 1."""

    line: int | None = None


class _Loader(yaml.SafeLoader):
    """YAML with lines, and with CloudFormation's short forms: ``!Ref x`` is ``{"Ref": "x"}``."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> At:
    found = At()
    found.update(
        {str(key): value for key, value in loader.construct_mapping(node, deep=True).items()}
    )
    found.line = node.start_mark.line + 1
    for key, _ in node.value:
        value = found.get(key.value)
        if isinstance(value, At):
            value.line = key.start_mark.line + 1
    return found


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.MappingNode):
        argument: Any = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        argument = loader.construct_scalar(node)  # type: ignore[arg-type]
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": argument}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_multi_constructor("!", _short_form)


def parsed(text: str) -> list[Any]:
    """The documents of a YAML file as plain values, without empty ones; raises ``yaml.YAMLError``.
    Tags build mappings and nothing else."""
    return [document for document in yaml.load_all(text, _Loader) if document is not None]


def recognises(document: Mapping[str, Any]) -> bool:
    return "AWSTemplateFormatVersion" in document or any(
        isinstance(entry, Mapping) and str(entry.get("Type", "")).startswith("AWS::")
        for entry in _entries(document).values()
    )


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The template's resources; :class:`InputError` where it has none or one is malformed."""
    if "Resources" not in document:
        raise InputError("is required", fix="add Resources:", field="Resources")
    found = []
    for name, entry in _entries(document).items():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("Type"), str):
            raise InputError("is not a resource", fix="give it a Type:", field=f"Resources.{name}")
        properties = entry.get("Properties") or {}
        if not isinstance(properties, Mapping):
            raise InputError("is not a mapping", field=f"Resources.{name}.Properties")
        found.append(resource(entry["Type"], name, properties, file, _line(entry)))
    return found


def resource(
    kind: str, name: str, properties: Mapping[str, Any], file: str, line: int | None = None
) -> Resource:
    """One resource of a template."""
    return Resource(
        type=kind,
        name=name,
        address=name,
        properties={key: _known(value) for key, value in properties.items()},
        dialect="cloudformation",
        file=file,
        line=line,
    )


def _entries(document: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = document.get("Resources")
    return entries if isinstance(entries, Mapping) else {}


def _line(entry: Mapping[str, Any]) -> int | None:
    return entry.line if isinstance(entry, At) else None


_OPEN: Any = Unknown("is set by an intrinsic function, whose value is known only after deployment")
_LEFT_OUT = {"Ref": "AWS::NoValue"}


def _known(value: Any) -> Any:
    """A value as far as the template gives it."""
    if value == _LEFT_OUT:
        return None
    if isinstance(value, Mapping):
        if len(value) == 1 and _is_function(next(iter(value))):
            return _OPEN
        return {key: _known(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return value


def _is_function(key: object) -> bool:
    return key == "Ref" or str(key).startswith("Fn::")

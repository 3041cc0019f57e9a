"""A Terraform state, as ``terraform show -json`` prints it or as a backend keeps it: what is
deployed now.

A state says nothing of providers: a resource is where its own values say that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects.carried import carried
from lichen_policies.dialects.secrets import without_copies
from lichen_policies.dialects.terraform_values import SECRET, Standing, Values, unmarked
from lichen_policies.facts.resource import Resource


class TerraformState(msgspec.Struct, frozen=True):
    """What ``terraform show -json`` prints of a state."""

    format_version: str
    values: Values = Values()


class KeptInstance(msgspec.Struct, frozen=True):
    """One instance as a backend keeps it. ``sensitive_attributes`` are paths into its attributes;
    a ``deposed`` one is about to be destroyed."""

    attributes: dict[str, Any] | None = None
    index_key: str | int | None = None
    sensitive_attributes: tuple[Any, ...] = ()
    deposed: str = ""


class KeptResource(msgspec.Struct, frozen=True):
    """A resource as a backend keeps it, with its instances."""

    mode: str
    type: str
    name: str
    module: str = ""
    instances: tuple[KeptInstance, ...] = ()


class KeptState(msgspec.Struct, frozen=True):
    """The file that a backend keeps."""

    version: int
    resources: tuple[KeptResource, ...] = ()


def recognises(document: Mapping[str, Any]) -> bool:
    shown = "format_version" in document and "values" in document
    return shown or ("lineage" in document and "serial" in document) or _is_encrypted(document)


def _is_encrypted(document: Mapping[str, Any]) -> bool:
    """Whether it is a state or a plan as OpenTofu writes it where its configuration encrypts."""
    return "encrypted_data" in document and "encryption_version" in document


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The deployed resources; :class:`InputError` where it is no state of Terraform 0.12 or
    newer."""
    if _is_encrypted(document):
        raise InputError(
            "is a state or a plan that OpenTofu encrypted",
            fix="run tofu show -json with its configuration, and check what that prints",
        )
    is_kept = "lineage" in document and "format_version" not in document
    judged = []
    for each in _kept(document) if is_kept else _shown(document):
        values = unmarked(each.values or {}, each.sensitive_values)
        if each.mode == "managed" and isinstance(values, dict):
            standing = Resource(
                type=each.type,
                name=each.name,
                address=each.address,
                properties=without_copies(values, SECRET),
                dialect="terraform",
                file=file,
            )
            judged.append(carried(standing))
    return judged


def _shown(document: Mapping[str, Any]) -> Iterator[Standing]:
    state = convert(document, TerraformState, quotes=False)
    for _place, each in state.values.root_module.every():
        yield each


def _kept(document: Mapping[str, Any]) -> Iterator[Standing]:
    if document.get("version") != 4:
        raise InputError(
            "is no state of version 4, which Terraform keeps since 0.12",
            fix="run terraform show -json > state.json with the Terraform that made it",
            field="version",
        )
    for each in convert(document, KeptState, quotes=False).resources:
        address = ".".join(part for part in (each.module, each.type, each.name) if part)
        for instance in each.instances:
            if instance.deposed:
                continue
            key = instance.index_key
            index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
            yield Standing(
                address=f"{address}{index}",
                mode=each.mode,
                type=each.type,
                name=each.name,
                values=_without(instance.attributes or {}, instance.sensitive_attributes),
            )


def _without(attributes: dict[str, Any], paths: Sequence[Any]) -> dict[str, Any]:
    """An instance's attributes without what its paths call sensitive."""
    for path in paths:
        steps = [_step(step) for step in path] if isinstance(path, list) else [path]
        _hide(attributes, steps)
    return attributes


def _step(step: Any) -> Any:
    """A name or an index: ``{"type": "get_attr", "value": "password"}``, or
    ``{"type": "index", "value": {"value": 0, "type": "number"}}``."""
    value = step.get("value") if isinstance(step, Mapping) else step
    return value.get("value") if isinstance(value, Mapping) else value


def _hide(holder: Any, steps: Sequence[Any]) -> None:
    """Put the mark of a secret where steps lead; where they lead nowhere, on all of the holder."""
    for position, step in enumerate(steps):
        is_last = position == len(steps) - 1
        try:
            inner = holder[step]
            if is_last or not isinstance(inner, dict | list):
                holder[step] = SECRET
                return
        except (KeyError, IndexError, TypeError):
            for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
                holder[key] = SECRET
            return
        holder = inner

"""Resources of Azure's API that another engine carries whole: those of azapi, in Terraform and in
Pulumi, and azure-native's generic one.

They are read as a template's, under the address that they have in their engine. Sources: Terraform
registry, azapi_resource; Pulumi registry, azure-native.resources.Resource.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from lichen_policies.dialects.azure.declared import WRITTEN, properties_of
from lichen_policies.facts.properties import AZAPI_BODY, BESIDE_PROPERTIES, Properties
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

_NOT_JSON: Any = Unknown("is not JSON that Lichen reads")


def of_azure(found: Resource) -> Resource:
    """The resource of Azure's API inside of another engine's; one whose type nobody knows as it
    is."""
    outer = Properties(found.properties, found.dialect)
    root = ""
    if found.type.startswith("azure-native:"):
        type_, parents, group = _of_azure_native(outer)
        name, body = outer.text("resource_name"), found.properties
    else:
        type_ = outer.text("type")
        name, body, root = outer.text("name"), _body(outer), AZAPI_BODY
        parent = outer.text("parent_id")
        parents, group = _above(parent, type_) if isinstance(type_, str) else ((), None)
    if not isinstance(type_, str):
        return found
    own = type_.partition("@")[0]
    beside = {key: found.properties[key] for key in BESIDE_PROPERTIES if key in found.properties}
    written = {**(dict.fromkeys(WRITTEN[1:], body) if is_unknown(body) else body), **beside}
    return msgspec.structs.replace(
        found,
        type=own,
        dialect="azure",
        root=root,
        properties=properties_of(own, (*parents, name), written, group),
    )


def _body(outer: Properties) -> Any:
    """What azapi sends: an object, or one that is written as JSON."""
    written = outer.scalar(AZAPI_BODY)
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError:
            return _NOT_JSON
    return written if isinstance(written, Mapping) or is_unknown(written) else {}


def _above(parent: Maybe[str], type_: str) -> tuple[tuple[Any, ...], Maybe[str]]:
    """The names of what a resource is a part of, the outermost first, and of its resource group,
    both by the id of its parent."""
    depth = type_.count("/") - 1
    if not isinstance(parent, str):
        return (parent,) * depth, parent
    steps = parent.strip("/").split("/")
    small = [step.lower() for step in steps]
    at = small.index("resourcegroups") if "resourcegroups" in small else len(steps)
    group = next(iter(steps[at + 1 : at + 2]), None)
    below = small.index("providers") + 3 if "providers" in small else len(steps)
    names = tuple(steps[below::2])
    return (*[None] * (depth - len(names)), *names)[-depth:] if depth else (), group


def _of_azure_native(outer: Properties) -> tuple[Maybe[str], tuple[Any, ...], Maybe[str]]:
    """The type of a generic resource of azure-native, the names of what it is a part of, and its
    resource group."""
    provider, own = outer.text("resource_provider_namespace"), outer.text("resource_type")
    parent = outer.text("parent_resource_path")
    group = outer.text("resource_group_name")
    if not isinstance(provider, str) or not isinstance(own, str):
        return provider if is_unknown(provider) else own, (), group
    if is_unknown(parent):
        return f"{provider}/{own}", (parent,) * own.count("/"), group
    steps = parent.strip("/").split("/") if parent else []
    return "/".join((provider, *steps[::2], own)), tuple(steps[1::2]), group

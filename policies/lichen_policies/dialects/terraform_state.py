"""A Terraform state as ``terraform show -json`` prints it: what is deployed now.

A state says nothing of providers: a resource is where its own values say that it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects import kubernetes
from lichen_policies.dialects.secrets import without_copies
from lichen_policies.dialects.terraform_values import SECRET, Values, unmarked
from lichen_policies.facts.resource import Resource


class TerraformState(msgspec.Struct, frozen=True):
    format_version: str
    values: Values = Values()


def recognises(document: Mapping[str, Any]) -> bool:
    shown = "format_version" in document and "values" in document
    return shown or ("lineage" in document and "serial" in document)


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The deployed resources; :class:`InputError` where it is not the printed form of a state."""
    if "lineage" in document and "format_version" not in document:
        raise InputError(
            "is the file that Terraform keeps its state in",
            fix="run terraform show -json > state.json, and check that file",
        )
    state = convert(document, TerraformState)
    judged = []
    for _place, each in state.values.root_module.every():
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
            judged.append(kubernetes.carried(standing))
    return judged

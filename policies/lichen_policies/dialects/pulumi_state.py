"""A stack's state as ``pulumi stack export`` prints it: what is deployed now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects import pulumi_resource
from lichen_policies.dialects.pulumi_resource import State
from lichen_policies.facts.resource import Resource


class Deployment(msgspec.Struct, frozen=True):
    resources: tuple[State, ...] = ()


class Export(msgspec.Struct, frozen=True):
    version: int
    deployment: Deployment


def recognises(document: Mapping[str, Any]) -> bool:
    return "deployment" in document


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The deployed resources; :class:`InputError` where it is no state of version 3 or 4."""
    export = convert(document, Export)
    if export.version not in (3, 4):
        raise InputError(
            f"state version {export.version} is not supported",
            fix="export it again with Pulumi 1.0 or newer, which writes version 3 or 4",
            field="version",
        )
    return pulumi_resource.resources(export.deployment.resources, {}, file)

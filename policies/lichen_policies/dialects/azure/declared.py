"""A resource as Azure's templates declare it, whichever language it is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lichen_policies.dialects.azure.functions import GROUP, OPEN
from lichen_policies.facts import region
from lichen_policies.facts.properties import BESIDE_PROPERTIES
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown, is_unknown

PARENTS: Mapping[str, tuple[str, ...]] = {
    "microsoft.batch/batchaccounts/pools": ("accountName",),
    "microsoft.cognitiveservices/accounts/deployments": ("accountName",),
    "microsoft.compute/capacityreservationgroups/capacityreservations": (
        "capacityReservationGroupName",
    ),
    "microsoft.containerservice/managedclusters/agentpools": ("resourceName",),
    "microsoft.machinelearningservices/workspaces/batchendpoints": ("workspaceName",),
    "microsoft.machinelearningservices/workspaces/batchendpoints/deployments": (
        "workspaceName",
        "endpointName",
    ),
    "microsoft.machinelearningservices/workspaces/computes": ("workspaceName",),
    "microsoft.machinelearningservices/workspaces/onlineendpoints": ("workspaceName",),
    "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments": (
        "workspaceName",
        "endpointName",
    ),
}
"""What azure-native calls the names of the resources that one is a part of, the outermost first."""


WRITTEN = (*BESIDE_PROPERTIES, "properties")
"""What a declaration writes of a resource."""

_BY_PARAMETER = Unknown("is set by an expression (give --parameter NAME=..., or --region)")


def resource(
    type_: str,
    names: Sequence[Any],
    written: Mapping[str, Any],
    *,
    file: str,
    line: int | None = None,
    symbol: str = "",
    only_if: str = "",
) -> Resource:
    """A resource of a type without its version. ``names`` are its own, the last, and those of what
    it is a part of; ``symbol`` is what the file calls it, where it does."""
    properties = properties_of(type_, names, written, GROUP)
    place = None
    if is_unknown(properties.get("location")):
        because = properties.pop("location")
        place = because if region.is_unstated(because) else _BY_PARAMETER
    known = all(isinstance(name, str) for name in names)
    own = "/".join(str(name) for name in names) if known else symbol or "?"
    return Resource(
        type=type_,
        name=symbol or own,
        address=symbol or f"{type_}/{own}",
        properties=properties,
        dialect="azure",
        region=place,
        file=file,
        line=line,
        only_if=only_if,
    )


def properties_of(
    type_: str, names: Sequence[Any], written: Mapping[str, Any], group: Any
) -> dict[str, Any]:
    """What a reader reads of a resource in a resource group: what is written beside its
    ``properties``, these themselves, its name, and the names of what it is a part of."""
    properties = {name: written[name] for name in BESIDE_PROPERTIES if name in written}
    inner = written.get("properties")
    if is_unknown(inner):
        properties["properties"] = inner
    elif isinstance(inner, Mapping):
        properties = {**inner, **properties}
    for name, found in zip(PARENTS.get(type_.lower(), ()), names, strict=False):
        properties[name] = found
    properties["name"] = names[-1] if names else OPEN
    properties["resourceGroupName"] = group
    return properties


def numbered(resources: Sequence[Resource]) -> list[Resource]:
    """Resources of which no two have the same address."""
    seen: dict[str, int] = {}
    found: list[Resource] = []
    for each in resources:
        count = seen[each.address] = seen.get(each.address, 0) + 1
        address = each.address if count == 1 else f"{each.address}#{count}"
        found.append(msgspec.structs.replace(each, address=address))
    return found

"""A stack's state as ``pulumi stack export`` prints it, or as a backend keeps it: what is deployed.

A resource is where its outputs say that it is. What an interrupted deployment was about to make is
judged too: it may be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects import pulumi_resource
from lichen_policies.dialects.pulumi_resource import State
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown


class Pending(msgspec.Struct, frozen=True):
    """What the engine was doing when a deployment was interrupted."""

    resource: State
    type: str = ""


class Deployment(msgspec.Struct, frozen=True):
    resources: tuple[State, ...] = ()
    pending_operations: tuple[Pending, ...] = ()

    @property
    def states(self) -> list[State]:
        """The resource of each URN and phase, as it is or as it was about to be."""
        pending = [each.resource for each in self.pending_operations if each.type in _MAKING]
        renewed = {state.urn for state in pending}
        kept = [state for state in self.resources if state.urn not in renewed or state.delete]
        return [*kept, *pending]


_MAKING = ("creating", "updating", "importing")


class Export(msgspec.Struct, frozen=True):
    version: int
    deployment: Deployment


class Latest(msgspec.Struct, frozen=True):
    """A backend's own file of a stack; before its first deployment it has nothing."""

    latest: Deployment | None = None


class Checkpoint(msgspec.Struct, frozen=True):
    version: int
    checkpoint: Latest


_PROVIDER_UNSEEN = Unknown("is set by a provider that is not in the state")


def recognises(document: Mapping[str, Any]) -> bool:
    return "deployment" in document or "checkpoint" in document


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The deployed resources; :class:`InputError` where it is no state of version 3 or 4."""
    if "checkpoint" in document:
        kept = convert(document, Checkpoint)
        version, deployment = kept.version, kept.checkpoint.latest or Deployment()
    else:
        export = convert(document, Export)
        version, deployment = export.version, export.deployment
    if version not in (3, 4):
        raise InputError(
            f"state version {version} is not supported",
            fix="export it again with Pulumi 1.0 or newer, which writes version 3 or 4",
            field="version",
        )
    return pulumi_resource.resources(deployment.states, {}, file, _PROVIDER_UNSEEN)

"""A resource as any door hands it over: a type, a name and plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lichen.words import Environment
from lichen_policies.facts.unknown import Maybe

Dialect = Literal["pulumi", "terraform", "cloudformation", "kubernetes", "azure", "workload"]


class Note(msgspec.Struct, frozen=True):
    """What somebody wrote beside a resource to exempt it from a rule, as it is written, and where
    that is (``comment in line 12``)."""

    rule: str
    text: str
    where: str


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of a deployment.

    ``type`` is the dialect's own word (``aws:ec2/instance:Instance``, ``aws_instance``,
    ``AWS::EC2::Instance``, ``apps/v1/Deployment``, ``Microsoft.Compute/virtualMachines``, and
    ``lichen:Workload`` of a workload's file);
    ``address`` is the URN, Terraform address, logical id or ``namespace/Kind/name``. ``root`` is
    where in the document's resource the
    properties are, if not at its top.
    ``properties`` holds None, bool, int, float, str, list and dict, with UNKNOWN in place of what
    is known only after deployment: references, computed values and unresolved variables.
    ``region`` and ``environment`` are those of the provider, the stack or the command line, None
    where none of them states it; what the resource itself states goes before them. ``file`` and
    ``line`` are where its author wrote it, ``document`` what it was read from: the resources of one
    document are one deployment. ``only_if`` is the condition under which it is made, where nobody
    can evaluate it here. Where its properties depend on conditions that nobody can evaluate,
    ``branches`` are its properties for each way in which these may turn out, the same ways for all
    resources of a document, None where it is not made then. ``stays`` says that the deployment
    leaves it as it is, None where the document does not say. ``unseen`` says what of its deployment
    is not here, in words: a module that nobody has downloaded. ``cloud_id`` is what the cloud calls
    it, where a state of Pulumi has that.
    """

    type: str
    name: str
    address: str
    properties: Mapping[str, Any]
    dialect: Dialect
    root: str = ""
    region: Maybe[str] = None
    environment: Environment | None = None
    file: str | None = None
    line: int | None = None
    document: str | None = None
    notes: tuple[Note, ...] = ()
    only_if: str = ""
    branches: tuple[Mapping[str, Any] | None, ...] = ()
    stays: bool | None = None
    cloud_id: str | None = None
    unseen: str = ""


def called(resource: Resource) -> str:
    """What a message calls a resource: of a Pulumi program its name, else its address."""
    return resource.name if resource.address.startswith("urn:") else resource.address

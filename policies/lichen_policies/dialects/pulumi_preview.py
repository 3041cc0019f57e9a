"""A preview as ``pulumi preview --json`` prints it: what will be deployed.

A preview leaves out unchanged resources without ``--show-sames``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects import pulumi_resource
from lichen_policies.dialects.pulumi_resource import State
from lichen_policies.facts.resource import Resource


class PreviewStep(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that the engine would do; ``new_state`` is what would result, if anything."""

    op: str
    urn: str
    new_state: State | None = None


class Diagnostic(msgspec.Struct, frozen=True):
    severity: str = ""
    message: str = ""


class Preview(msgspec.Struct, frozen=True):
    """The whole document; secrets in ``config`` are already blinded."""

    steps: tuple[PreviewStep, ...] = ()
    config: dict[str, str] = {}
    diagnostics: tuple[Diagnostic, ...] = ()


_BLOCKED = "error: preview failed"
"""The only error in a preview that is whole and that a policy blocked; a broken one has more."""

_REMOVING = ("delete", "discard", "remove", "read")
"""How the names of operations begin after which this program has no such resource."""


def recognises(document: Mapping[str, Any]) -> bool:
    return "steps" in document or "changeSummary" in document


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The resources that the preview would leave; :class:`InputError` where it is not whole."""
    preview = convert(document, Preview)
    if any(
        diagnostic.severity == "error" and diagnostic.message.strip() != _BLOCKED
        for diagnostic in preview.diagnostics
    ):
        raise InputError(
            "the preview failed, so resources may be missing",
            fix="correct the program until pulumi preview succeeds",
            field="diagnostics",
        )
    planned = {
        step.urn: step.new_state
        for step in preview.steps
        if step.new_state is not None and not step.op.startswith(_REMOVING)
    }
    return pulumi_resource.resources(planned.values(), preview.config, file)

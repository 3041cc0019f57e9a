"""A preview as ``pulumi preview --json`` prints it: what will stand once it is carried out.

A preview leaves out unchanged resources unless asked for them (``--show-sames``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects import pulumi_resource
from lichen_policies.dialects.pulumi_resource import State
from lichen_policies.facts.resource import Resource


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that the engine would do; ``new_state`` is what would then stand, if anything."""

    op: str
    urn: str
    new_state: State | None = None


class Diagnostic(msgspec.Struct, frozen=True):
    severity: str = ""
    message: str = ""


class Preview(msgspec.Struct, frozen=True):
    """The whole document; secrets in ``config`` are already blinded."""

    steps: tuple[Step, ...] = ()
    config: dict[str, str] = {}
    diagnostics: tuple[Diagnostic, ...] = ()


_STOPPED = "error: preview failed"
"""All that a preview says when it is whole and a policy stopped it; a broken one says more."""

_GOING = ("delete", "discard", "remove", "read")
"""What the names of operations begin with after which nothing of this program's stands."""


def recognises(document: Mapping[str, Any]) -> bool:
    return "steps" in document or "changeSummary" in document


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The resources that the preview would leave; :class:`InputError` where it is not whole."""
    preview = convert(document, Preview)
    if any(
        said.severity == "error" and said.message.strip() != _STOPPED
        for said in preview.diagnostics
    ):
        raise InputError(
            "the preview failed, so resources may be missing",
            fix="correct the program until pulumi preview succeeds",
            field="diagnostics",
        )
    standing = {
        step.urn: step.new_state
        for step in preview.steps
        if step.new_state is not None and not step.op.startswith(_GOING)
    }
    return pulumi_resource.resources(standing.values(), preview.config, file)

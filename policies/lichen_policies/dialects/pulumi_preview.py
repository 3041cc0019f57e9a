"""A preview as ``pulumi preview --json`` prints it, whole or as a stream of events: what will be
deployed.

A preview leaves out unchanged resources without ``--show-sames``, their providers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lichen.clouds import CLOUDS
from lichen.document import InputError, convert
from lichen.figures import many
from lichen_policies.dialects import pulumi_resource
from lichen_policies.dialects.pulumi_resource import State
from lichen_policies.facts import Located, environment, region
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.reading import reader_of
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown


class PreviewStep(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that the engine would do; ``new_state`` is what would result, if anything."""

    op: str
    urn: str
    old_state: State | None = None
    new_state: State | None = None

    @property
    def state(self) -> State | None:
        """What would be there. Outputs of what is yet to be made say nothing of where it is."""
        if self.op == "same":
            return self.new_state or self.old_state
        if self.op in ("update", "refresh") or self.new_state is None:
            return self.new_state
        return msgspec.structs.replace(self.new_state, outputs=None)


class Diagnostic(msgspec.Struct, frozen=True):
    severity: str = ""
    message: str = ""


class Preview(msgspec.Struct, frozen=True):
    """The whole document; secrets in ``config`` are already blinded."""

    steps: tuple[PreviewStep, ...] = ()
    config: dict[str, str] = {}
    diagnostics: tuple[Diagnostic, ...] = ()
    change_summary: dict[str, int] | None = msgspec.field(default=None, name="changeSummary")

    @property
    def left_out(self) -> int:
        """How many resources that do not change it counts and does not have."""
        counted = self.change_summary or {}
        return counted.get("same", 0) - sum(step.op == "same" for step in self.steps)


class StepMetadata(msgspec.Struct, frozen=True):
    """What an event says of one thing that the engine would do."""

    op: str
    urn: str
    old: State | None = None
    new: State | None = None


class ResourceEvent(msgspec.Struct, frozen=True):
    metadata: StepMetadata


class Prelude(msgspec.Struct, frozen=True):
    config: dict[str, str] = {}


class EngineEvent(msgspec.Struct, frozen=True, rename="camel"):
    """One event, as far as it says what is to be deployed."""

    prelude_event: Prelude | None = None
    resource_pre_event: ResourceEvent | None = None
    diagnostic_event: Diagnostic | None = None
    summary_event: dict[str, Any] | None = None


class EventStream(msgspec.Struct, frozen=True):
    """What ``PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true`` prints, one event a line."""

    events: tuple[EngineEvent, ...]


_BLOCKED = "error: preview failed"
"""The only error in a preview that is whole and that a policy blocked; a broken one has more."""

_REMOVING = ("delete", "discard", "remove", "read")
"""How the names of operations begin after which this program has no such resource."""


def recognises(document: Mapping[str, Any]) -> bool:
    return "changeSummary" in document or "events" in document or _has_steps(document)


def _has_steps(document: Mapping[str, Any]) -> bool:
    """Whether there are steps of a preview: a pipeline of CI has steps too, of other keys."""
    steps = document.get("steps")
    if not isinstance(steps, list) or not steps:
        return "steps" in document
    return any(not isinstance(step, Mapping) or {"op", "urn"} & step.keys() for step in steps)


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The resources that the preview would leave; :class:`InputError` where it is not whole."""
    preview = (
        _streamed(document) if "events" in document else convert(document, Preview, quotes=False)
    )
    if any(
        diagnostic.severity == "error" and diagnostic.message.strip() != _BLOCKED
        for diagnostic in preview.diagnostics
    ):
        raise InputError(
            "the preview failed, so resources may be missing",
            fix="correct the program until pulumi preview succeeds",
            field="diagnostics",
        )
    planned: dict[str, State] = {}
    staying: dict[str, bool] = {}
    for index, step in enumerate(preview.steps):
        if step.op.startswith(_REMOVING):
            continue
        if step.state is None:
            raise InputError(
                "is missing, so the resource cannot be judged",
                fix="give the whole output of pulumi preview --json",
                field=f"steps[{index}].newState",
            )
        planned[step.urn] = step.state
        staying[step.urn] = step.op == "same"
    found = [
        msgspec.structs.replace(resource, stays=staying.get(resource.address))
        for resource in pulumi_resource.resources(
            planned.values(), preview.config, file, _PROVIDER_UNSEEN
        )
    ]
    for resource in found:
        if _is_unseen_in_production(resource):
            raise InputError(
                f"the provider of {resource.name} is left out, and with it the region",
                fix=_SHOW_SAMES,
                field="steps",
            )
    if preview.left_out > 0 and _is_in_production(preview):
        raise InputError(
            f"it leaves out what does not change ({many(preview.left_out, 'resource')}), so the "
            "deployment cannot be judged as a whole, as one in production must be, or one that "
            "states no environment",
            fix=f"{_SHOW_SAMES}; or state the stack's environment, where it is not production "
            "(pulumi config set lichen:environment dev)",
            field="steps",
        )
    return found


def _is_in_production(preview: Preview) -> bool:
    """Whether the stack is in production, or does not say."""
    stacks = {pulumi_resource.stack_of(step.urn) for step in preview.steps}
    found = {environment.of_stack(stack, preview.config) for stack in stacks}
    return not found or bool(found & {None, "prod"})


def _streamed(document: Mapping[str, Any]) -> Preview:
    """The preview that a stream of events describes."""
    events = convert(document, EventStream, quotes=False).events
    if not any(event.summary_event is not None for event in events):
        raise InputError(
            "the events end before the preview does, so resources may be missing",
            fix="give the whole output of pulumi preview --json",
            field="summaryEvent",
        )
    done = [event.resource_pre_event.metadata for event in events if event.resource_pre_event]
    return Preview(
        steps=tuple(
            PreviewStep(op=step.op, urn=step.urn, old_state=step.old, new_state=step.new)
            for step in done
        ),
        config=next((event.prelude_event.config for event in events if event.prelude_event), {}),
        diagnostics=tuple(event.diagnostic_event for event in events if event.diagnostic_event),
    )


def _is_unseen_in_production(resource: Resource) -> bool:
    """Whether nothing in the document says where a resource in production is."""
    if resource.region is not _PROVIDER_UNSEEN or resource.environment not in (None, "prod"):
        return False
    reader = reader_of("pulumi", resource.type)
    if reader is None or Located not in reader.yields:
        return False
    own = region.of_resource(Properties(resource.properties, "pulumi"), CLOUDS[reader.cloud])
    return own is None


_SHOW_SAMES = "run pulumi preview --json --show-sames, which includes what does not change"

_PROVIDER_UNSEEN = Unknown(
    "is set by a provider that the preview leaves out "
    "(pulumi preview --json --show-sames includes it)"
)

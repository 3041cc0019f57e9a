"""A resource as Pulumi's engine writes it to JSON; previews and states share the shape.

The inputs of each resource that is or will be deployed are judged. Left out are resources that will
be deleted, those that a program only reads, providers, and the stack itself. What is computed or
secret is UNKNOWN: no message can repeat a secret that no rule has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lichen_policies.dialects import kubernetes
from lichen_policies.dialects.pulumi_values import plain
from lichen_policies.facts import environment, region
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown


class Frame(msgspec.Struct, frozen=True, rename="camel"):
    source_position: str = ""


class State(msgspec.Struct, frozen=True, rename="camel"):
    """One resource as the engine keeps it."""

    urn: str
    type: str
    delete: bool = False
    external: bool = False
    pending_replacement: bool = False
    inputs: dict[str, Any] = {}
    provider: str = ""
    source_position: str = ""
    stack_trace: tuple[Frame, ...] = ()


def resources(states: Iterable[State], config: Mapping[str, str], file: str) -> list[Resource]:
    """The resources to judge; ``config`` is the stack's, which default providers are made from."""
    states = list(states)
    providers = {state.urn: state for state in states if state.type.startswith(_PROVIDER)}
    judged = []
    for state in states:
        if state.delete or state.external or state.pending_replacement or _is_engines(state.type):
            continue
        where, line = _source(state, file)
        judged.append(
            kubernetes.carried(
                Resource(
                    type=state.type,
                    name=state.urn.rsplit("::", 1)[-1],
                    address=state.urn,
                    properties=plain(state.inputs),
                    dialect="pulumi",
                    region=_provider_region(state.provider, providers, config),
                    environment=environment.of_stack(_stack(state.urn), config),
                    file=where,
                    line=line,
                )
            )
        )
    return judged


_PROVIDER = "pulumi:providers:"


def _stack(urn: str) -> str:
    return urn.removeprefix("urn:pulumi:").partition("::")[0]


def _is_engines(kind: str) -> bool:
    return kind == "pulumi:pulumi:Stack" or kind.startswith(_PROVIDER)


def _provider_region(
    reference: str, providers: Mapping[str, State], config: Mapping[str, str]
) -> Maybe[str]:
    """The region that a resource's provider is set to; None where nothing sets one.

    An explicit provider that the document leaves out has one that cannot be known from here.
    """
    urn = reference.rsplit("::", 1)[0]
    if urn in providers:
        return region.of_provider(plain(providers[urn].inputs))
    provider = urn.rsplit("::", 1)[-1]
    if provider == "default" or provider.startswith("default_"):
        package = urn.rpartition(_PROVIDER)[2].partition("::")[0]
        return region.of_stack(package, plain(dict(config)))
    return _PROVIDER_UNSEEN if reference else None


_PROVIDER_UNSEEN = Unknown(
    "is set by a provider that the preview leaves out "
    "(pulumi preview --json --show-sames includes it)"
)

_POSITION = re.compile(r"project:///(?P<file>[^#]+)#(?P<line>\d+)")
_NOT_OWN = re.compile(r"^\.\./|(^|/)site-packages/|(^|/)node_modules/")


def _source(state: State, file: str) -> tuple[str, int | None]:
    """The innermost line of the user's own program that made the resource, else the document."""
    for position in (
        state.source_position,
        *(frame.source_position for frame in state.stack_trace),
    ):
        at = _POSITION.match(position)
        if at and not _NOT_OWN.search(at["file"]):
            return at["file"], int(at["line"])
    return file, None

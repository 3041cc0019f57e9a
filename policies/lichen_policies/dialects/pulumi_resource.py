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

from lichen.clouds import CLOUDS
from lichen_policies.dialects import kubernetes
from lichen_policies.dialects.carried import carried
from lichen_policies.dialects.pulumi_values import SECRET, plain
from lichen_policies.dialects.secrets import without_copies
from lichen_policies.facts import environment, region
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown


class Frame(msgspec.Struct, frozen=True, rename="camel"):
    source_position: str = ""


class State(msgspec.Struct, frozen=True, rename="camel"):
    """One resource as the engine keeps it."""

    urn: str
    type: str
    id: str = ""
    delete: bool = False
    external: bool = False
    pending_replacement: bool = False
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] | None = None
    provider: str = ""
    property_dependencies: dict[str, tuple[str, ...] | None] | None = None
    source_position: str = ""
    stack_trace: tuple[Frame, ...] = ()

    @property
    def properties(self) -> dict[str, Any]:
        """Its inputs as plain values."""
        made_of = self.property_dependencies or {}
        values = {
            key: plain(value, tuple(made_of.get(key) or ()))
            for key, value in self.inputs.items()
            if not key.startswith("__")
        }
        return without_copies(values, SECRET)


def resources(
    states: Iterable[State], config: Mapping[str, str], file: str, unseen: Unknown
) -> list[Resource]:
    """The resources to judge; ``config`` is the stack's, which default providers are made from.

    ``unseen`` is the region of a resource whose provider the document leaves out.
    """
    states = list(states)
    providers = {state.urn: state for state in states if state.type.startswith(_PROVIDER)}
    judged = []
    for state in states:
        if state.delete or state.external or state.pending_replacement or _is_engines(state.type):
            continue
        where, line = _source(state, file)
        place = _where_it_is(state) or _provider_region(state.provider, providers, config, unseen)
        if state.type.startswith(kubernetes.PREFIXES):
            place = kubernetes.in_cluster_of(_made_of(state.provider, providers))
        judged.append(
            carried(
                Resource(
                    type=state.type,
                    name=state.urn.rsplit("::", 1)[-1],
                    address=state.urn,
                    properties=state.properties,
                    dialect="pulumi",
                    cloud_id=state.id or None,
                    region=place,
                    environment=environment.of_stack(stack_of(state.urn), config),
                    file=where,
                    line=line,
                )
            )
        )
    return judged


_PROVIDER = "pulumi:providers:"


def stack_of(urn: str) -> str:
    """The name of the stack that a URN is of."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0]


def _is_engines(kind: str) -> bool:
    return kind == "pulumi:pulumi:Stack" or kind.startswith(_PROVIDER)


_CLOUDS = {
    setting.partition(":")[0]: cloud
    for cloud in CLOUDS.values()
    for setting in cloud.region_settings
}
"""The cloud of each package of resources."""


def _where_it_is(state: State) -> str | None:
    """The region that a resource's outputs say; None where they say none."""
    cloud = _CLOUDS.get(state.type.partition(":")[0])
    if cloud is None or not state.outputs:
        return None
    found = region.of_resource(Properties(plain(state.outputs), "pulumi"), cloud)
    return found if isinstance(found, str) else None


def _made_of(reference: str, providers: Mapping[str, State]) -> tuple[str, ...]:
    """The addresses of the resources that a provider's own inputs are made of."""
    provider = providers.get(reference.rsplit("::", 1)[0])
    made_of = (provider.property_dependencies if provider is not None else None) or {}
    return tuple(dict.fromkeys(urn for urns in made_of.values() for urn in urns or ()))


def _provider_region(
    reference: str, providers: Mapping[str, State], config: Mapping[str, str], unseen: Unknown
) -> Maybe[str]:
    """The region that a resource's provider is set to; None where nothing sets one."""
    urn = reference.rsplit("::", 1)[0]
    if urn in providers:
        return region.of_provider(providers[urn].properties)
    provider = urn.rsplit("::", 1)[-1]
    if provider == "default" or provider.startswith("default_"):
        package = urn.rpartition(_PROVIDER)[2].partition("::")[0]
        return region.of_stack(package, plain(dict(config)))
    return unseen if reference else None


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

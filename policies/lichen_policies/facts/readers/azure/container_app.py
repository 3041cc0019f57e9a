"""Azure Container Apps' app: the least and the most replicas, on a profile of its environment.

Without bounds none runs at the least and ten at the most. Source: Microsoft Learn, "Set scaling
rules in Azure Container Apps".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import whole_of
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    OnProfile,
    Part,
    Scaling,
    ServingContainer,
    StartedImage,
    WorkloadProfiles,
)
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is
from lichen_policies.facts.readers.azure.profiles import (
    BY_THE_REPLICA,
    HOSTING,
    Accelerated,
    accelerated,
)
from lichen_policies.facts.servers import DescribedContainer, settings_of, started
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:app:ContainerApp", "azure:containerapp/app:App"),
    "terraform": ("azurerm_container_app",),
    "azure": ("Microsoft.App/containerApps",),
}
FACTS = (Located, Machines, OnProfile, Part, Scaling, ServingContainer, StartedImage)

_NAMES = ("container_app_environment_id", "managed_environment_id", "environment_id")
_ENVIRONMENT = (("managedenvironments", _NAMES),)
_WAITS_FOR = "its environment"
_OUTSIDE: Maybe[float] = Unknown(
    "names a profile of an environment that is not among these resources"
)
_SERVES: Maybe[bool] = Unknown(
    "names a profile of an environment that is not among these resources"
)
_LEAST, _MOST = 0, 10


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and an OnProfile; Machines that wait for the environment's profile; a Scaling where
    it serves models; a ServingContainer of each server."""
    template = properties.block("template")
    bounds = template.block("scale") or template
    floor = _or_default(bounds.stated_whole("min_replicas"), _LEAST)
    ceiling = _or_default(bounds.stated_whole("max_replicas"), _MOST)
    yield from read_on_profile(properties, context, floor, ceiling)


def read_on_profile(
    properties: Properties, context: Context, floor: Stated[int], ceiling: Stated[int]
) -> Iterator[Fact]:
    """The facts of an app, or a job, of which so many replicas run."""
    facts = _facts(properties, context, floor, ceiling)
    yield from in_its_whole(properties, context, facts, _ENVIRONMENT, _WAITS_FOR)


def _facts(
    properties: Properties, context: Context, floor: Stated[int], ceiling: Stated[int]
) -> Iterator[Fact]:
    template = properties.block("template")
    if ceiling.value == 0:
        return
    profile, profile_at = properties.stated_text("workload_profile_name")
    on_profile = profile not in (None, BY_THE_REPLICA)
    yield Located(
        path=profile_at if on_profile else "",
        region_at=properties.at("location"),
        machines=field(floor.value) or 1,
        hosting=HOSTING,
        for_models=field(_SERVES) if on_profile else None,
    )
    if on_profile:
        yield OnProfile(
            path=profile_at,
            profile=field(profile),
            floor=field(floor.value),
            floor_at=floor.path,
            waits_for=_WAITS_FOR,
        )
        yield Machines(
            path=profile_at,
            machines=field(ceiling.value),
            machines_at=ceiling.path,
            chip="accelerator",
            chips_each=field(_OUTSIDE),
            least=field(floor.value),
            least_at=floor.path,
            unit="containers",
            hosting=HOSTING,
            waits_for=_WAITS_FOR,
        )
    for container in template.blocks("containers", "container"):
        yield from started(_container(container), hosting=HOSTING, serves=serves(context))
    if serves(context):
        yield _scaling(floor, ceiling, None)


def _container(container: Properties) -> DescribedContainer:
    """A container of an app: what it has of an accelerator its environment's profile says."""
    return DescribedContainer(
        path=container.path,
        image=container.stated_text("image"),
        command=container.words("command"),
        args=container.words("args"),
        args_at=container.at("args"),
        settings=settings_of(container.blocks("env")) or None,
        settings_at=container.at("env"),
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The accelerators of the profile that the app runs on, as its environment has it.

    Machines of the environment's own are counted there, and so are general ones.
    """
    environment = whole_of(facts, stack)
    facts = where_its_whole_is(facts, stack)
    app = next((fact for fact in facts if isinstance(fact, OnProfile)), None)
    if app is None or environment is None:
        return facts
    profiles = stack.beside(environment, WorkloadProfiles)
    kinds = profiles[0].fact.kinds if profiles else {}
    name = app.as_read("profile")
    kind = kinds.get(name) if isinstance(name, str) else name
    if kind is None or is_unknown(kind):
        return facts
    return tuple(_completed(facts, str(kind), app))


def _completed(facts: tuple[Fact, ...], kind: str, app: OnProfile) -> Iterator[Fact]:
    runs = accelerated(kind)
    by_the_replica = runs is not None and kind.startswith(BY_THE_REPLICA)
    for fact in facts:
        if isinstance(fact, Located):
            yield msgspec.structs.replace(fact, for_models=None if runs is None else True)
        elif not isinstance(fact, Machines):
            yield fact
        elif runs is not None and by_the_replica:
            yield msgspec.structs.replace(fact, chip=runs.chip, chips_each=runs.chips)
            if not any(isinstance(other, Scaling) for other in facts):
                yield _scaling_of(fact, runs, app)


def _scaling_of(fact: Machines, runs: Accelerated, app: OnProfile) -> Scaling:
    floor: Maybe[int] = app.as_read("floor")  # type: ignore[assignment]
    ceiling: Maybe[int] = fact.as_read("machines")  # type: ignore[assignment]
    scaling = _scaling(Stated(floor, app.floor_at), Stated(ceiling, fact.machines_at), runs.machine)
    return msgspec.structs.replace(scaling, context=fact.context, waits_for=_WAITS_FOR)


def _or_default(stated: Stated[int], default: int) -> Stated[int]:
    return stated if stated.value is not None else Stated(default, stated.path)


def _scaling(floor: Stated[int], ceiling: Stated[int], machine: str | None) -> Scaling:
    return Scaling(
        path=floor.path,
        floor=field(floor.value),
        ceiling=field(ceiling.value),
        ceiling_at=ceiling.path,
        unit="containers",
        machine=machine,
        hosting=HOSTING,
    )

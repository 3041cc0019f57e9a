"""Azure Container Apps' environment: where apps run, and on which profiles."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    Part,
    Scaling,
    Whole,
    WorkloadProfiles,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is, whole
from lichen_policies.facts.readers.azure.profiles import BY_THE_REPLICA, HOSTING, accelerated
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:app:ManagedEnvironment", "azure:containerapp/environment:Environment"),
    "terraform": ("azurerm_container_app_environment",),
    "azure": ("Microsoft.App/managedEnvironments",),
}
FACTS = (Located, Machines, Part, Scaling, Whole, WorkloadProfiles)

complete = where_its_whole_is

_STEPS = (("managedenvironments", ("environment_name", "name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole with its WorkloadProfiles; Machines and a Scaling for each profile with accelerators
    that keeps machines of its own."""
    yield from in_its_group(properties, context, _facts(properties))


def _facts(properties: Properties) -> Iterator[Fact]:
    yield whole(properties, _STEPS)
    kinds: dict[str, Maybe[str]] = {}
    for profile in properties.blocks("workload_profiles", "workload_profile"):
        name, kind = profile.text("name"), profile.text("workload_profile_type")
        if isinstance(name, str):
            kinds[name] = kind
        if is_unknown(kind) and not kind.left_out:
            yield _unknown_machines(profile)
        elif isinstance(kind, str) and not kind.startswith(BY_THE_REPLICA):
            yield from _machines(profile, kind, properties.at("location"))
    yield WorkloadProfiles(kinds=kinds)


def _unknown_machines(profile: Properties) -> Machines:
    """The machines of a profile that may have accelerators."""
    ceiling = profile.stated_whole("maximum_count")
    return Machines(
        path=profile.at("workload_profile_type"),
        machines=field(ceiling.value),
        machines_at=ceiling.path,
        chip="accelerator",
        chips_each=field(profile.number("workload_profile_type")),  # the unknown itself
        hosting=HOSTING,
    )


def _machines(profile: Properties, kind: str, region_at: str) -> Iterator[Fact]:
    runs = accelerated(kind)
    floor = profile.stated_whole("minimum_count")
    ceiling = profile.stated_whole("maximum_count")
    if runs is None or ceiling.value == 0:
        return
    path = profile.at("workload_profile_type")
    yield Located(
        path=path,
        region_at=region_at,
        machines=field(floor.value) or 1,
        hosting=HOSTING,
        for_models=True,
    )
    yield Machines(
        path=path,
        machines=field(ceiling.value),
        machines_at=ceiling.path,
        chip=runs.chip,
        chips_each=runs.chips,
        hosting=HOSTING,
    )
    yield Scaling(
        path=floor.path,
        floor=0 if floor.value is None else field(floor.value),
        ceiling=field(ceiling.value),
        ceiling_at=ceiling.path,
        machine=runs.machine,
        hosting=HOSTING,
    )

"""Azure Machine Learning's clusters for jobs and machines for people."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import ONE
from lichen_policies.facts.kinds import Located, Machines, Notebook, Part, Scaling, ScalingPolicy
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.machine_learning_workspace import STEPS
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import HOSTING, is_spot, machines_of, size
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:machinelearningservices:Compute",
        "azure:machinelearning/computeCluster:ComputeCluster",
        "azure:machinelearning/computeInstance:ComputeInstance",
    ),
    "terraform": (
        "azurerm_machine_learning_compute_cluster",
        "azurerm_machine_learning_compute_instance",
    ),
    "azure": ("Microsoft.MachineLearningServices/workspaces/computes",),
}
FACTS = (Located, Machines, Notebook, Part, Scaling, ScalingPolicy)

complete = where_its_whole_is

_WORKSPACE = ((STEPS[0][0], ("machine_learning_workspace_id", "workspace_name")),)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_IDLE = ("node_idle_time_before_scale_down", "scale_down_nodes_after_idle_duration")
_OF_A_PERSON = "ComputeInstance"
_KINDS = (None, "AmlCompute", _OF_A_PERSON)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and a Machines; of a cluster a Scaling where it serves models, of one person's
    machine a Notebook.

    Other kinds of compute, such as an attached cluster, are resources of their own.
    """
    facts = _facts(properties, context)
    yield from in_its_whole(properties, context, facts, _WORKSPACE, "its workspace")


def _facts(properties: Properties, context: Context) -> Iterator[Fact]:
    # A template's own properties are read together already.
    compute = properties if properties.dialect == "azure" else properties.block("properties")
    kind = compute.text("compute_type")
    if not is_unknown(kind) and kind not in _KINDS:
        return
    own = compute.block("properties") if compute else properties
    machine = size(own, "vm_size", "virtual_machine_size")
    bounds = own.block("scale_settings")
    floor, ceiling = bounds.stated_whole("min_node_count"), bounds.stated_whole("max_node_count")
    if bounds and ceiling.value == 0:
        return
    yield Located(
        region_at=properties.at("location"),
        machine=field(machine.value),
        machines=(field(floor.value) if bounds else None) or 1,
        hosting=HOSTING,
        for_models=True,
    )
    spot = is_spot(own, "vm_priority")
    for fact in machines_of(machine, ceiling if bounds else ONE, spot=spot):
        yield msgspec.structs.replace(fact, queued=bool(bounds))
    if kind == _OF_A_PERSON or own.given("virtual_machine_size") is True:
        yield _notebook(own, machine)
    if bounds and serves(context, machine.value):
        idle, idle_at = bounds.stated_text(*_IDLE)
        yield ScalingPolicy(
            path=idle_at,
            idle=True,
            usual="120 s (Azure Machine Learning documentation, Create compute clusters)",
            tracks="idle machines",
            scales_in=True,
            scale_in_cooldown_s=None if idle is None else field(_seconds(idle)),
            scale_in_cooldown_at=idle_at,
        )
        yield Scaling(
            path=floor.path,
            floor=0 if floor.value is None else field(floor.value),
            ceiling=field(ceiling.value),
            ceiling_at=ceiling.path,
            machine=field(machine.value),
            hosting=HOSTING,
        )


def _notebook(own: Properties, machine: Stated[str]) -> Notebook:
    """The machine of one person, which azurerm cannot tell to stop: something else may."""
    idle, idle_at = own.stated_text("idle_time_before_shutdown")
    elsewhere = own.dialect == "terraform" or bool(own.given("schedules"))
    return Notebook(
        path=machine.path,
        machine=field(machine.value),
        machine_at=machine.path,
        idle_h=None if elsewhere and idle is None else field(_hours(idle)),
        idle_h_at=idle_at,
        to_stop=f"set {idle_at} to PT1H",
        source="Azure Machine Learning documentation, Configure idle shutdown, 2026",
        hosting=HOSTING,
    )


def _hours(duration: Maybe[str]) -> Maybe[float]:
    """The hours of a duration; infinity where none is set."""
    seconds = math.inf if duration is None else _seconds(duration)
    return seconds if is_unknown(seconds) else seconds / 3600


def _seconds(duration: str | Unknown) -> float | Unknown:
    """The seconds of a duration such as ``PT30M``."""
    if is_unknown(duration):
        return duration
    found = _DURATION.fullmatch(duration)
    if found is None:
        return Unknown("is not a duration such as PT30M")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds

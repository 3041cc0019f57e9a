"""Karpenter's node pools: machines that a cluster makes as pods need them.

Sources: Karpenter documentation, "NodePools" (``replicas`` is a fixed number of nodes),
"Disruption" (consolidateAfter: Never, budgets of 0 nodes) and "Scheduling" (labels of AWS); Amazon
EKS, "Create a node pool for EKS Auto Mode" and "Static Capacity Node Pools in EKS Auto Mode".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    MachineTemplate,
    NeuronNodes,
    NodePool,
)
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes import accelerators, neuron
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.pod import (
    CHIPS,
    MACHINES,
    Label,
    region_in,
    requirements,
)
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "kubernetes"
TYPES = types(Api("karpenter.sh", ("v1", "v1beta1"), "NodePool"))
FACTS = (Located, Machines, MachineTemplate, NeuronNodes, NodePool)

_ACCELERATED = re.compile(r".*/(?:instance|sku)-(?:gpu|accelerator)-\w+(?:-\w+)*")
_FAMILIES = ("/instance-family", "/sku-family")
_CATEGORIES = ("/instance-category",)
_WITH_ACCELERATORS = {"p", "g", "inf", "trn", "dl", "vt"}
_DURATION = re.compile(r"(?:\d{1,9}[hms])+")
_HOURS = {"h": 1.0, "m": 1 / 60, "s": 1 / 3600}
_NONE = {"0", "0%"}


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A NodePool, and of one with accelerators where it is and the one machine that it may make."""
    spec = properties.block("spec")
    nodes = spec.block("template").block("spec")
    expressions = nodes.blocks("requirements")
    labels = requirements(expressions)
    accelerated = _has_accelerators(expressions, labels, nodes, spec)
    idle, fix = _idle_h(spec.block("disruption"))
    if spec.given("replicas"):
        idle = Stated(None, "")  # a fixed number of nodes, with or without pods
    region = region_in(labels)
    if region is not None:
        context = msgspec.structs.replace(context, region=region.value)
    yield NodePool(
        context=context,
        path=spec.path,
        accelerated=accelerated,
        idle_h=field(idle.value),
        idle_h_at=idle.path,
        idle_fix=fix,
        limited=field(_is_limited(spec)),
        limited_at=spec.at("limits"),
    )
    yield from neuron.nodes(_neuron_names(labels), nodes.blocks("taints"), context, spec.path)
    if not accelerated:
        return
    machine = _machine(labels)
    name = None if machine is None else machine.value
    if isinstance(context.region, str):
        yield Located(
            context=context,
            region_at=spec.path if region is None else region.path,
            machine=field(name),
            attached=() if name is not None else _chips(labels),
            hosting="kubernetes" if name is None else "eks",
        )
    if machine is not None:
        yield MachineTemplate(
            context=context, path=machine.path, machine=field(name), machine_at=machine.path
        )
        nodes_kept = spec.stated_whole("replicas")
        if nodes_kept.value is not None:
            yield from machines_named(machine, nodes_kept, hosting="eks")


def _neuron_names(labels: list[Label]) -> tuple[str, ...]:
    """Machines, families or categories that the pool makes, for which of them have Neuron chips;
    empty where any may be made."""
    for key, values, _ in labels:
        if (key in MACHINES or key.endswith(_FAMILIES)) and not is_unknown(values):
            return values
    for key, values, _ in labels:
        if key.endswith(_CATEGORIES) and not is_unknown(values):
            return values
    return ()


def _is_limited(spec: Properties) -> bool | Unknown:
    """Whether a pool's own limits, or its fixed number of nodes, end what it makes."""
    limits = spec.tags("limits")
    if is_unknown(limits):
        return limits
    return bool(limits) or bool(spec.given("replicas"))


def _machine(labels: list[Label]) -> Stated[str] | None:
    """The one machine that the pool makes; None where it may make several."""
    for key, values, path in labels:
        if key in MACHINES and not is_unknown(values) and len(values) == 1:
            return Stated(values[0], path)
    return None


def _chips(labels: list[Label]) -> tuple[str, ...]:
    """The accelerator that its nodes carry, by name where the pool asks for one."""
    for key, values, _ in labels:
        if key in CHIPS and not is_unknown(values) and len(values) == 1:
            return values
    return ("accelerator",)


def _has_accelerators(
    expressions: list[Properties],
    labels: list[Label],
    nodes: Properties,
    spec: Properties,
) -> bool:
    """Whether every node that the pool makes carries an accelerator, as far as it says."""
    for expression in expressions:
        key, operator = expression.text("key"), expression.text("operator")
        values = expression.each_text("values")
        if not isinstance(key, str) or not _ACCELERATED.fullmatch(key):
            continue
        if operator in ("Exists", "Gt") or (operator in ("In", "Gte") and "0" not in values):
            return True
    for key, names, _ in labels:
        if is_unknown(names) or not names:
            continue
        if (key in MACHINES or key.endswith(_FAMILIES)) and all(map(names_accelerators, names)):
            return True
        if key.endswith(_CATEGORIES) and set(names) <= _WITH_ACCELERATORS:
            return True
    taints = (taint.text("key") for taint in nodes.blocks("taints"))
    limits = spec.tags("limits")
    named = [*taints, *(limits if isinstance(limits, dict) else ())]
    return any(isinstance(key, str) and accelerators.is_accelerator(key) for key in named)


def _idle_h(disruption: Properties) -> tuple[Stated[float], str]:
    """How many hours an empty node stays, infinity where it is never taken away; and the value
    with which it would not."""
    for budget in disruption.blocks("budgets"):
        nodes, schedule = budget.scalar("nodes"), budget.given("schedule")
        reasons = budget.each_text("reasons")
        if str(nodes) in _NONE and schedule is False and (not reasons or "Empty" in reasons):
            return Stated(math.inf, budget.at("nodes")), "10%"
    after = disruption.stated_text("consolidate_after")
    return Stated(_hours(after.value), after.path), "10m"


def _hours(duration: Maybe[str]) -> Maybe[float]:
    if duration is None or is_unknown(duration):
        return duration
    if duration == "Never":
        return math.inf
    if not _DURATION.fullmatch(duration):
        return Unknown("is not a duration such as 10m")
    return sum(int(part[:-1]) * _HOURS[part[-1]] for part in re.findall(r"\d{1,9}[hms]", duration))

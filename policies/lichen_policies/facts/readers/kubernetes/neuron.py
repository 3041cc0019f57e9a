"""Neuron devices of a cluster: pods that ask for them, nodes that have them, and the nodes' taint.

Sources: Amazon EKS User Guide, "Use AWS Neuron instances with Amazon EKS"; Kubernetes
documentation, "Taints and Tolerations" (an empty key with ``Exists`` tolerates all).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import NeuronNodes, NeuronPods
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unverified, field, is_unknown
from lichen_policies.stack import Stack

DEVICE = "aws.amazon.com/neuron"
_MACHINE = re.compile(r"(?:inf|trn)\d[a-z0-9]*(?:\..+)?")
_HARD = {"NoSchedule", "NoExecute", "NO_SCHEDULE", "NO_EXECUTE"}


def pods(spec: Properties, context: Context, asked_at: str) -> Iterator[Fact]:
    """What pods of a template ask for at ``asked_at``; nothing where it is no Neuron device."""
    if DEVICE in asked_at:
        tolerates = _any(map(_tolerates, spec.blocks("tolerations", "toleration")))
        yield NeuronPods(
            context=context,
            path=asked_at,
            waits_for="its nodes",
            tolerates=field(tolerates),
        )


def nodes(
    machines: Iterable[Maybe[str]], taints: Iterable[Properties], context: Context, path: str
) -> Iterator[Fact]:
    """Nodes of these machines or families of them; nothing where one may be without Neuron chips,
    or is not known."""
    names = list(machines)
    if names and all(isinstance(name, str) and _MACHINE.fullmatch(name) for name in names):
        tainted = _any(map(_is_neurons, taints))
        yield NeuronNodes(context=context, path=path, tainted=field(tainted))


def with_their_nodes(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of an object, with the tainted nodes that its pods would have to run on."""
    if not any(isinstance(fact, NeuronPods) for fact in facts):
        return facts
    try:
        found = stack.of(NeuronNodes)
    except Unverified:
        return facts
    tainted = [each.fact.as_read("tainted") for each in found]
    if not found or not all(each is True for each in tainted):
        return facts
    address = min(each.resource.address for each in found)
    return tuple(
        msgspec.structs.replace(fact, nodes=address) if isinstance(fact, NeuronPods) else fact
        for fact in facts
    )


def _any(answers: Iterable[Maybe[bool]]) -> Maybe[bool]:
    """Whether one is true; unknown where one may be."""
    listed = list(answers)
    if any(each is True for each in listed):
        return True
    return next((each for each in listed if is_unknown(each)), False)


def _tolerates(toleration: Properties) -> Maybe[bool]:
    key, operator = toleration.text("key"), toleration.text("operator")
    if is_unknown(key):
        return key
    if not key:
        return operator if is_unknown(operator) else operator == "Exists"
    return key == DEVICE


def _is_neurons(taint: Properties) -> Maybe[bool]:
    key, effect = taint.text("key"), taint.text("effect")
    for each in (key, effect):
        if is_unknown(each):
            return each
    return key == DEVICE and effect in _HARD

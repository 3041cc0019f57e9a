"""Neuron devices of a cluster: pods that ask for them, nodes that have them, and the nodes' taint.

Sources: Amazon EKS User Guide, "Use AWS Neuron instances with Amazon EKS"; Kubernetes
documentation, "Taints and Tolerations" (an empty key with ``Exists`` tolerates all) and "Admission
Control" (ExtendedResourceToleration adds the toleration of the key that is the name of the resource
that a pod asks for); EKS runs that plugin (github.com/aws/containers-roadmap, issue 739).
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

_TAINT = "aws.amazon.com/neuron"
"""The key of the nodes' taint, and a resource: pods that ask for it are given the toleration."""
_OTHERS = ("aws.amazon.com/neuroncore", "aws.amazon.com/neurondevice")
"""The other resources of the Neuron device plugin, for which nothing adds a toleration."""
_MACHINE = re.compile(r"(?:inf|trn)(?:\d[a-z0-9]*(?:\..+)?)?")
_HARD = {"NoSchedule", "NoExecute", "NO_SCHEDULE", "NO_EXECUTE"}


def pods(spec: Properties, context: Context, asked_at: str) -> Iterator[Fact]:
    """What pods of a template ask for at ``asked_at``; nothing where it is no Neuron device, or
    where EKS gives the pods the toleration."""
    if any(name in asked_at for name in _OTHERS) and not _is_given_toleration(spec):
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
    """Nodes of these machines or families of them, any at all where none is named; nothing where
    none of them can have Neuron chips."""
    names = list(machines)
    if not names or any(is_unknown(name) or _MACHINE.fullmatch(name or "") for name in names):
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


def _is_given_toleration(spec: Properties) -> bool:
    """Whether a container asks for the resource whose name is the taint's key, or may."""
    for container in spec.blocks("containers", "container"):
        resources = container.block("resources")
        for asked in (resources.tags("limits"), resources.tags("requests")):
            if is_unknown(asked) or _TAINT in (asked or {}):
                return True
    return False


def _tolerates(toleration: Properties) -> Maybe[bool]:
    key, operator = toleration.text("key"), toleration.text("operator")
    if is_unknown(key):
        return key
    if not key:
        return operator if is_unknown(operator) else operator == "Exists"
    return key == _TAINT


def _is_neurons(taint: Properties) -> Maybe[bool]:
    key, effect = taint.text("key"), taint.text("effect")
    for each in (key, effect):
        if is_unknown(each):
            return each
    return key == _TAINT and effect in _HARD

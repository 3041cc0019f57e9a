"""Neuron devices of a cluster: pods that ask for them, nodes that have them, the nodes' taint, and
the plugin that offers the devices.

Sources: Amazon EKS User Guide, "Use AWS Neuron instances with Amazon EKS", "Install Kubernetes
device plugin" (neither image of EKS, Amazon Linux 2023 or Bottlerocket, has Neuron's) and "Deploy
an accelerated workload" (Auto Mode has it), 2026; Kubernetes
documentation, "Taints and Tolerations" (an empty key with ``Exists`` tolerates all) and "Admission
Control" (ExtendedResourceToleration adds the toleration of the key that is the name of the resource
that a pod asks for); EKS runs that plugin (github.com/aws/containers-roadmap, issue 739).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import EksCluster, NeuronNodes, NeuronPods, PutIntoCluster
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import called
from lichen_policies.facts.unknown import Maybe, Unverified, field, is_left_out, is_unknown
from lichen_policies.stack import Stack, refers_to

_TAINT = "aws.amazon.com/neuron"
"""The key of the nodes' taint, and a resource: pods that ask for it are given the toleration."""
_OTHERS = ("aws.amazon.com/neuroncore", "aws.amazon.com/neurondevice")
"""The other resources of the Neuron device plugin, for which nothing adds a toleration."""
_PLUGIN = "neuron"
"""What its charts, images and add-ons have in their names."""
_PLUGINS_AT = ("/var/lib/kubelet/device-plugins", "/var/lib/kubelet/plugins")
"""Where the kubelet listens to device plugins and drivers: a pod that reaches it may be one."""
_MACHINE = re.compile(r"(?:inf|trn)(?:\d[a-z0-9]*(?:\..+)?)?")
_HARD = {"NoSchedule", "NoExecute", "NO_SCHEDULE", "NO_EXECUTE"}


def pods(spec: Properties, context: Context, asked_at: str) -> Iterator[Fact]:
    """What pods of a template ask for at ``asked_at``; nothing where it is no Neuron device."""
    if _TAINT in asked_at:
        given = not any(name in asked_at for name in _OTHERS) or _is_given_toleration(spec)
        tolerates = _any(map(_tolerates, spec.blocks("tolerations", "toleration")))
        yield NeuronPods(
            context=context,
            path=asked_at,
            waits_for="its nodes",
            given=given,
            tolerates=field(tolerates),
        )


def plugin(spec: Properties, path: str) -> PutIntoCluster:
    """What a pod on each node may be: the device plugin, where it says so; anything, where it
    reaches the kubelet's plugins."""
    images = [each.text("image") for each in spec.blocks("containers", "container")]
    reached = [
        volume.block("host_path").text("path") for volume in spec.blocks("volumes", "volume")
    ]
    named = _any(each if is_unknown(each) else _PLUGIN in (each or "") for each in images)
    if named is False and any(
        is_unknown(each) or any(place.startswith(each.rstrip("/")) for place in _PLUGINS_AT)
        for each in reached
        if each
    ):
        named = None
    return PutIntoCluster(path=path, neuron=field(named))


def brings_plugin(name: Maybe[str], others: Iterable[str]) -> Maybe[bool]:
    """Whether a chart or an add-on of a name brings the device plugin; None where it may, since it
    is none of the ``others`` that do not."""
    if name is None or is_unknown(name):
        return name
    if _PLUGIN in name.lower():
        return True
    own = name.rstrip("/").rpartition("/")[2].partition(":")[0].lower()
    return False if own in others else None


def nodes(
    machines: Iterable[Maybe[str]],
    taints: Iterable[Properties],
    context: Context,
    path: str,
    *,
    own_image: bool = False,
) -> Iterator[Fact]:
    """Nodes of these machines or families of them, any at all where none is named; nothing where
    none of them can have Neuron chips. ``own_image`` says that their machine image may be one that
    EKS did not make."""
    names = list(machines)
    have = [is_unknown(name) or bool(_MACHINE.fullmatch(name or "")) for name in names]
    if not names or any(have):
        known = not any(map(is_unknown, names))
        yield NeuronNodes(
            context=context,
            path=path,
            tainted=field(_any(map(_is_neurons, taints))),
            sure=bool(names) and known and all(have) and not own_image,
        )


def with_their_nodes(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of an object, with the tainted nodes that its pods would have to run on, and the
    cluster that the deployment makes for them."""
    return tuple(
        _in_cluster(_on_nodes(fact, stack), stack) if isinstance(fact, NeuronPods) else fact
        for fact in facts
    )


def _on_nodes(pods: NeuronPods, stack: Stack) -> NeuronPods:
    try:
        found = stack.of(NeuronNodes)
    except Unverified:
        return pods
    tainted = [each.fact.as_read("tainted") for each in found]
    if not found or not all(each is True for each in tainted):
        return pods
    return msgspec.structs.replace(pods, nodes=min(called(each.resource) for each in found))


def _in_cluster(pods: NeuronPods, stack: Stack) -> NeuronPods:
    """Pods whose objects go to the one cluster of EKS that the deployment makes, and that has no
    nodes of EKS's own."""
    place = pods.context.region
    try:
        clusters = stack.of(EksCluster)
        machines = [called(each.resource) for each in stack.of(NeuronNodes) if each.fact.sure]
        put: list[Maybe[bool]] = [
            each.fact.as_read("neuron")  # type: ignore[misc]
            for each in stack.of(PutIntoCluster)
        ]
    except Unverified:
        return pods
    if len(clusters) != 1 or not machines or not is_unknown(place):
        return pods
    (cluster,) = clusters
    own = cluster.resource
    if cluster.fact.as_read("automatic") is not False or not refers_to(place, own.address):
        return pods
    plugin: Maybe[bool]
    if True in put:
        plugin = True
    elif None in put:
        plugin = None
    else:
        plugin = next(filter(is_unknown, put), False)
    return msgspec.structs.replace(
        pods, cluster=called(own), machines=min(machines), plugin=field(plugin)
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
        resources = container.chosen_block("resources")
        for asked in (resources.tags("limits"), resources.tags("requests")):
            if is_left_out(asked):
                continue
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

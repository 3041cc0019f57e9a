"""Autoscalers of pods: Kubernetes' own, and KEDA's.

They are judged where they scale pods of the same deployment that serve models or carry
accelerators; what they scale elsewhere may be anything. Sources: Kubernetes documentation,
"Horizontal Pod Autoscaling" (minReplicas is 1, and at the least 1 unless a cluster enables 0); KEDA
documentation, "ScaledObject specification" (minReplicaCount is 0, idleReplicaCount only 0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import found
from lichen_policies.facts.kinds import (
    Machines,
    PodAutoscaler,
    Pods,
    ScaledPods,
    Scaling,
    Waking,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.naming import name_of_target
from lichen_policies.facts.unknown import field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "kubernetes"
TYPES = types(
    Api(
        "autoscaling",
        ("v2", "v1", "v2beta2"),
        "HorizontalPodAutoscaler",
        (
            "kubernetes_horizontal_pod_autoscaler",
            "kubernetes_horizontal_pod_autoscaler_v1",
            "kubernetes_horizontal_pod_autoscaler_v2",
            "kubernetes_horizontal_pod_autoscaler_v2beta2",
        ),
    ),
    Api("keda.sh", ("v1alpha1",), "ScaledObject"),
)
FACTS = (Machines, PodAutoscaler, ScaledPods, Scaling, Waking)

_PODS = "the pods that it scales"
_OWN = frozenset({"cpu", "memory"})
"""KEDA's triggers on what pods use themselves."""
_OF_SERVERS = re.compile(r"\b(?:vllm:|vllm_|te_(?:request|queue|batch)_|tgi_|DCGM_FI_)")
"""Metrics that servers of models, and their GPUs, export from the pods themselves (vLLM
documentation, "Metrics"; Text Embeddings Inference and Text Generation Inference, ``/metrics``)."""
_METRIC = re.compile(r"[a-zA-Z_:][\w:]*(?=\s*[{\[])|\b[a-z]+:[\w:]+")
_OTHERWISE = re.compile(r"\b(?:or|absent|vector)\b")
_INSTEAD = (
    "a signal from outside the pods, such as requests at the gateway, the length of a queue, or "
    "KEDA's HTTP add-on"
)
_TO_ZERO = "a HorizontalPodAutoscaler goes no lower; a ScaledObject of KEDA reaches 0"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A PodAutoscaler."""
    spec = properties.block("spec")
    target = spec.block("scale_target_ref")
    keda = any(spec.given(name) for name in ("triggers", "min_replica_count", "max_replica_count"))
    floor = spec.stated_whole("min_replica_count" if keda else "min_replicas")
    idle = spec.stated_whole("idle_replica_count")
    ceiling = spec.stated_whole("max_replica_count" if keda else "max_replicas")
    kind = target.text("kind")
    if kind is None and keda:
        kind = "Deployment"
    lower = floor if idle.value is None else idle
    if lower.value is None:
        lower = Stated(0 if keda else 1, floor.path)
    yield PodAutoscaler(
        path=spec.path,
        pods=name_of_target(properties, kind, target.text("name")),
        floor=field(lower.value),
        floor_at=lower.path,
        ceiling=field(ceiling.value),
        ceiling_at=ceiling.path,
        least=0 if keda else 1,
        waits_for=_PODS,
    )
    if keda:
        yield _waking(spec, lower, idle.value is not None)


def _waking(spec: Properties, floor: Stated[int], only_zero: bool) -> Waking:
    """What KEDA's triggers say of zero. A query that names another metric too may well wake."""
    signals: list[str] = []
    wakes: bool | None = False
    for_models: bool | None = None
    for trigger in spec.blocks("triggers"):
        kind, metadata = trigger.text("type"), trigger.tags("metadata")
        query = metadata.get("query") if isinstance(metadata, Mapping) else None
        if is_unknown(kind) or is_unknown(metadata) or is_unknown(query):
            wakes = None
        elif kind in _OWN:
            signals.append(f"what the pods use of {kind}")
        elif kind == "prometheus" and isinstance(query, str) and _of_pods(query):
            signals.append("what the pods themselves export")
            for_models = True
        elif kind is not None:
            wakes = True
    if not signals and wakes is False:
        wakes = None
    return Waking(
        path=floor.path,
        floor=field(floor.value),
        floor_at=floor.path,
        wakes=wakes,
        wakes_at=spec.at("triggers"),
        signal=" and ".join(dict.fromkeys(signals)),
        signal_at=spec.at("triggers"),
        instead=_INSTEAD,
        unit="pod",
        only_zero=only_zero,
        for_models=for_models,
        waits_for=_PODS,
    )


def _of_pods(query: str) -> bool:
    """Whether a query reads nothing but what the pods export."""
    return (
        _OF_SERVERS.search(query) is not None
        and _OTHERWISE.search(query) is None
        and all(_OF_SERVERS.match(name) for name in _METRIC.findall(query))
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """With a Scaling, a ScaledPods and a Machines, where the pods that it scales are in the
    stack."""
    facts = _of_models(facts, stack)
    joined = tuple(fact for own in facts for fact in _of_its_pods(own, stack))
    return (*facts, *in_their_cluster(joined, stack))


def _of_models(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Its pods are in the stack: only those that serve or carry accelerators are facts there."""
    scaler = next((fact for fact in facts if isinstance(fact, PodAutoscaler)), None)
    subject = scaler and found(stack, scaler.as_read("pods"), Pods, "names")
    if subject is None or is_unknown(subject):
        return facts
    return tuple(
        msgspec.structs.replace(fact, for_models=True) if isinstance(fact, Waking) else fact
        for fact in facts
    )


def _of_its_pods(own: Fact, stack: Stack) -> Iterator[Fact]:
    if not isinstance(own, PodAutoscaler):
        return
    subject = found(stack, own.as_read("pods"), Pods, "names")
    if subject is None or is_unknown(subject):
        return
    pods = subject.fact
    yield ScaledPods(
        context=pods.context,
        path=own.path,
        pods=subject.resource.address,
        stated=field(pods.as_read("stated")),  # type: ignore[arg-type]
        stated_at=pods.machines_at,
        waits_for=_PODS,
    )
    yield Scaling(
        context=pods.context,
        path=own.floor_at,
        floor=field(own.as_read("floor")),  # type: ignore[arg-type]
        ceiling=field(own.as_read("ceiling")),  # type: ignore[arg-type]
        ceiling_at=own.ceiling_at,
        unit="replicas",
        least=own.least,
        to_zero=_TO_ZERO if own.least else "",
        machine=field(pods.as_read("machine")),  # type: ignore[arg-type]
        chips_each=field(pods.as_read("chips")),  # type: ignore[arg-type]
        hosting=pods.hosting,
        waits_for=_PODS,
    )
    if pods.as_read("chips") is not None and own.as_read("ceiling") is not None:
        yield Machines(
            context=pods.context,
            path=own.ceiling_at,
            machines=field(own.as_read("ceiling")),  # type: ignore[arg-type]
            machines_at=own.ceiling_at,
            chip=pods.chip,
            chips_each=field(pods.as_read("chips")),  # type: ignore[arg-type]
            hosting=pods.hosting,
            unit="pods",
            waits_for=_PODS,
        )

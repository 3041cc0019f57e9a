"""What moves the number of pods: nothing, the cluster's own autoscaler, or KEDA.

To zero by a signal from outside the pods only. Sources: Kubernetes documentation, "Horizontal Pod
Autoscaling"; KEDA documentation, "ScaledObject specification" and "Scalers"; GKE documentation,
"Best practices for autoscaling LLM inference workloads with TPUs".
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from lichen.document import InputError
from lichen.sizing.replicas import floor_of
from lichen.sizing.waiting import concurrency_of
from lichen_components.kubernetes.args import KubernetesArgs, TriggerArgs
from lichen_components.kubernetes.nodes import NodeRow
from lichen_components.kubernetes.place import ClusterPlace
from lichen_components.kubernetes.pod import start_s
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

WAITING = "vllm:num_requests_waiting"
_CPU_PER_CENT = 70
"""Of a processor that serves alone, before the next pod starts (design choice)."""

_INSIDE = ("cpu", "memory")
_OF_PODS = re.compile(r"vllm[:_]|\bte_|tgi_|DCGM_|container_|kube_pod_|:num_requests_")
"""Names of metrics that pods export, or the cluster about them: none while there are no pods."""


class ObjectKind(NamedTuple):
    """A kind of object that has a number of replicas, as a scaler names it."""

    api_version: str
    kind: str


DEPLOYMENT = ObjectKind("apps/v1", "Deployment")
GROUP = ObjectKind("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet")
"""Scalers take it too, and count its groups by their leaders (kubernetes-sigs/lws, "Horizontal Pod
Autoscaler")."""


class Scaled(NamedTuple):
    """What a scaler moves."""

    pods: pulumi.Resource
    kind: ObjectKind


def bounds(decision: Decision) -> tuple[int, int]:
    """The least and the most pods."""
    least = decision.sizing.replicas_minimum
    if floor_of(decision.workload) > 0:
        least = max(1, least)
    return least, max(1, least, decision.sizing.replicas_maximum)


def most_machines(decision: Decision, row: NodeRow) -> int:
    """The most machines: one for each pod, and one for the pod that a roll-out starts before it
    ends an old one. Without it the roll-out of as many pods as there are machines never ends."""
    _, most = bounds(decision)
    return most if row.scarce else most + 1


def fixed(decision: Decision, args: KubernetesArgs) -> bool:
    """Whether nothing moves the number of pods."""
    least, most = bounds(decision)
    return least == most and "trigger" not in args.get("scaling", {})


def check_scaling(decision: Decision, args: KubernetesArgs) -> None:
    """:class:`InputError` where pods would go to zero and never come back."""
    least, _ = bounds(decision)
    trigger = args.get("scaling", {}).get("trigger")
    if trigger is None and least == 0:
        raise InputError(
            "is required for a floor of 0: nothing in a cluster brings pods back whose own metrics "
            "are gone with them",
            fix="add a signal from outside the pods: trigger: {type: prometheus, metadata: {query: "
            "requests at the gateway, ...}}; or set minimum_replicas: 1",
            field="kubernetes.scaling.trigger",
        )
    if trigger is not None:
        _check_trigger(trigger, least)


def _check_trigger(trigger: TriggerArgs, least: int) -> None:
    missing = [word for word in ("type", "metadata") if word not in trigger]
    if missing:
        raise InputError(
            f"{missing[0]} is required",
            fix="write type, KEDA's name of the scaler, and metadata, its settings",
            field="kubernetes.scaling.trigger",
        )
    if least > 0:
        return
    said = " ".join(trigger["metadata"].values())
    inside = trigger["type"] in _INSIDE or _OF_PODS.search(said) is not None
    if inside:
        raise InputError(
            f"a {trigger['type']} trigger on the pods' own metrics never wakes them: at zero there "
            "is no pod that has any",
            fix="take a signal from outside the pods, such as requests at the gateway, or set "
            "minimum_replicas: 1",
            field="kubernetes.scaling.trigger",
        )


def scale(
    place: ClusterPlace, plan: Plan, args: KubernetesArgs, target: Scaled, hosting: str
) -> None:
    """Make what moves the number of pods, or of groups of pods, if anything does."""
    if fixed(plan.decision, args):
        return
    if "trigger" in args.get("scaling", {}):
        _keda(place, plan, args, target)
    else:
        _horizontal(place, plan, args, target, hosting)


def _keda(place: ClusterPlace, plan: Plan, args: KubernetesArgs, target: Scaled) -> None:
    least, most = bounds(plan.decision)
    scaling = args["scaling"]
    given = scaling["trigger"]
    trigger: dict[str, object] = {"type": given["type"], "metadata": dict(given["metadata"])}
    if "authentication" in given:
        trigger["authenticationRef"] = {"name": given["authentication"]}
    k8s.apiextensions.CustomResource(
        place.child("scaler"),
        api_version="keda.sh/v1alpha1",
        kind="ScaledObject",
        metadata=place.metadata(),
        spec={
            "scaleTargetRef": {
                "apiVersion": target.kind.api_version,
                "kind": target.kind.kind,
                "name": place.identity,
            },
            "minReplicaCount": least,
            "maxReplicaCount": most,
            # A pod that goes before the next start is over would be started for nothing.
            "cooldownPeriod": int(scaling.get("cooldown_s", max(300, start_s(plan)))),
            "pollingInterval": 15,
            "triggers": [trigger],
        },
        opts=place.under(target.pods),
    )


def _horizontal(
    place: ClusterPlace, plan: Plan, args: KubernetesArgs, target: Scaled, hosting: str
) -> None:
    v2 = k8s.autoscaling.v2
    least, most = bounds(plan.decision)
    given = args.get("scaling", {})
    metric = given.get("metric") or (WAITING if plan.container.server == "vllm" else None)
    managed = hosting in ("gke", "gke-tpu") and metric == WAITING
    if metric is None:
        spec = v2.MetricSpecArgs(
            type="Resource",
            resource=v2.ResourceMetricSourceArgs(
                name="cpu",
                target=v2.MetricTargetArgs(type="Utilization", average_utilization=_CPU_PER_CENT),
            ),
        )
    else:
        # What waits is beyond what sizing lets a pod have in flight.
        value = given.get(
            "target", 1 if metric == WAITING else concurrency_of(plan.decision.sizing)
        )
        spec = v2.MetricSpecArgs(
            type="Pods",
            pods=v2.PodsMetricSourceArgs(
                metric=v2.MetricIdentifierArgs(
                    name=f"prometheus.googleapis.com|{metric}|gauge" if managed else metric
                ),
                target=v2.MetricTargetArgs(type="AverageValue", average_value=f"{value:g}"),
            ),
        )
    if managed:
        _monitor(place)
    v2.HorizontalPodAutoscaler(
        place.child("scaler"),
        metadata=place.metadata(),
        spec=v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=v2.CrossVersionObjectReferenceArgs(
                api_version=target.kind.api_version, kind=target.kind.kind, name=place.identity
            ),
            min_replicas=least,
            max_replicas=most,
            metrics=[spec],
            behavior=v2.HorizontalPodAutoscalerBehaviorArgs(
                scale_down=v2.HPAScalingRulesArgs(
                    stabilization_window_seconds=min(3600, max(300, start_s(plan)))
                )
            ),
        ),
        opts=place.under(target.pods),
    )


def _monitor(place: ClusterPlace) -> None:
    """What Google's managed Prometheus reads: without it the metric is not there."""
    k8s.apiextensions.CustomResource(
        place.child("monitoring"),
        api_version="monitoring.googleapis.com/v1",
        kind="PodMonitoring",
        metadata=place.metadata(),
        spec={
            "selector": {"matchLabels": place.selector},
            "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s"}],
        },
        opts=place.under(),
    )

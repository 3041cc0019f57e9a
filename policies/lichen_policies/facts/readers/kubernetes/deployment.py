"""Deployments and their like: a number of pods that run until somebody stops them."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.readers.kubernetes.pod import Pod
from lichen_policies.facts.readers.kubernetes.pods import (
    OF_SERVING_PODS,
    facts_of_pods,
    serves,
    serving,
)
from lichen_policies.facts.readers.kubernetes.scaled import in_their_stack
from lichen_policies.facts.unknown import Maybe, is_unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("apps", ("v1",), "Deployment", ("kubernetes_deployment", "kubernetes_deployment_v1")),
    Api("apps", ("v1",), "StatefulSet", ("kubernetes_stateful_set", "kubernetes_stateful_set_v1")),
    Api("apps", ("v1",), "ReplicaSet"),
    Api(
        "",
        ("v1",),
        "ReplicationController",
        ("kubernetes_replication_controller", "kubernetes_replication_controller_v1"),
    ),
    Api("argoproj.io", ("v1alpha1",), "Rollout"),
    Api("", ("v1",), "Pod", ("kubernetes_pod", "kubernetes_pod_v1")),
)
FACTS = OF_SERVING_PODS


complete = in_their_stack


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of its pods, and of their serving where they plainly serve models.

    Replicas that are left out are one.
    """
    outer = properties.block("spec")
    replicas = outer.stated_whole("replicas")
    count = Stated(1, outer.at("replicas")) if replicas.value is None else replicas
    if not outer.given("template"):
        count = Stated(1, "")
    yield from of_template(properties, context, count, serving_with=count)


def of_template(
    properties: Properties, context: Context, count: Stated[int], *, serving_with: Stated[int]
) -> Iterator[Fact]:
    """The facts of ``count`` pods at the least of an object's template, or of the one pod that it
    is itself; ``serving_with`` is how many of them serve."""
    outer = properties.block("spec")
    spec = outer.block("template").block("spec") if outer.given("template") else outer
    plainly = serves(context, spec.blocks("containers", "container"))
    pod = Pod(spec, plainly)
    stated: Maybe[bool] = outer.given("template") and outer.given("replicas")
    number = outer.stated_whole("replicas").value
    if is_unknown(number):
        stated = number  # it may yet be left out
    yield from facts_of_pods(pod, context, count, names=names_of(properties), stated=stated)
    if plainly:
        yield from serving(pod, context, serving_with, waits_for="what scales it")

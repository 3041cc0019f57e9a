"""Ray's clusters, and the services and jobs that run on one of their own.

Source: KubeRay's RayCluster, as its custom resource definition describes it: a group has
``minReplicas`` to ``maxReplicas`` workers where the cluster scales itself, else ``replicas``, of
which none is the default; each is ``numOfHosts`` pods. A job that shuts its cluster down
(``shutdownAfterJobFinishes``, which is off by default) leaves no worker idle.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.pod import Pod, times
from lichen_policies.facts.readers.kubernetes.pods import (
    OF_SCALED_PODS,
    facts_of_pods,
    scaling,
    serves,
    serving,
)
from lichen_policies.facts.unknown import is_unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("ray.io", ("v1", "v1alpha1"), "RayService"),
    Api("ray.io", ("v1", "v1alpha1"), "RayCluster"),
    Api("ray.io", ("v1", "v1alpha1"), "RayJob"),
)
FACTS = OF_SCALED_PODS


complete = in_their_cluster


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of the head and of each group of workers; of a service, of its serving too."""
    spec = properties.block("spec")
    service, job = spec.given("ray_cluster_config"), spec.given("ray_cluster_spec")
    cluster = spec
    if service or job:
        cluster = spec.block("ray_cluster_config" if service else "ray_cluster_spec")
    head = cluster.block("head_group_spec").block("template").block("spec")
    groups = cluster.blocks("worker_group_specs")
    plainly = bool(service) and not is_unknown(service)
    if not plainly and not job:
        containers = [
            container
            for group in groups
            for container in group.block("template").block("spec").blocks("containers")
        ]
        plainly = serves(context, (*head.blocks("containers"), *containers))
    first = Pod(head, serves=plainly)
    if first.asked is not None:
        yield from facts_of_pods(first, context, Stated(1, ""))
    scales = cluster.scalar("enable_in_tree_autoscaling") is True
    ends = bool(job) and spec.scalar("shutdown_after_job_finishes") is True
    for group in groups:
        yield from _of_group(group, context, plainly, scales, ends)


def _of_group(
    group: Properties, context: Context, plainly: bool, scales: bool, ends: bool
) -> Iterator[Fact]:
    if group.scalar("suspend") is True:
        return
    pod = Pod(group.block("template").block("spec"), serves=plainly)
    hosts = group.whole("num_of_hosts")
    asked, unit = pod.asked, "pods"
    if asked is not None and isinstance(hosts, int) and hosts > 1:
        unit = "pod groups"
        asked = times(asked, hosts)
    fixed, ceiling = group.stated_whole("replicas"), group.stated_whole("max_replicas")
    floor = group.stated_whole("min_replicas")
    count = fixed if fixed.value is not None else Stated(floor.value or 0, fixed.path)
    most = ceiling if scales and ceiling.value is not None else count
    yield from facts_of_pods(pod, context, most, asked=asked, unit=unit)
    if scales and not ends and (asked is not None or context.says_what_it_serves):
        yield scaling(pod, context, floor, asked=asked, ceiling=ceiling)
    if plainly:
        yield from serving(pod, context, count, asked=asked)

"""LeaderWorkerSets: pod groups over several nodes, each a replica of one model."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.readers.kubernetes.pod import Pod, of_group
from lichen_policies.facts.readers.kubernetes.pods import (
    OF_SERVING_PODS,
    facts_of_pods,
    serves,
    serving,
)
from lichen_policies.facts.readers.kubernetes.scaled import in_their_stack

CLOUD = "kubernetes"
TYPES = types(Api("leaderworkerset.x-k8s.io", ("v1",), "LeaderWorkerSet"))
FACTS = OF_SERVING_PODS


complete = in_their_stack


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of its groups. Replicas and the size of a group are 1 where they are left out; a
    leader without a template of its own is like a worker."""
    spec = properties.block("spec")
    group = spec.block("leader_worker_template")
    worker_spec = group.block("worker_template").block("spec")
    leads = group.given("leader_template")
    leader_spec = group.block("leader_template").block("spec") if leads else worker_spec
    plainly = serves(
        context, (*leader_spec.blocks("containers"), *worker_spec.blocks("containers"))
    )
    leader, worker = Pod(leader_spec, plainly), Pod(worker_spec, plainly)
    replicas, size = spec.stated_whole("replicas"), group.whole("size")
    count = Stated(1 if replicas.value is None else replicas.value, replicas.path)
    asked = of_group(leader, worker, 1 if size is None else size)
    yield from facts_of_pods(
        leader, context, count, names=names_of(properties), asked=asked, unit="pod groups"
    )
    if plainly:
        yield from serving(leader, context, count, asked=asked, waits_for="what scales it")

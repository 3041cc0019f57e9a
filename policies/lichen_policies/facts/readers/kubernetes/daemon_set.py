"""DaemonSets: a pod on each node that it may run on, as many as the cluster has."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import PutIntoCluster
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes import deployment, neuron
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.scaled import in_their_stack
from lichen_policies.facts.unknown import Unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("apps", ("v1",), "DaemonSet", ("kubernetes_daemonset", "kubernetes_daemon_set_v1")),
)
FACTS = (*deployment.FACTS, PutIntoCluster)

complete = in_their_stack


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of one of its pods, and what it may bring to the cluster; how many serve only the
    cluster knows."""
    each = Stated[int](Unknown("is one on each node that it may run on"), "the number of its pods")
    yield from deployment.of_template(properties, context, Stated(1, ""), serving_with=each)
    spec = properties.block("spec").block("template").block("spec")
    yield neuron.plugin(spec, spec.path)

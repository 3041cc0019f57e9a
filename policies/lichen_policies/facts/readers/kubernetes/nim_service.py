"""NVIDIA's operator for its inference microservices: a service is pods of one container.

Source: NVIDIA NIM Operator documentation, "Managing NIM Services" (one replica where none is
stated; ``scale`` has the bounds of an autoscaler of pods).
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    MachineTemplate,
    Pods,
    Scaling,
    Serving,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.readers.kubernetes.pod import Pod
from lichen_policies.facts.readers.kubernetes.pods import facts_of_pods, scaling, serving

CLOUD = "kubernetes"
TYPES = types(Api("apps.nvidia.com", ("v1alpha1",), "NIMService"))
FACTS = (Located, Machines, MachineTemplate, Pods, Scaling, Serving)

complete = in_their_cluster


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of its pods and of their serving; its image is two properties, which no rule
    about containers reads."""
    spec = properties.block("spec")
    pod = Pod(spec, serves=True, containers=[spec])
    replicas = spec.stated_whole("replicas")
    count = Stated(1, replicas.path) if replicas.value is None else replicas
    floor = ceiling = None
    most, scale = count, spec.block("scale")
    if scale.flag("enabled") is True:
        floor, ceiling = (
            scale.block("hpa").stated_whole(n) for n in ("min_replicas", "max_replicas")
        )
        by_default = floor.value is None
        floor = Stated(1, floor.path) if by_default else floor
        count, most = floor, ceiling if ceiling.value else floor
        yield scaling(
            pod, context, floor, asked=pod.asked, ceiling=ceiling, least=1, by_default=by_default
        )
    yield from facts_of_pods(pod, context, most, names=names_of(properties))
    for fact in serving(pod, context, count, floor=floor, ceiling=ceiling):
        if isinstance(fact, Serving):
            yield fact

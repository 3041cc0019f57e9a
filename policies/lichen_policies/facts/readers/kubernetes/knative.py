"""Knative services: containers that answer requests, and as many of them as requests need.

Source: Knative documentation, "Configuring scale bounds" (min-scale is 0 where it is left out).
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.naming import annotation, names_of, whole
from lichen_policies.facts.readers.kubernetes.pod import Pod
from lichen_policies.facts.readers.kubernetes.pods import (
    OF_SCALED_PODS,
    facts_of_pods,
    scaling,
    serves,
    serving,
)

CLOUD = "kubernetes"
TYPES = types(
    Api("serving.knative.dev", ("v1",), "Service"),
    Api("serving.knative.dev", ("v1",), "Configuration"),
)
FACTS = OF_SCALED_PODS


complete = in_their_cluster


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of its pods; one with an accelerator answers requests with it, so it serves."""
    template = properties.block("spec").block("template")
    spec = template.block("spec")
    plainly = serves(context, spec.blocks("containers")) or Pod(spec).asked is not None
    if not plainly:
        return
    pod = Pod(spec, serves=True)
    least = annotation(
        template, "autoscaling.knative.dev/min-scale", "autoscaling.knative.dev/minScale"
    )
    most = annotation(
        template, "autoscaling.knative.dev/max-scale", "autoscaling.knative.dev/maxScale"
    )
    floor, ceiling = whole(least), whole(most)
    count = Stated(0, floor.path) if floor.value is None else floor
    yield from facts_of_pods(
        pod, context, ceiling if ceiling.value else count, names=names_of(properties)
    )
    yield scaling(pod, context, count, asked=pod.asked, ceiling=ceiling)
    at_once = spec.stated_whole("container_concurrency")
    yield from serving(pod, context, count, floor=count, ceiling=ceiling, at_once=at_once)

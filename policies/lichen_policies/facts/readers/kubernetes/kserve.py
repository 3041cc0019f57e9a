"""KServe: inference services, and the runtimes that they are served with.

Sources: KServe documentation, "ControlPlane API" (minReplicas is 1 where it is left out; of a
LLMInferenceService it is 1 at the least) and "Autoscaling with Kubernetes HPA" (a standard
deployment does not reach zero).
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.naming import annotation, names_of
from lichen_policies.facts.readers.kubernetes.pod import Pod, of_group
from lichen_policies.facts.readers.kubernetes.pods import (
    OF_SCALED_PODS,
    containers,
    facts_of_pods,
    placed,
    scaling,
    serving,
)
from lichen_policies.facts.unknown import Unknown, is_unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("serving.kserve.io", ("v1beta1",), "InferenceService"),
    Api("serving.kserve.io", ("v1alpha1", "v1alpha2"), "LLMInferenceService"),
    Api("serving.kserve.io", ("v1alpha1", "v1beta1"), "ServingRuntime"),
    Api("serving.kserve.io", ("v1alpha1", "v1beta1"), "ClusterServingRuntime"),
)
FACTS = OF_SCALED_PODS

_MODELS = (
    "model",
    "huggingface",
    "triton",
    "tensorflow",
    "pytorch",
    "sklearn",
    "xgboost",
    "lightgbm",
    "onnx",
    "pmml",
    "paddle",
)
_TO_ZERO = "KServe reaches 0 with Knative or KEDA, not with a standard (raw) deployment alone"
_AT_ONCE = "container_concurrency"
_STANDARD = {"Standard", "RawDeployment"}
_SHARED_PODS = "ModelMesh"
"""A mode in which the pods are those of a serving runtime, which many models share: a model has no
replicas of its own. Source: ModelMesh Serving documentation, "The KServe InferenceService"."""


complete = in_their_cluster


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of the pods of each part; a runtime runs nothing by itself."""
    spec = properties.block("spec")
    if spec.given("predictor"):
        for name in ("predictor", "transformer", "explainer"):
            if spec.given(name):
                yield from _of_part(properties, spec.block(name), context, name == "predictor")
    elif spec.given("template") or spec.given("model"):
        yield from _of_language_model(properties, spec, context)
    else:
        runtime = Pod(spec, serves=True)
        yield from containers(runtime, placed(runtime, context), None, extended=True)


def _of_part(
    properties: Properties, part: Properties, context: Context, predicts: bool
) -> Iterator[Fact]:
    models = [part.block(name) for name in _MODELS if part.given(name)]
    pod = Pod(part, serves=predicts, containers=[*models, *part.blocks("containers")])
    floor, ceiling = part.stated_whole("min_replicas"), part.stated_whole("max_replicas")
    by_default = floor.value is None
    count = Stated(1, floor.path) if by_default else floor
    most = count if ceiling.value in (None, 0) else ceiling
    worker, group = part.block("worker_spec"), None
    if worker:
        size = worker.whole("pipeline_parallel_size")
        group = of_group(pod, Pod(worker), 2 if size is None else size)
    asked = group or pod.asked
    unit = "pods" if group is None else "pod groups"
    yield from facts_of_pods(pod, context, most, names=names_of(properties), asked=asked, unit=unit)
    if asked is None and not predicts:
        return
    mode = annotation(properties, "serving.kserve.io/deploymentMode").value
    if mode == _SHARED_PODS and predicts:
        return
    scaler = annotation(properties, "serving.kserve.io/autoscalerClass").value
    yield scaling(
        pod,
        context,
        count,
        asked=asked,
        ceiling=ceiling,
        least=1 if mode in _STANDARD and scaler != "keda" else 0,
        by_default=by_default,
        to_zero="" if isinstance(mode, str | Unknown) else _TO_ZERO,
    )
    if predicts:
        # Knative limits requests, a standard deployment does not.
        limited = None if mode in _STANDARD else part.stated_whole(_AT_ONCE)
        yield from serving(
            pod, context, count, floor=floor, ceiling=ceiling, asked=group, at_once=limited
        )


def _of_language_model(
    properties: Properties, spec: Properties, context: Context
) -> Iterator[Fact]:
    """A language model's decoding pods, and those that only read its prompts; the cluster's own
    configuration adds to the command line of both."""
    for part in (spec, spec.block("prefill")):
        if not part:
            continue
        pod = Pod(part.block("template"), serves=True)
        group = None
        if part.given("worker"):
            group = of_group(pod, Pod(part.block("worker")), _nodes(part.block("parallelism")))
        asked, unit = group or pod.asked, "pods" if group is None else "pod groups"
        names = names_of(properties)
        bounds = part.block("scaling")
        if bounds:
            floor, most = bounds.stated_whole("min_replicas"), bounds.stated_whole("max_replicas")
            by_default = floor.value is None
            count = Stated(1, floor.path) if by_default else floor
            yield from facts_of_pods(pod, context, most, names=names, asked=asked, unit=unit)
            yield scaling(
                pod, context, count, asked=asked, ceiling=most, least=1, by_default=by_default
            )
            yield from serving(
                pod, context, count, floor=count, ceiling=most, asked=group, extended=True
            )
            continue
        replicas = part.stated_whole("replicas")
        count = Stated(1, replicas.path) if replicas.value is None else replicas
        yield from facts_of_pods(pod, context, count, names=names, asked=asked, unit=unit)
        yield from serving(pod, context, count, asked=group, extended=True)


def _nodes(parallelism: Properties) -> int | Unknown:
    """How many pods serve one copy: data over its local part, else the stages of a pipeline."""
    known: list[int] = []
    for name in ("data", "data_local", "pipeline"):
        value = parallelism.whole(name)
        if is_unknown(value):
            return value
        known.append(value or 0)
    data, local, stages = known
    if data or local:
        return max(max(data, 1) // max(local, 1), 1)
    return stages or 1

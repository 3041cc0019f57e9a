"""KubeAI's models: pods of a server that its operator starts, as many as requests need.

Source: KubeAI, "Kubernetes API" (``resourceProfile`` is ``<name>:<count>``; ``minReplicas`` is 0
where it is left out, ``maxReplicas`` unlimited; the operator gives the server its model) and
"Configure resource profiles" (``nvidia-gpu-l4``, ``google-tpu-v5e-2x2``, ``cpu``).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.image import as_named
from lichen_policies.facts.kinds import Located, ServingContainer
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.readers.kubernetes.pod import Asked, Pod
from lichen_policies.facts.readers.kubernetes.pods import (
    OF_SCALED_PODS,
    facts_of_pods,
    placed,
    scaling,
    serving,
)
from lichen_policies.facts.unknown import Unknown, field, is_unknown

CLOUD = "kubernetes"
TYPES = types(Api("kubeai.org", ("v1",), "Model"))
FACTS = OF_SCALED_PODS

complete = in_their_cluster

_STARTS = {"VLLM": ("vllm", "serve"), "OLlama": ("ollama", "serve")}
"""What the operator runs for an engine, before the arguments that a model adds."""

_TEXT = "TextGeneration"
"""What a model does that answers with text: the others embed, rank or write speech down."""

_GPU, _TPU = "nvidia-gpu-", "google-tpu-"


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of its pods, and of the server in them."""
    spec = properties.block("spec")
    profile = spec.stated_text("resource_profile")
    asked = _asked(profile)
    pod = Pod(spec, serves=True, containers=[])
    floor, ceiling = spec.stated_whole("min_replicas"), spec.stated_whole("max_replicas")
    least = Stated(0, floor.path) if floor.value is None else floor
    if spec.flag("autoscaling_disabled") is True:
        fixed = spec.stated_whole("replicas")
        least = ceiling = Stated(1, fixed.path) if fixed.value is None else fixed
    most = least if ceiling.value is None else ceiling
    for fact in facts_of_pods(pod, context, most, names=names_of(properties), asked=asked):
        # A model names no nodes: those of its profile are where the cluster is.
        yield msgspec.structs.replace(fact, region_at="") if isinstance(fact, Located) else fact
    if least is not ceiling:
        yield scaling(pod, context, least, asked=asked, ceiling=ceiling)
    yield from serving(pod, context, least, floor=least, ceiling=ceiling, asked=asked)
    yield _container(spec, profile, asked, placed(pod, context))


def _asked(profile: Stated[str]) -> Asked | None:
    """The accelerators of a profile of KubeAI's own names; None where it has none."""
    value, path = profile
    if value is None:
        return None
    if is_unknown(value):
        return Asked(value, "accelerator", path, value)
    name, _, written = value.partition(":")
    if not name.startswith((_GPU, _TPU)):
        return None
    number = whole_in(written) if written else 1
    count = Unknown("is not written as <name>:<count>") if number is None else float(number)
    chip = name.removeprefix(_TPU).rpartition("-")[0]
    called = f"nvidia-{name.removeprefix(_GPU)}" if name.startswith(_GPU) else f"tpu-{chip}"
    return Asked(count, called, path, count)


def _container(
    spec: Properties, profile: Stated[str], asked: Asked | None, context: Context
) -> ServingContainer:
    args, engine = spec.words("args"), spec.text("engine")
    starts = _STARTS.get(engine, ()) if isinstance(engine, str) else ()
    model = spec.stated_text("url")
    name = profile.value.partition(":")[0] if isinstance(profile.value, str) else ""
    features = spec.texts("features")
    return ServingContainer(
        context=context,
        path=spec.path,
        generates=False if isinstance(features, tuple) and _TEXT not in features else None,
        image=field(as_named(spec.text("image"))),
        image_at=spec.at("image"),
        settings=field(spec.tags("env")),
        settings_at=spec.at("env"),
        arguments=field(args if is_unknown(args) else (*starts, *(args or ())) or None),
        arguments_at=spec.at("args"),
        model=field(model.value),
        model_at=model.path,
        chip=None if asked is None else asked.chip,
        chips=None if asked is None else field(asked.devices),
        chips_at=profile.path,
        chips_written=f"{name}:",
        hosting="kubernetes",
    )

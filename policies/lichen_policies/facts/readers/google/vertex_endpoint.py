"""Vertex AI's served models: endpoints, those of the Model Garden, pools that endpoints share."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Located,
    Machines,
    ModelAccelerators,
    Scaling,
    Serving,
)
from lichen_policies.facts.machine import bare, names_accelerators
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.chips import gpu_named
from lichen_policies.facts.readers.google.tpu import chips_of_topology
from lichen_policies.facts.unknown import Maybe, Unknown, field

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:vertex/aiEndpoint:AiEndpoint",
        "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment",
        "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool",
    ),
    "terraform": (
        "google_vertex_ai_endpoint",
        "google_vertex_ai_endpoint_with_model_garden_deployment",
        "google_vertex_ai_deployment_resource_pool",
    ),
}
FACTS = (Located, Machines, ModelAccelerators, Scaling, Serving)

_HOSTING = "vertex"
_LEAST = 1
"""The fewest replicas that an endpoint's machines take. Source: Vertex AI API v1,
``DedicatedResources.minReplicaCount``."""
_BELOW_LEAST = (
    "undeploy the model when nobody uses it, for instance every evening, or serve it on Cloud Run, "
    "which reaches zero"
)
_CHOSEN: Maybe[str] = Unknown("is left out, so that Model Garden chooses the machine")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located; of its dedicated machines a Serving, a Machines, a Scaling, and a
    ModelAccelerators where it names its model."""
    deployment = properties.block("deploy_config")
    model, model_at = _model(properties)
    garden = model is not None
    dedicated = (deployment or properties).block("dedicated_resources")
    spec = dedicated.block("machine_spec")
    machine, machine_at = field(bare(spec.text("machine_type"))), spec.at("machine_type")
    floor, floor_at = dedicated.stated_whole("min_replica_count")
    ceiling, ceiling_at = dedicated.stated_whole("max_replica_count")
    yield Located(
        region_at=properties.at("location", "region"),
        machine=machine,
        machines=field(floor) or 1,
        hosting=_HOSTING,
        takes_tags=not garden and not properties.block("dedicated_resources"),
    )
    if garden and (not dedicated or not spec):
        at = properties.block("deploy_config").at("dedicated_resources")
        yield Machines(path=at, machine=field(_CHOSEN), hosting=_HOSTING)
        return
    if not dedicated:
        return
    yield Serving(
        path=dedicated.path,
        hosting=_HOSTING,
        machine=machine,
        machines=field(floor),
        serverless=False,
        holds_model=True,
        floor=None,
        ceiling=field(ceiling),
        machine_at=machine_at,
        machines_at=floor_at,
        floor_at=floor_at,
        holds_model_at="",
        endpoint=None if deployment is None else field(properties.text("endpoint")),
    )
    chip, chips = _chips(spec)
    yield Machines(
        path=machine_at,
        machine=machine,
        machines=field(floor if ceiling is None else ceiling),
        machines_at=floor_at if ceiling is None else ceiling_at,
        chip=field(chip),
        chips_each=field(chips),
        hosting=_HOSTING,
        spot=field(dedicated.flag("spot")),
        spot_at=dedicated.at("spot"),
    )
    if garden:
        yield ModelAccelerators(
            path=machine_at,
            chip=gpu_named(chip),
            chips=field(chips),
            machine=machine,
            model=field(model),
            model_at=model_at,
            attached_at=tuple(
                spec.at(name)
                for name in ("accelerator_type", "accelerator_count")
                if spec.text(name) is not None or spec.amount(name) is not None
            ),
            hosting=_HOSTING,
        )
    yield Scaling(
        path=floor_at,
        floor=field(floor),
        ceiling=field(ceiling),
        ceiling_at=ceiling_at,
        least=_LEAST,
        below_least=_BELOW_LEAST,
        machine=machine,
        hosting=_HOSTING,
    )


def _model(properties: Properties) -> tuple[Maybe[str], str]:
    """The model that a Model Garden deployment names: on Hugging Face, else by its publisher."""
    for name in ("hugging_face_model_id", "publisher_model_name"):
        model, at = properties.stated_text(name)
        if model is not None:
            return (model if name == "hugging_face_model_id" else _published(model)), at
    return None, ""


def _published(model: Maybe[str]) -> Maybe[str]:
    """The name on Hugging Face of ``publishers/google/models/gemma3@gemma-3-1b-it``, as far as its
    publisher keeps it."""
    if not isinstance(model, str):
        return model
    parts = model.split("/")
    if len(parts) < 4:
        return Unknown("is not the name of a publisher's model")
    return f"{parts[1]}/{parts[-1].rsplit('@', 1)[-1]}"


def _chips(spec: Properties) -> tuple[Maybe[str], Maybe[float]]:
    """Accelerators of one replica beside those that its machine's type carries; a topology counts
    all of a replica's machines."""
    topology = spec.text("tpu_topology")
    if topology is not None:
        return "TPU", chips_of_topology(topology)
    machine = bare(spec.text("machine_type"))
    if isinstance(machine, str) and names_accelerators(machine):
        return None, None
    return spec.text("accelerator_type"), spec.amount("accelerator_count")

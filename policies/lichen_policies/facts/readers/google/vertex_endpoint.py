"""Vertex AI's served models: an endpoint from the Model Garden, and a pool that endpoints share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling, Serving
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.tpu import chips_of_topology

CLOUD = "google"
TYPES = (
    "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment",
    "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool",
    "google_vertex_ai_endpoint_with_model_garden_deployment",
    "google_vertex_ai_deployment_resource_pool",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located, a Serving, an Accelerated and a Scaling of its dedicated machines."""
    holder = properties
    if properties.given("deploy_config"):
        holder = properties.block("deploy_config")
    dedicated = holder.block("dedicated_resources")
    spec = dedicated.block("machine_spec")
    machine, machine_at = bare(spec.text("machine_type")), spec.at("machine_type")
    floor, floor_at = dedicated.whole("min_replica_count"), dedicated.at("min_replica_count")
    most, most_at = dedicated.whole("max_replica_count"), dedicated.at("max_replica_count")
    region_at = properties.at("location", "region")
    yield Located(
        **about, region_at=region_at, machine=machine, machines=floor or 1, hosting="vertex"
    )
    if not dedicated:
        return
    yield Serving(
        **about,
        path=dedicated.path,
        hosting="vertex",
        machine=machine,
        machines=floor,
        serverless=False,
        holds_model=True,
        floor=None,
        ceiling=most,
        machine_at=machine_at,
        machines_at=floor_at,
        floor_at=floor_at,
        holds_model_at="",
    )
    topology, count = spec.text("tpu_topology"), spec.number("accelerator_count")
    yield Accelerated(
        **about,
        machine=machine,
        machines=most if most is not None else floor,
        path=machine_at,
        machines_at=most_at if most is not None else floor_at,
        chip=spec.text("accelerator_type"),
        chips_each=count if topology is None else chips_of_topology(topology),
    )
    yield Scaling(
        **about,
        path=floor_at,
        floor=floor,
        to_zero="where the model cannot run at 0 replicas, undeploy it after use",
        machine=machine,
        hosting="vertex",
    )

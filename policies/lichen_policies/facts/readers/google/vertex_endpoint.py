"""Vertex AI's served models: an endpoint from the Model Garden, and a pool that endpoints share."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling, Serving
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.tpu import chips_of_topology
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment",
        "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool",
    ),
    "terraform": (
        "google_vertex_ai_endpoint_with_model_garden_deployment",
        "google_vertex_ai_deployment_resource_pool",
    ),
}
FACTS = (Located, Machines, Scaling, Serving)

_HOSTING = "vertex"
_TO_ZERO = "where the model cannot run at 0 replicas, undeploy it after use"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, a Serving, a Machines and a Scaling of its dedicated machines."""
    deployment = properties
    if properties.given("deploy_config"):
        deployment = properties.block("deploy_config")
    dedicated = deployment.block("dedicated_resources")
    spec = dedicated.block("machine_spec")
    machine, machine_at = field(bare(spec.text("machine_type"))), spec.at("machine_type")
    floor, floor_at = dedicated.stated_whole("min_replica_count")
    ceiling, ceiling_at = dedicated.stated_whole("max_replica_count")
    yield Located(
        region_at=properties.at("location", "region"),
        machine=machine,
        machines=field(floor) or 1,
        hosting=_HOSTING,
    )
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
    )
    topology, count = spec.text("tpu_topology"), spec.number("accelerator_count")
    yield Machines(
        path=machine_at,
        machine=machine,
        machines=field(floor if ceiling is None else ceiling),
        machines_at=floor_at if ceiling is None else ceiling_at,
        chip=field(spec.text("accelerator_type")),
        chips_each=field(count if topology is None else chips_of_topology(topology)),
        hosting=_HOSTING,
    )
    yield Scaling(
        path=floor_at, floor=field(floor), to_zero=_TO_ZERO, machine=machine, hosting=_HOSTING
    )

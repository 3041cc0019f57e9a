"""Azure Machine Learning's online deployment: a model on machines behind an endpoint.

Managed endpoints are billed as their machines, with nothing on top, and keep one at the least.
Sources: Microsoft Learn, "View costs for an Azure Machine Learning managed online endpoint",
"Autoscale online endpoints in Azure Machine Learning".
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, MachineGroup, Machines, Part, Serving
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure import machine_learning_endpoint
from lichen_policies.facts.readers.azure.parts import in_its_whole, names, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import machines_of, size
from lichen_policies.facts.unknown import field

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:machinelearningservices:OnlineDeployment",),
    "azure": ("Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",),
}
FACTS = (Located, MachineGroup, Machines, Part, Serving)

complete = where_its_whole_is

_STEPS = (*machine_learning_endpoint.STEPS, ("deployments", ("deployment_name", "name")))
_MANAGED = "azure-ml"
_TO_WAIT = "serve by a batch endpoint, whose cluster goes to zero between jobs"


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located, a Serving, a Machines, and a MachineGroup that an autoscale setting may name.

    A deployment on Kubernetes runs on a cluster's machines, which are read there.
    """
    facts = _facts(properties)
    yield from in_its_whole(
        properties, context, facts, machine_learning_endpoint.STEPS, "its endpoint"
    )


def _facts(properties: Properties) -> Iterator[Fact]:
    own = properties
    if properties.dialect != "azure":  # whose template has these beside nothing else
        own = properties.block("online_deployment_properties")
    if own.text("endpoint_compute_type") == "Kubernetes":
        return
    machine = size(own, "instance_type")
    count = properties.block("sku").stated_whole("capacity")
    yield Located(
        region_at=properties.at("location"),
        machine=field(machine.value),
        machines=field(count.value) or 1,
        hosting=_MANAGED,
        for_models=True,
    )
    yield MachineGroup(
        names=names(properties, _STEPS), machines=field(count.value), machines_at=count.path
    )
    yield Serving(
        path=own.path,
        hosting=_MANAGED,
        machine=field(machine.value),
        machines=field(count.value),
        serverless=False,
        holds_model=True,
        floor=None,
        ceiling=None,
        machine_at=machine.path,
        machines_at=count.path,
        floor_at="",
        holds_model_at=own.at("model"),
        name=field(properties.text("deployment_name")),
        asynchronous=False,
        to_wait=_TO_WAIT,
    )
    yield from machines_of(machine, count, hosting=_MANAGED)

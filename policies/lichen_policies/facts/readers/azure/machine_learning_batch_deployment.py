"""Azure Machine Learning's batch deployment: a model that runs for each job on a cluster.

Source: Microsoft Learn, "CLI (v2) batch deployment YAML schema": ``compute`` names the cluster, and
``resources`` how many machines of it a job takes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure import machine_learning_batch_endpoint
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import HOSTING, machines_of, size
from lichen_policies.facts.unknown import field

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:machinelearningservices:BatchDeployment",),
    "azure": ("Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments",),
}
FACTS = (Located, Machines, Part)

complete = where_its_whole_is


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and a Machines where it names the machines of its jobs.

    Otherwise they are those of its cluster, which is a resource of its own and judged there.
    """
    facts = _facts(properties)
    yield from in_its_whole(
        properties, context, facts, machine_learning_batch_endpoint.STEPS, "its endpoint"
    )


def _facts(properties: Properties) -> Iterator[Fact]:
    own = properties  # a template's own properties are read together already
    if properties.dialect != "azure":
        own = properties.block("batch_deployment_properties")
    resources = own.block("resources")
    machine = size(resources, "instance_type")
    if machine.value is None:
        return
    count = resources.stated_whole("instance_count")
    yield Located(
        region_at=properties.at("location"),
        machine=field(machine.value),
        machines=field(count.value) or 1,
        hosting=HOSTING,
        for_models=True,
    )
    for fact in machines_of(machine, count):
        yield msgspec.structs.replace(fact, queued=True)

"""Azure Machine Learning's batch endpoint: its deployments are where it is."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Part, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure import machine_learning_workspace
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is, whole

CLOUD = "azure"
TYPES = {
    "pulumi": ("azure-native:machinelearningservices:BatchEndpoint",),
    "azure": ("Microsoft.MachineLearningServices/workspaces/batchEndpoints",),
}
FACTS = (Part, Whole)

complete = where_its_whole_is

STEPS = (*machine_learning_workspace.STEPS, ("batchendpoints", ("endpoint_name", "name")))


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole; it runs nothing by itself, so nothing is Located."""
    facts = (whole(properties, STEPS),)
    yield from in_its_whole(
        properties, context, facts, machine_learning_workspace.STEPS, "its workspace"
    )

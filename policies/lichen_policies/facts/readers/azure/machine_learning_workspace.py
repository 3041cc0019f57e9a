"""Azure Machine Learning's workspace, in whose region its computers and endpoints may be."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Part, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is, whole

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:machinelearningservices:Workspace",
        "azure:machinelearning/workspace:Workspace",
    ),
    "terraform": ("azurerm_machine_learning_workspace",),
    "azure": ("Microsoft.MachineLearningServices/workspaces",),
}
FACTS = (Part, Whole)

complete = where_its_whole_is

STEPS = (("workspaces", ("workspace_name", "name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole; it runs nothing by itself, so nothing is Located."""
    yield from in_its_group(properties, context, (whole(properties, STEPS),))

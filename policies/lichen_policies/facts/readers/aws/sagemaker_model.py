"""SageMaker's model: the containers that serve it."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:sagemaker/model:Model", "aws-native:sagemaker:Model"),
    "terraform": ("aws_sagemaker_model", "awscc_sagemaker_model"),
    "cloudformation": ("AWS::SageMaker::Model",),
}
FACTS = (ServingContainer,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ServingContainer for each container."""
    name = properties.text("name", "model_name")
    containers = properties.blocks("containers", "container")
    primary = properties.block("primary_container")
    for container in ([primary] if primary else []) + containers:
        yield serving_container(container, name)


def serving_container(container: Properties, name: Maybe[str]) -> ServingContainer:
    """What SageMaker's description of a container says, for the resource of a name."""
    settings = container.tags("environment")
    return ServingContainer(
        path=container.path,
        names=(name,) if isinstance(name, str) else (),
        image=field(container.text("image")),
        image_at=container.at("image"),
        settings=field(settings),
        settings_at=container.at("environment"),
        hosting="sagemaker",
    )

"""ECS's task definition: the accelerators that one task takes of the machines of its cluster."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import TaskTemplate
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.gpus import gpus_of
from lichen_policies.facts.readers.aws.json_text import parsed
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecs/taskDefinition:TaskDefinition", "aws-native:ecs:TaskDefinition"),
    "terraform": ("aws_ecs_task_definition", "awscc_ecs_task_definition"),
    "cloudformation": ("AWS::ECS::TaskDefinition",),
}
FACTS = (TaskTemplate,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A TaskTemplate; it runs nothing by itself. Fargate has no accelerators."""
    containers = parsed(properties, "container_definitions")
    on_fargate = properties.texts("requires_compatibilities") == ("FARGATE",)
    yield TaskTemplate(
        path=containers.path,
        names=names(properties, "family", "arn"),
        chips=None if on_fargate else field(_chips(containers)),
    )


def _chips(containers: Properties) -> Maybe[float]:
    """Accelerators of all containers of one task; None for none."""
    total = 0.0
    for container in containers.blocks("items"):
        asked = gpus_of(container)
        if is_unknown(asked):
            return asked
        total += asked or 0
    return total or None

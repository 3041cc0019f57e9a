"""ECS's task definition: the accelerators that one task takes of the machines of its cluster, and
the processor that Fargate runs it on."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ChosenProcessor, StartedImage, TaskTemplate
from lichen_policies.facts.machine import serves
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
FACTS = (ChosenProcessor, StartedImage, TaskTemplate)

_PROCESSORS = {"X86_64": "x86_64", "ARM64": "arm64"}


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A TaskTemplate; it runs nothing by itself. Fargate has no accelerators. A ChosenProcessor
    of a task that Fargate runs, and the images of what plainly serves models."""
    containers = parsed(properties, "container_definitions")
    on_fargate = properties.texts("requires_compatibilities") == ("FARGATE",)
    yield TaskTemplate(
        path=containers.path,
        names=names(properties, "family", "arn"),
        chips=None if on_fargate else field(_chips(containers)),
    )
    for container in containers.blocks("items"):
        if serves(context) or gpus_of(container) is not None:
            yield StartedImage(path=container.at("image"), image=field(container.text("image")))
    if on_fargate:
        yield from _processor(properties, context)


def _processor(properties: Properties, context: Context) -> Iterator[Fact]:
    """The ChosenProcessor of a task: x86 where it says nothing. On machines of EC2 the machine
    decides, and Windows runs on x86 alone."""
    platform = properties.block("runtime_platform")
    system = platform.text("operating_system_family")
    if isinstance(system, str) and system.startswith("WINDOWS"):
        return
    written: Maybe[str] = platform.text("cpu_architecture")
    if not is_unknown(written):
        written = "x86_64" if written is None else _PROCESSORS.get(written)
    yield ChosenProcessor(
        path=platform.at("cpu_architecture"),
        architecture=field(written),
        architecture_at=platform.at("cpu_architecture"),
        by_default=platform.given("cpu_architecture") is False,
        arm="ARM64",
        serves=serves(context),
        less="Fargate's Arm tasks cost 20 % less for the same vCPUs and memory (AWS Fargate "
        "pricing, 2026)",
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

"""ECS's task definition: the accelerators that one task takes of the machines of its cluster, and
the processor that Fargate runs it on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    ChosenProcessor,
    ServingContainer,
    StartedImage,
    TaskTemplate,
)
from lichen_policies.facts.machine import serves
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.gpus import CHIP, gpus_of
from lichen_policies.facts.readers.aws.json_text import parsed
from lichen_policies.facts.servers import DescribedContainer, settings_of, started
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecs/taskDefinition:TaskDefinition", "aws-native:ecs:TaskDefinition"),
    "terraform": ("aws_ecs_task_definition", "awscc_ecs_task_definition"),
    "cloudformation": ("AWS::ECS::TaskDefinition",),
}
FACTS = (ChosenProcessor, ServingContainer, StartedImage, TaskTemplate)

_SECRET = Unknown("is a secret")
_PROCESSORS = {"X86_64": "x86_64", "ARM64": "arm64"}


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A TaskTemplate; it runs nothing by itself. Fargate has no accelerators. A ChosenProcessor
    of a task that Fargate runs, a ServingContainer of each server of models, and the images of what
    serves besides."""
    containers = parsed(properties, "container_definitions")
    on_fargate = properties.texts("requires_compatibilities") == ("FARGATE",)
    yield TaskTemplate(
        path=containers.path,
        names=names(properties, "family", "arn"),
        chips=None if on_fargate else field(_chips(containers)),
    )
    for container in containers.blocks("items"):
        read_as = _container(container, properties.block("runtime_platform"), on_fargate)
        yield from started(
            read_as, hosting="ecs", serves=serves(context) or read_as.chips is not None
        )
    if on_fargate:
        yield from _processor(properties, context)


def _container(container: Properties, platform: Properties, on_fargate: bool) -> DescribedContainer:
    """A container of a task; what a secret holds is not known. Source: Amazon ECS API,
    ``ContainerDefinition``."""
    written = platform.stated_text("cpu_architecture")
    processor = written.value
    settings = settings_of(container.blocks("environment"))
    secrets = {
        name: _SECRET
        for secret in container.blocks("secrets")
        if isinstance(name := secret.text("name"), str)
    }
    chips = None if on_fargate else gpus_of(container)
    image = container.stated_text("image")
    asked = [*container.blocks("resource_requirements"), container]
    return DescribedContainer(
        path=_in_list(container.path),
        image=Stated(image.value, _in_list(image.path)),
        command=container.words("entry_point"),
        args=container.words("command"),
        args_at=_in_list(container.at("command")),
        settings={**settings, **secrets} or None,
        settings_at=_in_list(container.at("environment")),
        chip=None if chips is None else CHIP,
        chips=chips,
        chips_at=_in_list(asked[0].at("value")),
        architecture=Stated(
            _PROCESSORS.get(processor) if isinstance(processor, str) else processor, written.path
        ),
    )


def _in_list(path: str) -> str:
    """A path as the user's document has it, where the containers are a list or a text of one."""
    return re.sub(r"\.items\[", "[", path, count=1, flags=re.IGNORECASE)


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

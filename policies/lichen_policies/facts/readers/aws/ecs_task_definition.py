"""ECS's task definition on Fargate: the processor of a task that serves a model."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ChosenProcessor
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecs/taskDefinition:TaskDefinition", "aws-native:ecs:TaskDefinition"),
    "terraform": ("aws_ecs_task_definition", "awscc_ecs_task_definition"),
    "cloudformation": ("AWS::ECS::TaskDefinition",),
}
FACTS = (ChosenProcessor,)

_PROCESSORS = {"X86_64": "x86_64", "ARM64": "arm64"}


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A ChosenProcessor of a task that Fargate runs: on machines of EC2 the machine decides, and
    Windows runs on x86 alone."""
    platform = properties.block("runtime_platform")
    system = platform.text("operating_system_family")
    if "FARGATE" not in properties.each_text("requires_compatibilities"):
        return
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

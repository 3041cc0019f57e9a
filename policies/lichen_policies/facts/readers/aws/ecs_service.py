"""ECS's service: the accelerators of its tasks, and whether a roll-out that fails goes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import MachineGroup, Machines, ServingEndpoint, TaskTemplate
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.gpus import CHIP
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecs/service:Service", "aws-native:ecs:Service"),
    "terraform": ("aws_ecs_service", "awscc_ecs_service"),
    "cloudformation": ("AWS::ECS::Service",),
}
FACTS = (MachineGroup, Machines, ServingEndpoint)

_WAITS_FOR = "its task definition"
_OPEN = Unknown("names a task definition whose containers are known only after deployment")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A ServingEndpoint where its tags say that it serves a model; a MachineGroup of its tasks,
    whose accelerators its task definition says."""
    tasks = properties.stated_whole("desired_count")
    definition = properties.stated_text("task_definition")
    if definition.value is not None and properties.text("launch_type") != "FARGATE":
        yield MachineGroup(
            path=definition.path,
            template=field(_without_revision(definition.value)),
            template_at=definition.path,
            machines=field(tasks.value),
            machines_at=tasks.path,
            waits_for=_WAITS_FOR,
        )
    if not serves(context):
        return
    within = properties.block("deployment_configuration")
    where = within if properties.dialect == "cloudformation" else properties
    yield ServingEndpoint(
        name=field(properties.text("name", "service_name")),
        guarded=field(_guarded(properties, within)),
        guarded_at=where.at("deployment_circuit_breaker"),
        guard="set enable and rollback to true",
        guard_source="Amazon ECS Developer Guide, Deployment circuit breaker",
    )


def _without_revision(name: Maybe[str]) -> Maybe[str]:
    """``arn:…:task-definition/chat`` of ``arn:…:task-definition/chat:3``."""
    return re.sub(r":\d+$", "", name) if isinstance(name, str) else name


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The accelerators of all tasks, where their definition is among the resources and asks for
    some."""
    found: list[Fact] = list(facts)
    for group in facts:
        if not isinstance(group, MachineGroup):
            continue
        for definition in stack.meant(group.as_read("template"), TaskTemplate, "names")[:1]:
            chips = definition.fact.as_read("chips")
            if is_unknown(chips):
                chips = _OPEN
            if chips is not None:
                found.append(
                    Machines(
                        context=group.context,
                        path=group.path,
                        named_in=definition.resource.address,
                        machines=group.as_read("machines"),  # type: ignore[arg-type]
                        machines_at=group.machines_at,
                        unit="tasks",
                        chip=CHIP,
                        chips_each=chips,  # type: ignore[arg-type]
                        hosting="ecs",
                        waits_for=_WAITS_FOR,
                    )
                )
    return tuple(found)


def _guarded(properties: Properties, within: Properties) -> Maybe[bool]:
    """Whether a circuit breaker or alarms take a roll-out back, or another controller or strategy
    keeps what served before. CloudFormation has both in the deployment's configuration."""
    found = [
        *(
            each.block(guard).scalar("rollback")
            for each in (properties, within)
            for guard in ("deployment_circuit_breaker", "alarms")
        ),
        _other_than("ECS", properties.block("deployment_controller").text("type")),
        _other_than("ROLLING", within.text("strategy")),
    ]
    if any(str(each).lower() == "true" for each in found if not is_unknown(each)):
        return True
    return next((each for each in found if is_unknown(each)), False)


def _other_than(usual: str, found: Maybe[str]) -> Maybe[bool]:
    return found if is_unknown(found) else found not in (None, usual)

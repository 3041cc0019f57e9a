"""ECS's service: whether a roll-out that fails goes back, where it serves a model."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ServingEndpoint
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecs/service:Service",),
    "terraform": ("aws_ecs_service",),
    "cloudformation": ("AWS::ECS::Service",),
}
FACTS = (ServingEndpoint,)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A ServingEndpoint where its tags say that it serves a model."""
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

"""SageMaker's endpoint: what clients call, and how a new configuration is put into service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Serving, ServingEndpoint
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.joining import (
    in_environment_of,
    known_or_open,
    variants_of,
)
from lichen_policies.facts.unknown import Maybe, field, is_unknown
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:sagemaker/endpoint:Endpoint", "aws-native:sagemaker:Endpoint"),
    "terraform": ("aws_sagemaker_endpoint", "awscc_sagemaker_endpoint"),
    "cloudformation": ("AWS::SageMaker::Endpoint",),
}
FACTS = (ServingEndpoint,)

_COMPONENTS = "its models are inference components, whose roll-outs are their own"
_INF1 = "SageMaker's deployment guardrails exclude Inf1"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ServingEndpoint. An endpoint without alarms goes back only where new machines do not
    start."""
    deployment = properties.block("deployment_config")
    rollback = deployment.block("auto_rollback_configuration")
    alarms = rollback.blocks("alarms")
    yield ServingEndpoint(
        waits_for="its configuration",
        name=field(properties.text("name", "endpoint_name")),
        configuration=field(properties.text("endpoint_config_name")),
        configuration_at=properties.at("endpoint_config_name"),
        guarded=field(rollback.given("alarms")),
        guarded_at=rollback.at("alarms"),
        guard="name the alarms that stop a roll-out: one on errors, one on latency",
        guard_source="SageMaker Developer Guide, Auto-Rollback Configuration and Monitoring",
        alarms=field(_all_known(tuple(alarm.text("alarm_name") for alarm in alarms))),
    )


def _all_known(names: tuple[Maybe[str], ...]) -> Maybe[tuple[str, ...]]:
    """The names, or the unknown one among them."""
    unknown = next((name for name in names if is_unknown(name)), None)
    return unknown or tuple(name for name in names if isinstance(name, str))


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The environment of its configuration, where it states none itself and that one is known; and
    why its roll-out cannot be guarded, by its variants."""
    return tuple(
        _completed(fact, stack) if isinstance(fact, ServingEndpoint) else fact for fact in facts
    )


def _completed(endpoint: ServingEndpoint, stack: Stack) -> ServingEndpoint:
    answers = [(variant.fact, answer) for variant, answer in variants_of(endpoint, stack)]
    its = [variant for variant, answer in answers if answer]
    within = in_environment_of(endpoint.context, its)
    return msgspec.structs.replace(
        endpoint,
        context=endpoint.context if is_unknown(within.environment) else within,
        unguardable=field(known_or_open(partial(_unguardable, answers))),
    )


def _unguardable(answers: Sequence[tuple[Serving, bool | None]]) -> str | None:
    for variant, its in answers:
        if its is None:
            return None
        if its and variant.holds_model is False:
            return _COMPONENTS
        if its and (variant.if_known.machine or "").startswith("inf1."):
            return _INF1
    return ""

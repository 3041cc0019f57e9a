"""Application Auto Scaling's policy: what moves a SageMaker variant or component in its bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ScalingPolicy, ScalingSchedule, TargetInStack
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.joining import (
    alike,
    any_of,
    both,
    known_or_open,
)
from lichen_policies.facts.unknown import Maybe, field, is_unknown
from lichen_policies.stack import Kind, Stack, Subject

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:appautoscaling/policy:Policy",
        "aws-native:applicationautoscaling:ScalingPolicy",
    ),
    "terraform": ("aws_appautoscaling_policy", "awscc_applicationautoscaling_scaling_policy"),
    "cloudformation": ("AWS::ApplicationAutoScaling::ScalingPolicy",),
}
FACTS = (ScalingPolicy,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ScalingPolicy where it is SageMaker's, or may be: CloudFormation lets a policy name its
    target alone."""
    namespace = properties.text("service_namespace")
    if isinstance(namespace, str) and namespace != "sagemaker":
        return
    tracking = properties.block("target_tracking_scaling_policy_configuration")
    predefined = tracking.block("predefined_metric_specification")
    customized = tracking.block("customized_metric_specification")
    yield ScalingPolicy(
        path=tracking.path,
        waits_for="the other policies of its target",
        name=field(properties.text("name", "policy_name")),
        scales=field(properties.text("resource_id", "scaling_target_id")),
        dimension=field(properties.text("scalable_dimension")),
        kind=field(properties.text("policy_type")),
        tracks=field(predefined.text("predefined_metric_type") or customized.text("metric_name")),
        target=field(tracking.number("target_value")),
        target_at=tracking.at("target_value"),
        scales_in=field(_scales_in(properties, tracking)),
        scales_in_at=tracking.at("disable_scale_in"),
        scale_in_cooldown_s=field(tracking.number("scale_in_cooldown")),
        scale_in_cooldown_at=tracking.at("scale_in_cooldown"),
    )


def _scales_in(properties: Properties, tracking: Properties) -> Maybe[bool]:
    """Whether it also lowers the number: tracking does unless that is disabled, steps where one of
    them is negative."""
    if tracking:
        disabled = tracking.scalar("disable_scale_in")
        if is_unknown(disabled):
            return disabled
        return str(disabled).lower() != "true"
    steps = properties.block("step_scaling_policy_configuration")
    changes = [
        step.number("scaling_adjustment")
        for step in steps.blocks("step_adjustments", "step_adjustment")
    ]
    unknown = next((change for change in changes if is_unknown(change)), None)
    return unknown or any(isinstance(change, float) and change < 0 for change in changes)


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """What else of the stack lowers the number."""
    return tuple(
        msgspec.structs.replace(
            fact,
            another_way_down=field(known_or_open(partial(_another, fact, stack))),
        )
        if isinstance(fact, ScalingPolicy)
        else fact
        for fact in facts
    )


def _another(policy: ScalingPolicy, stack: Stack) -> str | None:
    scaled, targets = policy.as_read("scales"), stack.addresses(TargetInStack)
    down = any_of(
        both(alike(scaled, other.fact.as_read("scales"), targets), _lowers(other.fact))
        for other in _with_target(scaled, stack.once(_policies))
        if other.fact is not policy
    )
    at_times = any_of(
        alike(scaled, schedule.fact.as_read("scales"), targets)
        for schedule in _with_target(scaled, stack.once(_schedules))
    )
    if down or at_times:
        return "another policy" if down else "a schedule"
    return None if None in (down, at_times) else ""


ByTarget: TypeAlias = Mapping[str | None, list[Subject[Kind]]]
"""What moves a target, by the target's name; at None what has any other value for it."""


def _policies(stack: Stack) -> ByTarget[ScalingPolicy]:
    return _by_target(stack.of(ScalingPolicy))


def _schedules(stack: Stack) -> ByTarget[ScalingSchedule]:
    return _by_target(stack.of(ScalingSchedule))


def _by_target(subjects: Iterable[Subject[Kind]]) -> ByTarget[Kind]:
    found: dict[str | None, list[Subject[Kind]]] = defaultdict(list)
    for subject in subjects:
        scaled = subject.fact.as_read("scales")
        found[scaled if isinstance(scaled, str) else None].append(subject)
    return found


def _with_target(scaled: object, every: ByTarget[Kind]) -> Iterator[Subject[Kind]]:
    """Those that may have a target: those of another name cannot."""
    for name in (None, scaled) if isinstance(scaled, str) else every:
        yield from every.get(name, ())


def _lowers(policy: ScalingPolicy) -> bool | None:
    found = policy.as_read("scales_in")
    return None if is_unknown(found) else bool(found)

"""Application Auto Scaling's target: the bounds of a SageMaker variant or inference component."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Alarm,
    KeptWarm,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    Serving,
    TargetInStack,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.joining import (
    addresses,
    any_of,
    both,
    known_or_open,
    means,
    moves,
    variants_scaled,
)
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, Maybe, Unknown, field, is_unknown
from lichen_policies.stack import Stack, Subject

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:appautoscaling/target:Target",
        "aws-native:applicationautoscaling:ScalableTarget",
    ),
    "terraform": ("aws_appautoscaling_target",),
    "cloudformation": ("AWS::ApplicationAutoScaling::ScalableTarget",),
}
FACTS = (KeptWarm, Scaling, ScalingSchedule, TargetInStack)

COPIES = "sagemaker:inference-component:DesiredCopyCount"
INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_TO_ZERO = (
    "SageMaker reaches zero instances only where the endpoint is asynchronous or its model is an "
    "inference component"
)
_WARM = {
    "lambda:function:ProvisionedConcurrency": "copies of the function",
    "sagemaker:variant:DesiredProvisionedConcurrency": "copies of the endpoint",
}


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Scaling and a TargetInStack where the target is SageMaker's machines or copies; a KeptWarm
    where it is what stays warm of a function or a serverless endpoint; its schedules.

    A table or a queue is not judged. If the namespace is unknown, so is the floor: it may not be
    SageMaker's.
    """
    namespace = properties.text("service_namespace")
    dimension = properties.text("scalable_dimension")
    floor = properties.stated_whole("min_capacity")
    if isinstance(dimension, str) and dimension in _WARM:
        yield KeptWarm(
            path=floor.path,
            copies=field(floor.value),
            copies_at=floor.path,
            unit=_WARM[dimension],
        )
        return
    if namespace != "sagemaker" and not is_unknown(namespace):
        return
    least = namespace if is_unknown(namespace) else floor.value
    unit = "copies of the model" if dimension == COPIES else "machines"
    scaled = properties.text("resource_id")
    yield Scaling(
        path=floor.path,
        floor=field(least),
        ceiling=field(namespace if is_unknown(namespace) else properties.whole("max_capacity")),
        ceiling_at=properties.at("max_capacity"),
        unit=unit,
        to_zero=_TO_ZERO if dimension == INSTANCES else "",
        scales=field(scaled),
        dimension=field(dimension),
    )
    schedules = properties.given("scheduled_actions") or None
    yield TargetInStack(
        path=floor.path,
        waits_for="its variant, policies, alarms and schedules",
        floor=field(least),
        floor_at=floor.path,
        scales=field(scaled),
        dimension=field(dimension),
        unit=unit,
        wake_metric="NoCapacityInvocationFailures" if dimension == COPIES else "",
        scheduled=field(
            True if schedules is True else schedules if is_unknown(schedules) else None
        ),
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """What else of the stack moves a target, and what it scales."""
    return tuple(
        _completed(fact, stack) if isinstance(fact, TargetInStack) else fact for fact in facts
    )


def _completed(target: TargetInStack, stack: Stack) -> TargetInStack:
    scheduled = target.as_read("scheduled")
    if scheduled is None:
        scheduled = known_or_open(lambda: _is_scheduled(target, stack))
    variants = variants_scaled(target, stack) if target.as_read("dimension") == INSTANCES else []
    asynchronous = _in_common(variants, "asynchronous")
    metric = "HasBacklogWithoutCapacity" if asynchronous is True else target.wake_metric
    return msgspec.structs.replace(
        target,
        context=_context(target, variants),
        wakes=field(known_or_open(lambda: _wakes(target, metric, stack))) if metric else None,
        scheduled=field(scheduled),
        asynchronous=field(asynchronous),
        holds_model=field(_in_common(variants, "holds_model")),
        wake_metric=metric,
        waits=asynchronous is True,
    )


Variants = list[tuple[Subject[Serving], bool | None]]


def _in_common(variants: Variants, name: str) -> Maybe[bool]:
    """What the variants that it scales have in common; None where the stack has none of them."""
    surely = {variant.fact.as_read(name) for variant, answer in variants if answer}
    if len(surely) == 1:
        value = surely.pop()
        return value if isinstance(value, bool | Unknown) else None
    return Unknown(AFTER_DEPLOYMENT) if any(answer is None for _, answer in variants) else None


def _context(target: TargetInStack, variants: Variants) -> Context:
    """The target's, in the environment of what it scales where it states none itself."""
    context = target.context
    stated = {variant.fact.context.environment for variant, answer in variants if answer}
    if context.environment is not None or len(stated) != 1:
        return context
    return msgspec.structs.replace(context, environment=stated.pop())


def _is_scheduled(target: TargetInStack, stack: Stack) -> bool | None:
    me, targets = stack.subject(target), addresses(stack.of(TargetInStack))
    return any_of(moves(each.fact, me, targets) for each in stack.of(ScalingSchedule))


def _wakes(target: TargetInStack, metric: str, stack: Stack) -> bool | None:
    """Whether an alarm on a metric starts, through a policy of the target, the first of it."""
    me, targets = stack.subject(target), addresses(stack.of(TargetInStack))
    policies = stack.of(ScalingPolicy)
    at = addresses(policies)
    its = [
        (policy, answer)
        for policy in policies
        if (answer := moves(policy.fact, me, targets)) is not False
    ]
    return any_of(
        both(answer, any_of(means(action, policy, at) for action in _each(alarm.fact)))
        for alarm in stack.of(Alarm)
        if alarm.fact.as_read("metric") == metric or is_unknown(alarm.fact.as_read("metric"))
        for policy, answer in its
    )


def _each(alarm: Alarm) -> tuple[object, ...]:
    actions = alarm.as_read("actions")
    return actions if isinstance(actions, tuple) else (actions,)

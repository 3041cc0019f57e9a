"""Application Auto Scaling's target: the bounds of a SageMaker variant or inference component."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import beside
from lichen_policies.facts.kinds import (
    Alarm,
    KeptWarm,
    Machines,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    TargetInStack,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.joining import (
    MeantBy,
    Variants,
    any_of,
    both,
    each_of,
    in_environment_of,
    known_or_open,
    machines_scaled,
    policies_of,
    schedules_of,
    variants_scaled,
)
from lichen_policies.facts.unknown import (
    AFTER_DEPLOYMENT,
    Maybe,
    Unknown,
    Unverified,
    field,
    is_unknown,
)
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:appautoscaling/target:Target",
        "aws-native:applicationautoscaling:ScalableTarget",
    ),
    "terraform": ("aws_appautoscaling_target", "awscc_applicationautoscaling_scalable_target"),
    "cloudformation": ("AWS::ApplicationAutoScaling::ScalableTarget",),
}
FACTS = (KeptWarm, Machines, Scaling, ScalingSchedule, TargetInStack)

COPIES = "sagemaker:inference-component:DesiredCopyCount"
INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_TO_ZERO = (
    "SageMaker reaches zero instances only where the endpoint is asynchronous or its model is an "
    "inference component"
)
_OUTSIDE = Unknown("names a variant that is not among these resources")
_WARM = {
    "lambda:function:ProvisionedConcurrency": "copies of the function",
    "sagemaker:variant:DesiredProvisionedConcurrency": "copies of the endpoint",
}


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Scaling and a TargetInStack where the target is SageMaker's machines or copies; the
    Machines that it bounds; a KeptWarm where it is what stays warm of a function or a serverless
    endpoint; its schedules.

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
    if dimension == INSTANCES and namespace == "sagemaker":
        most = properties.stated_whole("max_capacity")
        yield Machines(
            path=properties.at("resource_id"),
            waits_for="the variant that it scales",
            machine=field(_OUTSIDE),
            machines=field(most.value),
            machines_at=most.path,
            least=field(floor.value),
            least_at=floor.path,
            hosting="sagemaker",
            machine_prefix="ml.",
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
    """What else of the stack moves a target, what it scales, and on which machines."""
    target = next((fact for fact in facts if isinstance(fact, TargetInStack)), None)
    if target is None:
        return facts
    machines = [
        each
        for fact in facts
        if isinstance(fact, Machines)
        for each in _bounded(fact, target, stack)
    ]
    others = (fact for fact in facts if not isinstance(fact, Machines))
    return (
        *(_completed(fact, stack) if isinstance(fact, TargetInStack) else fact for fact in others),
        *machines,
    )


def _bounded(bounds: Machines, target: TargetInStack, stack: Stack) -> Iterator[Machines]:
    """A target's machines, as the variant that it scales names them."""
    try:
        variants = machines_scaled(target, stack)
    except Unverified as error:
        variants, because = [], Unknown(f"cannot be known: {error}")
    else:
        because = _OUTSIDE if not variants else Unknown(AFTER_DEPLOYMENT)
    sure = [variant for variant, answer in variants if answer]
    if not sure:
        yield msgspec.structs.replace(bounds, machine=field(because))
    for variant in sure:
        for its in beside(stack, Machines, variant.resource.address):
            if not its.path.startswith(variant.fact.path):
                continue
            yield msgspec.structs.replace(
                its,
                context=_context(target, [(variant, True)]),
                path=bounds.path,
                named_in=variant.resource.address,
                machines=bounds.as_read("machines"),
                machines_at=bounds.machines_at,
                least=bounds.as_read("least"),
                least_at=bounds.least_at,
                counted=its.as_read("machines"),
                counted_in=variant.resource.address,
                desired=None,
                waits_for=bounds.waits_for,
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


def _in_common(variants: Variants, name: str) -> Maybe[bool]:
    """What the variants that it scales have in common; None where the stack has none of them."""
    surely = {variant.fact.as_read(name) for variant, answer in variants if answer}
    if len(surely) == 1:
        value = surely.pop()
        return value if isinstance(value, bool | Unknown) else None
    return Unknown(AFTER_DEPLOYMENT) if any(answer is None for _, answer in variants) else None


def _context(target: TargetInStack, variants: Variants) -> Context:
    """The target's, in the environment of what it scales where it states none itself."""
    return in_environment_of(
        target.context, [variant.fact for variant, answer in variants if answer]
    )


def _is_scheduled(target: TargetInStack, stack: Stack) -> bool | None:
    return any_of(answer for _, answer in schedules_of(stack.subject(target), stack))


def _wakes(target: TargetInStack, metric: str, stack: Stack) -> bool | None:
    """Whether an alarm on a metric starts, through a policy of the target, the first of it."""
    return any_of(
        both(answer, starts)
        for policy, answer in policies_of(stack.subject(target), stack)
        for alarm, starts in stack.once(_alarms).of(policy)
        if alarm.fact.as_read("metric") == metric or is_unknown(alarm.fact.as_read("metric"))
    )


def _alarms(stack: Stack) -> MeantBy[Alarm, ScalingPolicy]:
    """The alarms by the policies that they start."""
    actions = [
        (alarm, action)
        for alarm in stack.of(Alarm)
        for action in each_of(alarm.fact.as_read("actions"))
    ]
    return MeantBy(actions, ScalingPolicy, "name", stack)

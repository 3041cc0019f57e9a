"""What a ringing alarm does to what is scaled: its step policies change the number that runs."""

from typing import Any

from moto.applicationautoscaling.models import (
    FakeApplicationAutoscalingPolicy,
    applicationautoscaling_backends,
)
from moto.core.base_backend import BaseBackend
from moto.sagemaker.models import sagemaker_backends

from sandbox.aws.emulator.sagemaker.components import Component, components


def ring(backend: BaseBackend, actions: list[str]) -> None:
    """Do what these actions of an alarm ask for, where they are scaling policies."""
    scaling = applicationautoscaling_backends[backend.account_id][backend.region_name]
    for policy in scaling.policies.values():
        target = scaling.targets[policy.scalable_dimension][policy.resource_id]
        if policy.policy_arn in actions and policy.step_scaling_policy_configuration:
            number = _number(policy)
            wanted = number.get() + _change(policy.step_scaling_policy_configuration)
            least, most = target.min_capacity or 0, target.max_capacity or 0
            number.set(min(max(wanted, least), most))


def _change(policy: dict[str, Any]) -> int:
    """What the step adds whose interval begins at the alarm's threshold."""
    if policy["AdjustmentType"] != "ChangeInCapacity":
        raise NotImplementedError(policy["AdjustmentType"])
    return next(
        int(step["ScalingAdjustment"])
        for step in policy["StepAdjustments"]
        if step.get("MetricIntervalLowerBound", 0) == 0
    )


class _Variant:
    """The machines of an endpoint's variant."""

    def __init__(self, variants: list[dict[str, Any]], name: str) -> None:
        self.variant = next(one for one in variants if one["VariantName"] == name)

    def get(self) -> int:
        return int(self.variant["DesiredInstanceCount"])

    def set(self, count: int) -> None:
        self.variant |= {"DesiredInstanceCount": count, "CurrentInstanceCount": count}


class _Copies:
    """The copies of an inference component."""

    def __init__(self, component: Component) -> None:
        self.answer = component.answer

    def get(self) -> int:
        return int(self.answer["RuntimeConfig"]["DesiredCopyCount"])

    def set(self, count: int) -> None:
        self.answer["RuntimeConfig"] = {"DesiredCopyCount": count, "CurrentCopyCount": count}


def _number(policy: FakeApplicationAutoscalingPolicy) -> _Variant | _Copies:
    """The number that a policy changes."""
    sagemaker = sagemaker_backends[policy.account_id][policy.region_name]
    kind, name, *rest = policy.resource_id.split("/")
    if (kind, policy.scalable_dimension) == ("endpoint", "sagemaker:variant:DesiredInstanceCount"):
        return _Variant(sagemaker.endpoints[name].production_variants, rest[-1])
    if kind == "inference-component":
        return _Copies(components(sagemaker)[name])
    raise NotImplementedError(policy.resource_id)

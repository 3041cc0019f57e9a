"""Application Auto Scaling: steps, labels, times, and targets that are there (Application Auto
Scaling API)."""

import itertools
import re
from typing import Any
from zoneinfo import ZoneInfo

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.awslambda.models import lambda_backends

from sandbox.aws.emulator.extensions import Refusal
from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "ValidationException"
LABEL = re.compile(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\)")
_RATE = re.compile(r"rate\([1-9]\d* (minutes?|hours?|days?)\)")
_CRON = re.compile(r"cron\(\S+ \S+ (?P<day>\S+) \S+ (?P<weekday>\S+) \S+\)")


def time_fault(expression: str) -> str | None:
    """What is wrong with a time of EventBridge; None where nothing is."""
    if _AT.fullmatch(expression) or _RATE.fullmatch(expression):
        return None
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return f"Schedule expression {expression} is none of at, rate and cron of six fields."
    if "?" not in (cron["day"], cron["weekday"]):
        return f"Schedule {expression}: one of the day of the month and of the week must be ?."
    return None


def is_zone(name: str) -> bool:
    """Whether a time zone has this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _register(request: Request) -> None:
    least = request["MinCapacity"]
    refuse(_CODE, (least is not None and least < 0, f"MinCapacity {least} is below 0."))
    found = re.fullmatch(r"function:(?P<function>[^:]+):(?P<alias>[^:]+)", request["ResourceId"])
    if found is None:
        return
    name, qualifier = found["function"], found["alias"]
    refuse(_CODE, (qualifier == "$LATEST", "$LATEST has no provisioned concurrency to scale."))
    try:
        lambda_backends[request.account][request.region].get_function(name, qualifier)
    except Exception:
        raise Refusal(
            _CODE, f"Lambda function version or alias doesn't exist: {request['ResourceId']}"
        ) from None


def _put_policy(request: Request) -> None:
    if steps := request["StepScalingPolicyConfiguration"]:
        _check_steps(steps)
    tracking = request["TargetTrackingScalingPolicyConfiguration"] or {}
    label = (tracking.get("PredefinedMetricSpecification") or {}).get("ResourceLabel")
    refuse(_CODE, (label and not LABEL.fullmatch(label), f"Invalid resource label: {label}"))


def _check_steps(policy: dict[str, Any]) -> None:
    steps = policy.get("StepAdjustments") or []
    refuse(
        _CODE,
        (not steps, "At least one step adjustment is required."),
        (
            "MinAdjustmentMagnitude" in policy
            and policy.get("AdjustmentType") != "PercentChangeInCapacity",
            "MinAdjustmentMagnitude goes with PercentChangeInCapacity alone.",
        ),
    )
    never = float("inf")
    bounds = sorted(
        (
            step.get("MetricIntervalLowerBound", -never),
            step.get("MetricIntervalUpperBound", never),
        )
        for step in steps
    )
    for low, high in bounds:
        refuse(
            _CODE,
            ((low, high) == (-never, never), "A step adjustment needs a lower or an upper bound."),
            (high <= low, "The upper bound must be greater than the lower bound."),
        )
    for (_, high), (low, _) in itertools.pairwise(bounds):
        refuse(
            _CODE,
            (low < high, "The ranges of step adjustments overlap."),
            (low > high, "There is a gap between the ranges of step adjustments."),
        )


def _put_action(request: Request) -> None:
    action = request["ScalableTargetAction"]
    wrong = time_fault(request["Schedule"]) if request["Schedule"] else None
    zone, start, end = request["Timezone"], request["StartTime"], request["EndTime"]
    refuse(
        _CODE,
        (wrong, wrong or ""),
        (zone and not is_zone(zone), f"Unknown time zone: {zone}"),
        (
            action is not None and not {"MinCapacity", "MaxCapacity"} & action.keys(),
            "ScalableTargetAction has neither MinCapacity nor MaxCapacity.",
        ),
        (
            action and action.get("MinCapacity", 0) > action.get("MaxCapacity", float("inf")),
            "Maximum capacity cannot be less than minimum capacity",
        ),
        (start and end and end <= start, "The end of a scheduled action is before its start."),
    )


def _delete_action(request: Request) -> None:
    scaling = applicationautoscaling_backends[request.account][request.region]
    of = (request["ResourceId"], request["ScalableDimension"], request["ScheduledActionName"])
    there = [
        (each.resource_id, each.scalable_dimension, each.scheduled_action_name)
        for each in scaling.scheduled_actions
    ]
    refuse(
        "ObjectNotFoundException",
        (of not in there, f"No scheduled action found for resource ID: {of[0]}, name: {of[2]}"),
    )


CHECKS: dict[str, Check] = {
    "DeleteScheduledAction": _delete_action,
    "PutScalingPolicy": _put_policy,
    "PutScheduledAction": _put_action,
    "RegisterScalableTarget": _register,
}

"""How many machines or copies run: targets, policies, and the alarm that wakes from zero."""

from __future__ import annotations

import math
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws.appautoscaling import (
    PolicyStepScalingPolicyConfigurationArgs as Steps,
)
from pulumi_aws.appautoscaling import (
    PolicyStepScalingPolicyConfigurationStepAdjustmentArgs as Step,
)
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationArgs as Tracking,
)
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationArgs as Metric,
)
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationDimensionArgs as By,
)
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs as Predefined,
)

from lichen.document import InputError
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.monitoring import Watch, alarm
from lichen_components.aws.site import Site
from lichen_components.servers.container import Decision

VARIANT = "all"
"""The one variant of an endpoint: scaling and alarms know it by name."""

SCALE_OUT_COOLDOWN_S = 60
SCALE_IN_COOLDOWN_S = 300
"""A machine is added after a minute, removed after five at the earliest (design choice)."""


def check_scaling(args: AwsArgs) -> None:
    """:class:`InputError` where a share is no share."""
    if not 0 < args.get("scaling_share", 1.0) <= 1:
        raise InputError(
            "is the share of a machine's planned requests that the next one is started at: above "
            "0, at most 1",
            fix="scaling_share: 0.5",
            field="scaling_share",
        )


def in_receipt(decision: Decision, args: AwsArgs) -> dict[str, Any]:
    """When the next machine is started, for the receipt."""
    sizing, share = decision.sizing, args.get("scaling_share", 1.0)
    return {
        "scaling": {
            "share": share,
            "next_at_rps_a_machine": round(sizing.rps_planned * share, 4),
            "planned_rps_a_machine": round(sizing.rps_planned, 4),
            "planned_share_of_saturation": round(sizing.headroom, 3),
            "start_s": round(sizing.start_up_s),
            "why": "the plan keeps its own distance from saturation; the longer a machine takes to "
            "start, the lower scaling_share should be: AWS advises half of what was measured "
            "(SageMaker guide, endpoint-scaling-loadtest)",
        }
    }


def scale(
    site: Site, decision: Decision, endpoint: aws.sagemaker.Endpoint, *, share: float = 1.0
) -> aws.appautoscaling.Policy:
    """Target tracking from the placement's minimum to its maximum, of the requests that one
    machine serves within its latency bounds; ``share`` of them is when the next is started."""
    target = target_of(
        site,
        f"endpoint/{site.identity}/variant/{VARIANT}",
        "variant:DesiredInstanceCount",
        decision.sizing.replicas_minimum,
        decision.sizing.replicas_maximum,
        endpoint,
    )
    return track(
        site,
        target,
        predefined("SageMakerVariantInvocationsPerInstance"),
        decision.sizing.rps_planned * 60 * share,
        start_s=decision.sizing.start_up_s,
    )


def target_of(
    site: Site,
    resource: str,
    dimension: str,
    least: int,
    most: int,
    *first: pulumi.Resource,
) -> aws.appautoscaling.Target:
    """What is scaled between two numbers: ``dimension`` is that of SageMaker without its name."""
    return aws.appautoscaling.Target(
        site.child("capacity"),
        service_namespace="sagemaker",
        resource_id=resource,
        scalable_dimension=f"sagemaker:{dimension}",
        min_capacity=least,
        max_capacity=most,
        region=site.region,
        tags=site.tags,
        opts=site.under(*first),
    )


def predefined(metric: str) -> Predefined:
    """One of the metrics that Application Auto Scaling reckons itself."""
    return Predefined(predefined_metric_type=metric)


def averaged(metric: str, **dimensions: str) -> Metric:
    """A metric of SageMaker, on average."""
    return Metric(
        namespace="AWS/SageMaker",
        metric_name=metric,
        statistic="Average",
        dimensions=[By(name=name, value=value) for name, value in dimensions.items()],
    )


def track(
    site: Site,
    target: aws.appautoscaling.Target,
    metric: Predefined | Metric,
    value: float,
    *,
    start_s: float = 0.0,
) -> aws.appautoscaling.Policy:
    """Keep a metric at a value. What takes ``start_s`` to start is not removed sooner than that."""
    return _policy(
        site,
        target,
        "scaling",
        tracking=Tracking(
            target_value=round(value, 2),
            predefined_metric_specification=metric if isinstance(metric, Predefined) else None,
            customized_metric_specification=metric if isinstance(metric, Metric) else None,
            scale_out_cooldown=SCALE_OUT_COOLDOWN_S,
            scale_in_cooldown=max(SCALE_IN_COOLDOWN_S, math.ceil(start_s)),
        ),
    )


def wake(
    site: Site, target: aws.appautoscaling.Target, asleep: Watch, *, statistic: str, cooldown_s: int
) -> aws.cloudwatch.MetricAlarm:
    """Add one when the alarm of a row rings: nothing is tracked where nothing runs.

    ``statistic`` is how the policy adds up the alarm's metric, ``cooldown_s`` how long it then
    adds no other.
    """
    steps = Steps(
        adjustment_type="ChangeInCapacity",
        metric_aggregation_type=statistic,
        cooldown=cooldown_s,
        step_adjustments=[Step(metric_interval_lower_bound="0", scaling_adjustment=1)],
    )
    return alarm(site, asleep, rings=[_policy(site, target, "wake", steps=steps).arn])


def _policy(
    site: Site,
    target: aws.appautoscaling.Target,
    role: str,
    *,
    tracking: Tracking | None = None,
    steps: Steps | None = None,
) -> aws.appautoscaling.Policy:
    return aws.appautoscaling.Policy(
        site.child(role),
        name=f"{site.identity}-{role}",
        policy_type="TargetTrackingScaling" if tracking else "StepScaling",
        service_namespace=target.service_namespace,
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        target_tracking_scaling_policy_configuration=tracking,
        step_scaling_policy_configuration=steps,
        region=site.region,
        opts=site.under(),
    )

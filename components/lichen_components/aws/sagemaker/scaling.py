"""How many machines an endpoint runs, from the placement's minimum to its maximum."""

from __future__ import annotations

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

from lichen_components.aws.monitoring import Watch, alarm
from lichen_components.aws.site import Site
from lichen_components.servers.container import Decision

VARIANT = "all"
"""The one variant of an endpoint: scaling and alarms know it by name."""

SCALE_OUT_COOLDOWN_S = 60
SCALE_IN_COOLDOWN_S = 300
"""A machine is added after a minute, removed after five (design choice)."""

BACKLOG_PER_MACHINE = 5.0
"""Requests that wait for each machine of an asynchronous endpoint (design choice)."""


def scale(site: Site, decision: Decision, endpoint: aws.sagemaker.Endpoint) -> None:
    """Target tracking from the placement's minimum to its maximum.

    A real-time endpoint tracks the requests that one machine serves within its latency bounds. An
    asynchronous one tracks its backlog; from zero an alarm starts the first machine, since there
    is no metric per machine without a machine.
    """
    sizing = decision.sizing
    target = aws.appautoscaling.Target(
        site.child("capacity"),
        service_namespace="sagemaker",
        resource_id=f"endpoint/{site.identity}/variant/{VARIANT}",
        scalable_dimension="sagemaker:variant:DesiredInstanceCount",
        min_capacity=sizing.replicas_minimum,
        max_capacity=sizing.replicas_maximum,
        region=site.region,
        tags=site.tags,
        opts=site.under(endpoint),
    )
    _policy(
        site,
        target,
        "scaling",
        tracking=_backlog(site)
        if decision.workload.mode == "asynchronous"
        else _requests(sizing.rps_planned * 60),
    )
    if sizing.replicas_minimum == 0:
        _wake(site, _policy(site, target, "wake", steps=_first_machine()))


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


def _requests(per_minute: float) -> Tracking:
    return Tracking(
        target_value=round(per_minute, 2),
        predefined_metric_specification=Predefined(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
        ),
        scale_out_cooldown=SCALE_OUT_COOLDOWN_S,
        scale_in_cooldown=SCALE_IN_COOLDOWN_S,
    )


def _backlog(site: Site) -> Tracking:
    return Tracking(
        target_value=BACKLOG_PER_MACHINE,
        customized_metric_specification=Metric(
            namespace="AWS/SageMaker",
            metric_name="ApproximateBacklogSizePerInstance",
            statistic="Average",
            dimensions=[By(name="EndpointName", value=site.identity)],
        ),
        scale_out_cooldown=SCALE_OUT_COOLDOWN_S,
        scale_in_cooldown=SCALE_IN_COOLDOWN_S,
    )


def _first_machine() -> Steps:
    return Steps(
        adjustment_type="ChangeInCapacity",
        metric_aggregation_type="Average",
        cooldown=SCALE_IN_COOLDOWN_S,
        step_adjustments=[Step(metric_interval_lower_bound="0", scaling_adjustment=1)],
    )


def _wake(site: Site, policy: aws.appautoscaling.Policy) -> None:
    """Start a machine when requests wait and none runs (SageMaker asynchronous inference,
    "Autoscale an asynchronous endpoint")."""
    asleep = Watch(
        role="asleep",
        description="Requests wait for an endpoint that sleeps.",
        namespace="AWS/SageMaker",
        metric="HasBacklogWithoutCapacity",
        dimensions={"EndpointName": site.identity},
        statistic="Average",
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        of=1,
        bad=1,
        missing="missing",
    )
    alarm(site, asleep, rings=[policy.arn])

"""How many tasks run: from the placement's minimum to its maximum."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationArgs as Tracking,
)
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs as Predefined,
)

from lichen_components.aws.balancer import Balancer
from lichen_components.aws.site import Site
from lichen_components.servers.container import Decision

SCALE_OUT_COOLDOWN_S = 60


def scale(
    site: Site,
    decision: Decision,
    balancer: Balancer,
    service: aws.ecs.Service,
    cluster: str,
    start_s: int,
    share: float,
) -> aws.appautoscaling.Policy:
    """Track the requests that one task serves within its bounds, ``share`` of which starts the
    next; a task goes no sooner than another would have started."""
    sizing = decision.sizing
    target = aws.appautoscaling.Target(
        site.child("capacity"),
        service_namespace="ecs",
        resource_id=pulumi.Output.concat("service/", cluster, "/", service.name),
        scalable_dimension="ecs:service:DesiredCount",
        min_capacity=max(1, sizing.replicas_minimum),
        max_capacity=sizing.replicas_maximum,
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    return aws.appautoscaling.Policy(
        site.child("scaling"),
        name=f"{site.identity}-scaling",
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        target_tracking_scaling_policy_configuration=Tracking(
            target_value=round(sizing.rps_planned * 60 * share, 2),
            predefined_metric_specification=Predefined(
                predefined_metric_type="ALBRequestCountPerTarget",
                resource_label=balancer.label,
            ),
            scale_out_cooldown=SCALE_OUT_COOLDOWN_S,
            scale_in_cooldown=max(300, start_s),
        ),
        region=site.region,
        opts=site.under(),
    )

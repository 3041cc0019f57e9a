"""What is seen of an endpoint: its log, kept for a while, and the alarms that watch it."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from lichen.placing.placement import Placement
from lichen.words import Environment
from lichen.workload import Workload
from lichen_components.plan import VARIANT, Site

RETENTION_DAYS: dict[Environment, int] = {"dev": 7, "staging": 14, "prod": 90}
"""How long logs are kept (design choice; CloudWatch takes only certain numbers)."""

ERROR_SHARE = 0.01
"""The share of failed requests that raises the alarm (design choice)."""


def logs(site: Site, workload: Workload, key: aws.kms.Key) -> aws.cloudwatch.LogGroup:
    """The log group that SageMaker writes to, made before it makes one that never forgets."""
    return aws.cloudwatch.LogGroup(
        site.child("logs"),
        name=site.log_group_name,
        retention_in_days=RETENTION_DAYS[workload.environment],
        kms_key_id=key.arn,
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )


def slow_ms(workload: Workload, placement: Placement) -> float:
    """The request time that counts as slow: the p95 asked for, else the most that is predicted."""
    if workload.latency.p95_ms is not None:
        return workload.latency.p95_ms
    expected = placement.sizing.p95_ms or placement.sizing.prediction.request_ms
    return expected.high


def alarms(
    site: Site, slow_ms: float, topic: pulumi.Input[str] | None
) -> list[aws.cloudwatch.MetricAlarm]:
    """Failing and slow requests; a roll-out that raises either is rolled back."""
    actions = [] if topic is None else [topic]
    return [
        aws.cloudwatch.MetricAlarm(
            site.child("errors"),
            name=f"{site.endpoint_name}-errors",
            alarm_description=f"More than {ERROR_SHARE:.0%} of requests failed in the model.",
            metric_name="Invocation5XXErrors",
            statistic="Average",
            comparison_operator="GreaterThanThreshold",
            threshold=ERROR_SHARE,
            **_watch(site, actions),
        ),
        aws.cloudwatch.MetricAlarm(
            site.child("latency"),
            name=f"{site.endpoint_name}-latency",
            alarm_description=f"The slowest 5 % of requests took over {slow_ms:.0f} ms.",
            metric_name="ModelLatency",
            extended_statistic="p95",
            comparison_operator="GreaterThanThreshold",
            threshold=round(slow_ms * 1000),  # the metric is in microseconds
            **_watch(site, actions),
        ),
    ]


def _watch(site: Site, actions: list[pulumi.Input[str]]) -> dict[str, Any]:
    """Three bad minutes of five; an endpoint without requests is not a bad one."""
    return {
        "namespace": "AWS/SageMaker",
        "dimensions": {"EndpointName": site.endpoint_name, "VariantName": VARIANT},
        "period": 60,
        "evaluation_periods": 5,
        "datapoints_to_alarm": 3,
        "treat_missing_data": "notBreaching",
        "alarm_actions": actions,
        "ok_actions": actions,
        "region": site.region,
        "tags": site.tags,
        "opts": site.under(),
    }

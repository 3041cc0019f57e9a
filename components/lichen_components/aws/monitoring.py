"""Monitoring of an endpoint: its log, kept for some days, and its alarms."""

from __future__ import annotations

from typing import Any

import msgspec
import pulumi
import pulumi_aws as aws

from lichen.words import Environment
from lichen_components.aws.site import Site
from lichen_components.servers.container import Decision

RETENTION_DAYS: dict[Environment, int] = {"dev": 7, "staging": 14, "prod": 90}
"""How long logs are kept (design choice; CloudWatch takes only certain numbers)."""

ERROR_SHARE = 0.01
"""The share of failed requests that raises the alarm (design choice)."""


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """Where a hosting reports failed and slow requests; latency in ``per_ms`` units a millisecond.

    ``errors`` is a metric whose average is the share of failed requests.
    """

    namespace: str
    dimensions: dict[str, str]
    errors: str
    latency: str
    per_ms: float


def logs(site: Site, environment: Environment, key: aws.kms.Key) -> aws.cloudwatch.LogGroup:
    """The log group of the endpoint, made before the service makes one that keeps logs for ever."""
    return aws.cloudwatch.LogGroup(
        site.child("logs"),
        name=site.log_group_name,
        retention_in_days=RETENTION_DAYS[environment],
        kms_key_id=key.arn,
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )


def slow_ms(decision: Decision) -> float:
    """The request time that counts as slow: the workload's p95, else the high end of the one that
    is predicted at the peak."""
    if decision.workload.latency.p95_ms is not None:
        return decision.workload.latency.p95_ms
    peak = decision.sizing.at_peak
    return (decision.sizing.prediction.request_ms if peak is None else peak.p95_ms).high


def alarms(
    site: Site, metrics: Metrics, slow_ms: float, topic: pulumi.Input[str] | None
) -> list[aws.cloudwatch.MetricAlarm]:
    """Failing and slow requests; a roll-out that raises either is rolled back."""
    actions = [] if topic is None else [topic]
    return [
        aws.cloudwatch.MetricAlarm(
            site.child("errors"),
            name=f"{site.endpoint_name}-errors",
            alarm_description=f"More than {ERROR_SHARE:.0%} of requests failed in the model.",
            metric_name=metrics.errors,
            statistic="Average",
            comparison_operator="GreaterThanThreshold",
            threshold=ERROR_SHARE,
            **_watch(site, metrics, actions),
        ),
        aws.cloudwatch.MetricAlarm(
            site.child("latency"),
            name=f"{site.endpoint_name}-latency",
            alarm_description=f"The slowest 5 % of requests took over {slow_ms:.0f} ms.",
            metric_name=metrics.latency,
            extended_statistic="p95",
            comparison_operator="GreaterThanThreshold",
            threshold=round(slow_ms * metrics.per_ms),
            **_watch(site, metrics, actions),
        ),
    ]


def _watch(site: Site, metrics: Metrics, actions: list[pulumi.Input[str]]) -> dict[str, Any]:
    """Three bad minutes of five; an endpoint without requests raises no alarm."""
    return {
        "namespace": metrics.namespace,
        "dimensions": metrics.dimensions,
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

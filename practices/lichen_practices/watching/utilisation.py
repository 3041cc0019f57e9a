"""What runs in fact: requests and utilisation from CloudWatch and Cloud Monitoring, beside what
the passport says.

Sources: AWS, "Amazon SageMaker AI metrics in Amazon CloudWatch" (``Invocations`` of an endpoint's
variant; ``CPUUtilization`` and ``GPUUtilization`` in ``/aws/sagemaker/Endpoints``, in percent of
one core or one GPU); Google Cloud, "Vertex AI metrics" (``prediction/online/prediction_count``).
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from lichen.document import InputError
from lichen.passport import Passport

HOUR_S = 3600
DAYS = 7
"""How far back measurements are read: a week has every hour of every weekday once."""
NEAR = 1.5
"""A measured peak of more than so many times the declared one, or less, differs (design choice)."""


class MeasuredEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint to ask about: its variant and region, and what its tags declare."""

    stack: str
    endpoint: str
    variant: str
    cloud: Literal["aws", "google"]
    region: str
    passport: Passport | None = None


class Utilisation(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of an endpoint in the last days, beside what its tags declare.

    Rates are requests a second: the highest hour, and the mean of all hours. A utilisation is the
    mean in percent of one processor or one GPU. None was not measured, or not declared.
    ``differs`` says in words what is far from what is declared; empty where nothing is.
    """

    stack: str
    endpoint: str
    variant: str
    region: str
    days: int
    peak_rps: float | None
    mean_rps: float | None
    declared_peak_rps: float | None
    declared_mean_rps: float | None
    cpu_pct: float | None
    gpu_pct: float | None
    differs: str


class HourlyRequests(msgspec.Struct, frozen=True, kw_only=True):
    """Requests in each hour that has any, and mean utilisations in percent."""

    requests: tuple[float, ...] = ()
    cpu_pct: float | None = None
    gpu_pct: float | None = None


class Metrics(Protocol):
    """A monitoring service."""

    def of(self, endpoint: MeasuredEndpoint, start: datetime.datetime, end: datetime.datetime,
           /) -> HourlyRequests: ...  # fmt: skip


def measure(
    endpoints: Iterable[MeasuredEndpoint],
    services: Mapping[str, Metrics],
    now: datetime.datetime,
    days: int = DAYS,
) -> tuple[Utilisation, ...]:
    """What the monitoring services say of endpoints, each of its own cloud's."""
    start = now - datetime.timedelta(days=days)
    return tuple(
        _of(each, services[each.cloud].of(each, start, now), days)
        for each in endpoints
        if each.cloud in services
    )


def _of(endpoint: MeasuredEndpoint, measured: HourlyRequests, days: int) -> Utilisation:
    passport = endpoint.passport
    hours = measured.requests
    peak = max(hours) / HOUR_S if hours else None
    mean = sum(hours) / (days * 24 * HOUR_S) if hours else None
    declared = None if passport is None else passport.peak_rps
    return Utilisation(
        stack=endpoint.stack,
        endpoint=endpoint.endpoint,
        variant=endpoint.variant,
        region=endpoint.region,
        days=days,
        peak_rps=peak,
        mean_rps=mean,
        declared_peak_rps=declared,
        declared_mean_rps=None if passport is None else passport.mean_rps,
        cpu_pct=measured.cpu_pct,
        gpu_pct=measured.gpu_pct,
        differs=_differs(peak, declared, days),
    )


def _differs(peak: float | None, declared: float | None, days: int) -> str:
    if declared is None:
        return ""
    if peak is None:
        return f"no request in {days} days, and {declared:g} a second are declared"
    if peak > declared * NEAR:
        return (
            f"its busiest hour had {peak:.3g} requests/s, {peak / declared:.1f} times the declared "
            "peak"
        )
    if peak * NEAR < declared:
        return (
            f"its busiest hour had {peak:.3g} requests/s, {peak / declared:.0%} of the declared "
            "peak"
        )
    return ""


class CloudWatch:
    """Amazon CloudWatch, with the credentials of the environment."""

    def __init__(self) -> None:
        try:
            import boto3
        except ImportError:
            raise InputError(
                "needs a package that is not installed",
                fix="pip install 'lichen[watch]'",
                field="--utilisation",
            ) from None
        self._session = boto3.session.Session()
        self._clients: dict[str, Any] = {}

    def of(
        self, endpoint: MeasuredEndpoint, start: datetime.datetime, end: datetime.datetime, /
    ) -> HourlyRequests:
        from botocore.exceptions import BotoCoreError, ClientError

        if endpoint.region not in self._clients:
            self._clients[endpoint.region] = self._session.client(
                "cloudwatch", region_name=endpoint.region
            )
        client = self._clients[endpoint.region]
        dimensions = [
            {"Name": "EndpointName", "Value": endpoint.endpoint},
            {"Name": "VariantName", "Value": endpoint.variant},
        ]

        def query(name: str, namespace: str, metric: str, statistic: str) -> dict[str, Any]:
            return {
                "Id": name,
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": metric,
                        "Dimensions": dimensions,
                    },
                    "Period": HOUR_S,
                    "Stat": statistic,
                },
            }

        machines = "/aws/sagemaker/Endpoints"
        try:
            pages = client.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[
                    query("requests", "AWS/SageMaker", "Invocations", "Sum"),
                    query("cpu", machines, "CPUUtilization", "Average"),
                    query("gpu", machines, "GPUUtilization", "Average"),
                ],
                StartTime=start,
                EndTime=end,
            )
            values: dict[str, list[float]] = defaultdict(list)
            for page in pages:
                for result in page["MetricDataResults"]:
                    values[result["Id"]] += result["Values"]
        except (BotoCoreError, ClientError) as error:
            raise InputError(
                f"CloudWatch does not answer in {endpoint.region} ({type(error).__name__})",
                fix="give credentials that may call cloudwatch:GetMetricData",
                field="--utilisation",
            ) from None
        return HourlyRequests(
            requests=tuple(values["requests"]),
            cpu_pct=_mean(values["cpu"]),
            gpu_pct=_mean(values["gpu"]),
        )


class CloudMonitoring:
    """Google Cloud Monitoring of a project, with the credentials of the environment; ``client`` is
    one that is there already."""

    def __init__(self, project: str, client: Any = None) -> None:
        try:
            from google.cloud import monitoring_v3
        except ImportError:
            raise InputError(
                "needs a package that is not installed",
                fix="pip install 'lichen[watch]'",
                field="--utilisation",
            ) from None
        self.project = project
        self._monitoring = monitoring_v3
        self._client = client

    def of(
        self, endpoint: MeasuredEndpoint, start: datetime.datetime, end: datetime.datetime, /
    ) -> HourlyRequests:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        api = self._monitoring
        try:
            if self._client is None:
                self._client = api.MetricServiceClient()
            series = self._client.list_time_series(
                api.ListTimeSeriesRequest(
                    name=f"projects/{self.project}",
                    filter=(
                        'metric.type="aiplatform.googleapis.com/prediction/online/'
                        'prediction_count" AND resource.labels.endpoint_id='
                        + json.dumps(endpoint.endpoint)
                    ),
                    interval=api.TimeInterval(start_time=start, end_time=end),
                    aggregation=api.Aggregation(
                        alignment_period={"seconds": HOUR_S},
                        per_series_aligner=api.Aggregation.Aligner.ALIGN_SUM,
                        cross_series_reducer=api.Aggregation.Reducer.REDUCE_SUM,
                    ),
                )
            )
            points = [point.value for each in series for point in each.points]
        except (GoogleAPIError, GoogleAuthError) as error:
            raise InputError(
                f"Cloud Monitoring does not answer ({type(error).__name__})",
                fix="give credentials that may call monitoring.timeSeries.list",
                field="--utilisation",
            ) from None
        return HourlyRequests(
            requests=tuple(float(value.int64_value or value.double_value) for value in points)
        )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None

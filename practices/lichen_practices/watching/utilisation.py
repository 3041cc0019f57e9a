"""What runs in fact: requests and utilisation from CloudWatch and Cloud Monitoring, beside what
the passport says.

Sources: AWS, "Amazon SageMaker AI metrics in Amazon CloudWatch" (``Invocations`` of an endpoint's
variant; ``CPUUtilization`` and ``GPUUtilization`` in ``/aws/sagemaker/Endpoints``, in percent of
one core or one GPU); Google Cloud, "Google Cloud metrics" (of Vertex AI
``prediction/online/prediction_count``, ``cpu/utilization`` and ``accelerator/duty_cycle``, the last
two as fractions; of Cloud Run ``request_count``, whose utilisations are no single numbers; of a
group of machines the ``request_count`` of the application load balancers that have it as a backend,
and ``instance/cpu/utilization``, a fraction).
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from lichen.document import InputError
from lichen.figures import amount, percent
from lichen.passport import Passport

HOUR_S = 3600
DAYS = 7
"""How far back measurements are read: a week has every hour of every weekday once."""
NEAR = 1.5
"""A measured peak of more than so many times the declared one, or less, differs (design choice)."""


class MeasuredEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint to ask about: its variant and region, and what its tags declare. ``hosting`` is
    what serves it, as a name of hostings.csv; ``zone`` is its zone where it is in a single one."""

    stack: str
    endpoint: str
    variant: str
    cloud: Literal["aws", "google"]
    region: str
    passport: Passport | None = None
    hosting: Literal["sagemaker", "vertex", "cloud-run", "compute-engine"] = "sagemaker"
    zone: str | None = None


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


Quantity = Literal["requests", "cpu", "gpu"]
"""What a monitoring service is asked for: requests in each hour, mean utilisations in percent."""


class Monitoring(Protocol):
    """A monitoring service: how it is asked, and what its refusals are."""

    title: str
    permission: str
    """What credentials need, in the service's own word."""

    def errors(self) -> tuple[type[Exception], ...]:
        """What its library raises where the service does not answer."""

    def hourly(
        self, endpoint: MeasuredEndpoint, start: datetime.datetime, end: datetime.datetime, /
    ) -> Mapping[Quantity, Sequence[float]]:
        """The values of the hours that have any; what the service does not measure is left out."""


def measure(
    endpoints: Iterable[MeasuredEndpoint],
    services: Mapping[str, Monitoring],
    now: datetime.datetime,
    days: int = DAYS,
) -> tuple[Utilisation, ...]:
    """What the monitoring services say of endpoints, each of its own cloud's."""
    start = now - datetime.timedelta(days=days)
    return tuple(
        _of(each, _asked(services[each.cloud], each, start, now), days)
        for each in endpoints
        if each.cloud in services
    )


def _asked(
    service: Monitoring,
    endpoint: MeasuredEndpoint,
    start: datetime.datetime,
    end: datetime.datetime,
) -> Mapping[Quantity, Sequence[float]]:
    try:
        return service.hourly(endpoint, start, end)
    except service.errors() as error:
        raise InputError(
            f"{service.title} does not answer in {endpoint.region} ({type(error).__name__})",
            fix=f"give credentials that may call {service.permission}",
            field="--utilisation",
        ) from None


def _of(
    endpoint: MeasuredEndpoint, measured: Mapping[Quantity, Sequence[float]], days: int
) -> Utilisation:
    passport = endpoint.passport
    hours = measured.get("requests") or ()
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
        cpu_pct=_mean(measured.get("cpu", ())),
        gpu_pct=_mean(measured.get("gpu", ())),
        differs=_differs(peak, declared, days) if "requests" in measured else "",
    )


def _differs(peak: float | None, declared: float | None, days: int) -> str:
    if declared is None:
        return ""
    if peak is None:
        return f"no request in {days} days, and {amount(declared)} a second are declared"
    if peak > declared * NEAR:
        return (
            f"its busiest hour had {amount(peak)} requests/s, {amount(peak / declared)} times the "
            "declared peak"
        )
    if peak * NEAR < declared:
        return (
            f"its busiest hour had {amount(peak)} requests/s, {percent(peak / declared)} of "
            "the declared peak"
        )
    return ""


_NOT_INSTALLED = InputError(
    "needs a package that is not installed",
    fix="pip install 'lichen[watch]'",
    field="--utilisation",
)


class CloudWatch:
    """Amazon CloudWatch, with the credentials of the environment."""

    title, permission = "CloudWatch", "cloudwatch:GetMetricData"
    _METRICS: Mapping[Quantity, tuple[str, str, str]] = {
        "requests": ("AWS/SageMaker", "Invocations", "Sum"),
        "cpu": ("/aws/sagemaker/Endpoints", "CPUUtilization", "Average"),
        "gpu": ("/aws/sagemaker/Endpoints", "GPUUtilization", "Average"),
    }

    def __init__(self) -> None:
        try:
            import boto3
        except ImportError:
            raise _NOT_INSTALLED from None
        self._session = boto3.session.Session()
        self._clients: dict[str, Any] = {}

    def errors(self) -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        return BotoCoreError, ClientError

    def hourly(
        self, endpoint: MeasuredEndpoint, start: datetime.datetime, end: datetime.datetime, /
    ) -> Mapping[Quantity, Sequence[float]]:
        if endpoint.region not in self._clients:
            self._clients[endpoint.region] = self._session.client(
                "cloudwatch", region_name=endpoint.region
            )
        dimensions = [
            {"Name": "EndpointName", "Value": endpoint.endpoint},
            {"Name": "VariantName", "Value": endpoint.variant},
        ]
        queries = [
            {
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
            for name, (namespace, metric, statistic) in self._METRICS.items()
        ]
        values: dict[Quantity, list[float]] = defaultdict(list)
        paginator = self._clients[endpoint.region].get_paginator("get_metric_data")
        for page in paginator.paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
            for result in page["MetricDataResults"]:
                values[result["Id"]] += result["Values"]
        return values


class GoogleMetric(NamedTuple):
    """A metric of Cloud Monitoring, which series of it are an endpoint's, and what makes percent of
    it; None adds it up."""

    type: str
    where: str
    percent: float | None = None


_ONLINE = "aiplatform.googleapis.com/prediction/online"
_OF_VERTEX = "resource.labels.endpoint_id={name} AND resource.labels.location={region}"
_BALANCED = "loadbalancing.googleapis.com/https"
_BEHIND = "resource.labels.backend_name={name} AND resource.labels.backend_scope={scope}"
"""Groups of two zones or regions may have one name."""


class CloudMonitoring:
    """Google Cloud Monitoring of a project, with the credentials of the environment; ``client`` is
    one that is there already."""

    title, permission = "Cloud Monitoring", "monitoring.timeSeries.list"
    _METRICS: Mapping[str, Sequence[tuple[Quantity, GoogleMetric]]] = {
        "vertex": (
            ("requests", GoogleMetric(f"{_ONLINE}/prediction_count", _OF_VERTEX)),
            ("cpu", GoogleMetric(f"{_ONLINE}/cpu/utilization", _OF_VERTEX, 100.0)),
            ("gpu", GoogleMetric(f"{_ONLINE}/accelerator/duty_cycle", _OF_VERTEX, 100.0)),
        ),
        "cloud-run": (
            (
                "requests",
                GoogleMetric(
                    "run.googleapis.com/request_count",
                    "resource.labels.service_name={name} AND resource.labels.location={region}",
                ),
            ),
        ),
        # A group may be behind several of them, whose requests are added up hour by hour.
        "compute-engine": (
            ("requests", GoogleMetric(f"{_BALANCED}/internal/request_count", _BEHIND)),
            ("requests", GoogleMetric(f"{_BALANCED}/external/regional/request_count", _BEHIND)),
            ("requests", GoogleMetric(f"{_BALANCED}/request_count", _BEHIND)),
            (
                "cpu",
                GoogleMetric(
                    "compute.googleapis.com/instance/cpu/utilization",
                    "metadata.system_labels.instance_group={name} AND "
                    "resource.labels.zone=starts_with({zones})",
                    100.0,
                ),
            ),
        ),
    }

    def __init__(self, project: str, client: Any = None) -> None:
        try:
            from google.cloud import monitoring_v3
        except ImportError:
            raise _NOT_INSTALLED from None
        self.project = project
        self._monitoring = monitoring_v3
        self._client = client

    def errors(self) -> tuple[type[Exception], ...]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        return GoogleAPIError, GoogleAuthError

    def hourly(
        self, endpoint: MeasuredEndpoint, start: datetime.datetime, end: datetime.datetime, /
    ) -> Mapping[Quantity, Sequence[float]]:
        if self._client is None:
            self._client = self._monitoring.MetricServiceClient()
        name, region = json.dumps(endpoint.endpoint), json.dumps(endpoint.region)
        zones = json.dumps(endpoint.zone or f"{endpoint.region}-")
        scope = json.dumps(endpoint.zone or endpoint.region)
        hours: dict[Quantity, dict[datetime.datetime, float]] = {}
        for quantity, metric in self._METRICS[endpoint.hosting]:
            where = metric.where.format(name=name, region=region, zones=zones, scope=scope)
            which = f'metric.type="{metric.type}" AND {where}'
            of = hours.setdefault(quantity, defaultdict(float))
            for hour, value in self._values(metric, which, start, end):
                of[hour] += value
        if endpoint.hosting == "compute-engine" and not hours["requests"]:
            del hours["requests"]  # it may be behind no load balancer that counts them
        return {quantity: tuple(of.values()) for quantity, of in hours.items()}

    def _values(
        self, metric: GoogleMetric, which: str, start: datetime.datetime, end: datetime.datetime
    ) -> Iterator[tuple[datetime.datetime, float]]:
        """The end of each hour that has a value, and the value: requests, or percent."""
        api, adds = self._monitoring, metric.percent is None
        aligner, reducer = api.Aggregation.Aligner, api.Aggregation.Reducer
        series = self._client.list_time_series(
            api.ListTimeSeriesRequest(
                name=f"projects/{self.project}",
                filter=which,
                interval=api.TimeInterval(start_time=start, end_time=end),
                aggregation=api.Aggregation(
                    alignment_period={"seconds": HOUR_S},
                    per_series_aligner=aligner.ALIGN_SUM if adds else aligner.ALIGN_MEAN,
                    cross_series_reducer=reducer.REDUCE_SUM if adds else reducer.REDUCE_MEAN,
                ),
            )
        )
        for each in series:
            for point in each.points:
                value = float(point.value.int64_value or point.value.double_value)
                yield point.interval.end_time, value * (metric.percent or 1.0)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None

"""A run as metrics: Prometheus' text for the node exporter's folder, and OpenTelemetry by OTLP."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec

from lichen.document import InputError
from lichen.whole_file import write_asked
from lichen_practices.watching.address import without_secret
from lichen_practices.watching.kinds import Kind
from lichen_practices.watching.run import Watched

_MISSING = "needs a package that is not installed"
_INSTALL = "pip install 'lichen[watch]'"


class Gauge(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that goes up and down, with its value for each set of labels."""

    name: str
    unit: str
    help: str
    values: tuple[tuple[dict[str, str], float], ...]


def gauges(watched: Watched) -> Iterator[Gauge]:
    """The metrics of a run. What is not known has no sample, never a 0."""
    labels = [
        {
            "stack": each.stack,
            "resource": each.name,
            "region": each.region or "",
            "machine": each.machine or "",
        }
        for each in watched.running
    ]
    yield Gauge(
        name="lichen_endpoint_co2e_grams_month",
        unit="g",
        help="Estimated gCO2e in a month of 730 hours, by location; bound is low, likely or high.",
        values=tuple(
            ({**name, "bound": bound}, getattr(each.gco2e_month, bound))
            for name, each in zip(labels, watched.running, strict=True)
            if each.gco2e_month is not None
            for bound in ("low", "likely", "high")
        ),
    )
    yield Gauge(
        name="lichen_endpoint_cost_dollars_month",
        unit="USD",
        help="Estimated dollars in a month of 730 hours, at list price.",
        values=tuple(
            (name, each.usd_month)
            for name, each in zip(labels, watched.running, strict=True)
            if each.usd_month is not None
        ),
    )
    yield Gauge(
        name="lichen_endpoint_machines",
        unit="",
        help="Machines that run at the least.",
        values=tuple(
            (name, float(each.machines))
            for name, each in zip(labels, watched.running, strict=True)
            if each.machines is not None
        ),
    )
    kinds = Counter(notice.kind for notice in watched.notices)
    yield Gauge(
        name="lichen_notices",
        unit="",
        help="What the last run noticed, by kind.",
        values=tuple(({"kind": kind}, float(kinds[kind])) for kind in get_args(Kind)),
    )
    yield Gauge(
        name="lichen_states_unread",
        unit="",
        help="States that the last run could not read.",
        values=(({}, float(len(watched.unread))),),
    )
    yield Gauge(
        name="lichen_watch_timestamp_seconds",
        unit="s",
        help="When the last run was, in seconds since 1970.",
        values=(({}, watched.at.timestamp()),),
    )


def write_prometheus(watched: Watched, path: Path) -> None:
    """The metrics as Prometheus' text, in a file that is written whole."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client import Gauge as Sampled
    except ImportError:
        raise InputError(_MISSING, fix=_INSTALL, field="--prometheus") from None
    registry = CollectorRegistry()
    for each in gauges(watched):
        if not each.values:
            continue
        names = list(each.values[0][0])
        gauge = Sampled(each.name, each.help, names, registry=registry)
        for labels, value in each.values:
            (gauge.labels(**labels) if labels else gauge).set(value)
    write_asked(path, generate_latest(registry))


def send_otlp(watched: Watched, address: str, timeout_s: float = 10) -> None:
    """The metrics by OpenTelemetry's protocol over HTTP, once. :class:`InputError` where nobody
    takes them."""
    try:
        import requests
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import (
            InMemoryMetricReader,
            MetricExportResult,
        )
        from opentelemetry.sdk.resources import Resource
    except ImportError:
        raise InputError(_MISSING, fix=_INSTALL, field="--otlp") from None
    if not address.startswith(("http://", "https://")):
        raise InputError(
            f"{without_secret(address)!r} is no address",
            fix="write http://HOST:4318/v1/metrics",
            field="--otlp",
        )
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource({"service.name": "lichen-watch"}))
    meter = provider.get_meter("lichen")
    for each in gauges(watched):
        gauge = meter.create_gauge(each.name, unit=each.unit, description=each.help)
        for labels, value in each.values:
            gauge.set(value, labels)
    data = reader.get_metrics_data()
    provider.shutdown()
    moved: list[str] = []

    def seen(answer: requests.Response, *_arguments: object, **_options: object) -> None:
        if answer.is_redirect:
            moved.append(answer.headers["location"])

    session = requests.Session()
    session.max_redirects = 0  # followed, it would be asked for, and nothing be sent
    session.hooks["response"].append(seen)
    logging.getLogger(OTLPMetricExporter.__module__).setLevel(logging.CRITICAL)  # said below
    exporter = OTLPMetricExporter(address, timeout=timeout_s, session=session)
    result = None if data is None else exporter.export(data, timeout_millis=timeout_s * 1e3)
    exporter.shutdown()
    if moved:
        raise InputError(
            "leads to another address, and the metrics are not sent there",
            fix="name the address that takes them",
            field="--otlp",
        )
    if result is not MetricExportResult.SUCCESS:
        raise InputError(
            f"nobody takes the metrics at {without_secret(address)}",
            fix="check that a collector listens at it for OTLP over HTTP",
            field="--otlp",
        )

"""A dashboard of a deployment: one page with what people look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pulumi
import pulumi_aws as aws

from lichen_components.aws.site import Site

_WIDTH, _HEIGHT, _COLUMNS = 12, 6, 24


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of a chart. ``hidden`` ones only feed an expression, by their ``id``."""

    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    id: str = ""
    hidden: bool = False


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One chart: lines, or an expression of CloudWatch's metric math over hidden ones."""

    title: str
    lines: tuple[Line, ...]
    expression: str = ""
    label: str = ""


def dashboard(site: Site, charts: Sequence[Chart]) -> aws.cloudwatch.Dashboard:
    """The dashboard, named after the deployment."""
    return aws.cloudwatch.Dashboard(
        site.child("dashboard"),
        dashboard_name=site.identity,
        dashboard_body=pulumi.Output.json_dumps(body(site.region, charts)),
        region=site.region,
        opts=site.under(),
    )


def dashboard_url(site: Site) -> str:
    """Where it is looked at."""
    china = site.region.startswith("cn-")
    console = "console.amazonaws.cn" if china else "console.aws.amazon.com"
    return (
        f"https://{site.region}.{console}/cloudwatch/home?region={site.region}"
        f"#dashboards:name={site.identity}"
    )


def watts(title: str, line: Line, idle_w: float, full_w: float, per_cent: float) -> Chart:
    """Estimated watts of one machine: a straight line from idle to full over its utilisation.

    ``per_cent`` is the metric at full use: 100, or 100 for each core.
    """
    each_w = (full_w - idle_w) / per_cent
    used = msgspec.structs.replace(line, id="used", hidden=True)
    return Chart(
        title=title,
        lines=(used,),
        expression=f"{idle_w:.1f} + {each_w:.4f} * used",
        label="watts of one machine (estimated)",
    )


def body(region: str, charts: Sequence[Chart]) -> dict[str, Any]:
    """What CloudWatch takes: charts in two columns, each with its region."""
    per_row = _COLUMNS // _WIDTH
    return {
        "widgets": [
            {
                "type": "metric",
                "x": index % per_row * _WIDTH,
                "y": index // per_row * _HEIGHT,
                "width": _WIDTH,
                "height": _HEIGHT,
                "properties": {
                    "title": chart.title,
                    "region": region,
                    "view": "timeSeries",
                    "period": 60,
                    "metrics": _metrics(chart),
                },
            }
            for index, chart in enumerate(charts)
        ]
    }


def _metrics(chart: Chart) -> list[list[Any]]:
    lines: list[list[Any]] = [
        [
            line.namespace,
            line.metric,
            *(part for pair in line.dimensions.items() for part in pair),
            {"stat": line.statistic}
            | ({"id": line.id} if line.id else {})
            | ({"visible": False} if line.hidden else {}),
        ]
        for line in chart.lines
    ]
    if chart.expression:
        lines.append([{"expression": chart.expression, "label": chart.label, "id": "result"}])
    return lines


def link(made: aws.cloudwatch.Dashboard | None, site: Site) -> pulumi.Output[str]:
    """The address of the dashboard; "" without one."""
    if made is None:
        return pulumi.Output.from_input("")
    return made.dashboard_arn.apply(lambda _: dashboard_url(site))

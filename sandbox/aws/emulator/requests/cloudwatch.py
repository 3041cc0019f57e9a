"""CloudWatch: alarms and dashboards (CloudWatch API; "Dashboard body structure and syntax")."""

import json
import re
from typing import Any

from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "ValidationError"
_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_OF_ONE_METRIC = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic")
_STATISTIC = re.compile(
    r"(p|tm|tc|ts|wm)(?P<rank>100|\d{1,2}(\.\d{1,10})?)|IQM|(PR|TC|TM|TS|WM)\([^)]+\)"
)
_WIDGETS = ("metric", "text", "log", "alarm", "explorer", "custom")
_COLUMNS, _MOST_ROWS = 24, 1000
_NAME = re.compile(r"[a-z][A-Za-z0-9_]*")
_WORD = re.compile(r"\b[a-z][A-Za-z0-9_]*\b(?!\()")


def _put_alarm(request: Request) -> None:
    metrics, name = request["Metrics"], request["MetricName"]
    refuse(
        _CODE,
        (not metrics and not name, "Specify either MetricName or Metrics."),
        (
            metrics and any(request[one] is not None for one in _OF_ONE_METRIC),
            f"With Metrics none of {', '.join(_OF_ONE_METRIC)} may be given.",
        ),
        (name and request["Period"] is None, "Period is required with MetricName."),
        (
            request["Threshold"] is None and not request["ThresholdMetricId"],
            "Threshold is required for an alarm on a static threshold.",
        ),
        (
            request["ThresholdMetricId"] and not metrics,
            "ThresholdMetricId names a metric of Metrics, and there are none.",
        ),
        (
            (request["TreatMissingData"] or "missing") not in _MISSING,
            f"TreatMissingData must be one of {', '.join(_MISSING)}.",
        ),
        (
            request["ExtendedStatistic"] and not _STATISTIC.fullmatch(request["ExtendedStatistic"]),
            f"The value {request['ExtendedStatistic']} for ExtendedStatistic is no statistic.",
        ),
    )
    for kind in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        for action in request[kind] or []:
            refuse(
                _CODE,
                (not action.startswith("arn:"), f"Invalid ARN of an action of {kind}: {action}"),
            )
    if metrics:
        _check_metrics(metrics)


def _check_metrics(metrics: list[dict[str, Any]]) -> None:
    """One of them is what the alarm watches, and all that an expression names are there."""
    names = [metric["Id"] for metric in metrics]
    returned = [metric for metric in metrics if metric.get("ReturnData", True)]
    refuse(
        _CODE,
        (len(set(names)) < len(names), f"Each Id of Metrics is used once: {', '.join(names)}."),
        (len(returned) != 1, "Exactly one of Metrics must have ReturnData true."),
    )
    for metric in metrics:
        expression = metric.get("Expression", "")
        if not expression.startswith(("SELECT", "SEARCH")):
            for word in _WORD.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)):
                refuse(
                    _CODE,
                    (_NAME.fullmatch(word) and word not in names, f"{word} is no Id of Metrics."),
                )


def _put_dashboard(request: Request) -> None:
    name, code = request["DashboardName"], "InvalidParameterInput"
    refuse(
        "InvalidParameterValue",
        (
            not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name),
            f"DashboardName {name} has characters other than letters, digits, - and _.",
        ),
    )
    try:
        body = json.loads(request["DashboardBody"])
    except ValueError:
        return  # moto says so
    refuse(code, (not isinstance(body.get("widgets"), list), "The body has no field widgets."))
    for at, widget in enumerate(body["widgets"]):
        here, properties = f"/widgets/{at}", widget.get("properties") or {}
        refuse(
            code,
            (widget.get("type") not in _WIDGETS, f"{here}/type must be one of {_WIDGETS}."),
            (not 1 <= widget.get("width", 6) <= _COLUMNS, f"{here}/width must be 1 to {_COLUMNS}."),
            (not 1 <= widget.get("height", 6) <= _MOST_ROWS, f"{here}/height must be 1 to 1000."),
            (
                widget.get("type") == "metric" and not properties.get("region"),
                f"{here}/properties should have the property region.",
            ),
            (
                widget.get("type") == "metric"
                and not (properties.get("metrics") or properties.get("annotations")),
                f"{here}/properties should have the property metrics.",
            ),
        )
        for metric in properties.get("metrics") or []:
            parts = [part for part in metric if isinstance(part, str)]
            refuse(
                code,
                (
                    len(parts) % 2 and "..." not in parts,
                    f"{here}/properties/metrics has a dimension without its value.",
                ),
            )


def _put_data(request: Request) -> None:
    refuse(
        "InvalidParameterValue",
        (
            request["Namespace"].startswith("AWS/"),
            "The value AWS/ for parameter Namespace is invalid: it is of AWS's own services.",
        ),
    )


CHECKS: dict[str, Check] = {
    "PutDashboard": _put_dashboard,
    "PutMetricAlarm": _put_alarm,
    "PutMetricData": _put_data,
}

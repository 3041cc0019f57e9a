"""The alarms of a function, by its alias: what clients call."""

from __future__ import annotations

from lichen.workload import Traffic
from lichen_components.aws.dashboard import Chart, Line
from lichen_components.aws.monitoring import (
    Watch,
    failed_requests,
    over,
    period_s,
    too_many_failed,
)

_NAMESPACE = "AWS/Lambda"


def _of(function: str, alias: str) -> dict[str, str]:
    return {"FunctionName": function, "Resource": f"{function}:{alias}"}


def requests_of(function: str, alias: str) -> Watch:
    """The metric that counts an alias's requests."""
    return Watch(
        role="requests",
        description="",
        namespace=_NAMESPACE,
        metric="Invocations",
        dimensions=_of(function, alias),
        statistic="Sum",
        threshold=1,
    )


def charts_of(function: str, alias: str) -> list[Chart]:
    """Requests, failures, times, and how many copies run."""

    def chart(title: str, *metrics: tuple[str, str]) -> Chart:
        return Chart(
            title=title,
            lines=tuple(
                Line(
                    namespace=_NAMESPACE,
                    metric=metric,
                    dimensions=_of(function, alias),
                    statistic=statistic,
                )
                for metric, statistic in metrics
            ),
        )

    return [
        chart("Requests a minute", ("Invocations", "Sum")),
        chart("Failed and refused requests", ("Errors", "Sum"), ("Throttles", "Sum")),
        chart("Time of a request (milliseconds)", ("Duration", "p50"), ("Duration", "p95")),
        chart("Copies that run", ("ConcurrentExecutions", "Maximum")),
    ]


def watches(
    function: str, alias: str, slow_ms: float, traffic: Traffic, most: int, *, provisioned: bool
) -> list[Watch]:
    """Failing, slow and refused requests; more copies than were planned for; requests that found no
    copy kept ready."""
    seconds = period_s(traffic)
    few = failed_requests(traffic.peak_rps, seconds)

    def watch(role: str, metric: str, says: str, statistic: str, threshold: float) -> Watch:
        return Watch(
            role=role,
            description=says,
            namespace=_NAMESPACE,
            metric=metric,
            dimensions=_of(function, alias),
            statistic=statistic,
            threshold=threshold,
        )

    failing = watch("errors", "Errors", too_many_failed(few, traffic.peak_rps, seconds), "Sum", few)
    slow = watch(
        "latency",
        "Duration",
        f"The slowest 5 % of requests took over {slow_ms:.0f} ms.",
        "p95",
        slow_ms,
    )
    rows = [
        over(failing, seconds),
        over(slow, seconds),
        watch("throttles", "Throttles", "Requests are refused for want of concurrency.", "Sum", 0),
        watch(
            "concurrency",
            "ConcurrentExecutions",
            f"More than {most} copies run, which is more than was planned for.",
            "Maximum",
            most,
        ),
    ]
    if provisioned:
        rows.append(
            watch(
                "spillover",
                "ProvisionedConcurrencySpilloverInvocations",
                "Requests find no copy kept ready.",
                "Sum",
                few,
            )
        )
    return rows

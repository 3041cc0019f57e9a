"""The alarms of a function, by its alias: what clients call."""

from __future__ import annotations

import math

from lichen_components.aws.monitoring import ERROR_SHARE, Watch


def watches(
    function: str, alias: str, slow_ms: float, peak_rps: float, most: int, *, provisioned: bool
) -> list[Watch]:
    """Failing, slow and refused requests; more copies than were planned for; requests that found no
    copy kept ready."""
    few = max(1.0, math.ceil(peak_rps * 60 * ERROR_SHARE))

    def watch(role: str, metric: str, says: str, statistic: str, threshold: float) -> Watch:
        return Watch(
            role=role,
            description=says,
            namespace="AWS/Lambda",
            metric=metric,
            dimensions={"FunctionName": function, "Resource": f"{function}:{alias}"},
            statistic=statistic,
            threshold=threshold,
        )

    rows = [
        watch(
            "errors",
            "Errors",
            f"More than {few:g} requests of a minute failed, {ERROR_SHARE:.0%} of those at the "
            "peak.",
            "Sum",
            few,
        ),
        watch(
            "latency",
            "Duration",
            f"The slowest 5 % of requests took over {slow_ms:.0f} ms.",
            "p95",
            slow_ms,
        ),
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

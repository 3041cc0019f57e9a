"""The alarms of a service, beside those of its load balancer."""

from __future__ import annotations

import pulumi

from lichen_components.aws.monitoring import Watch, too_few

_FULL_PCT = 90.0
"""Memory over which a task is near its end (design choice)."""


def watches(cluster: pulumi.Input[str], service: str, least: int, *, insights: bool) -> list[Watch]:
    """Full memory; and fewer tasks than the minimum, where the cluster counts them."""
    dimensions = {"ClusterName": cluster, "ServiceName": service}
    rows = [
        Watch(
            role="memory",
            description=f"Tasks use over {_FULL_PCT:.0f} % of their memory.",
            namespace="AWS/ECS",
            metric="MemoryUtilization",
            dimensions=dimensions,
            statistic="Average",
            threshold=_FULL_PCT,
        )
    ]
    if insights:
        rows.append(
            too_few(
                least,
                role="tasks",
                description=f"Fewer than {least} tasks run.",
                namespace="ECS/ContainerInsights",
                metric="RunningTaskCount",
                dimensions=dimensions,
            )
        )
    return rows

"""The alarms of a group of machines, beside those of its load balancer."""

from __future__ import annotations

from lichen_components.aws.monitoring import Watch, too_few


def watches(group: str, least: int) -> list[Watch]:
    """Fewer machines than the minimum, and machines that fail EC2's own checks."""
    dimensions = {"AutoScalingGroupName": group}
    return [
        too_few(
            least,
            role="machines",
            description=f"Fewer than {least} machines are in service.",
            namespace="AWS/AutoScaling",
            metric="GroupInServiceInstances",
            dimensions=dimensions,
        ),
        Watch(
            role="status",
            description="A machine fails EC2's status checks.",
            namespace="AWS/EC2",
            metric="StatusCheckFailed",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=0,
        ),
    ]

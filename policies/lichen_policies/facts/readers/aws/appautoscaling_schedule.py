"""Application Auto Scaling's scheduled action: a time at which bounds are set."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ScalingSchedule
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:appautoscaling/scheduledAction:ScheduledAction",),
    "terraform": ("aws_appautoscaling_scheduled_action",),
    "cloudformation": (),
}
FACTS = (ScalingSchedule,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ScalingSchedule where it is SageMaker's. (A template lists them in the target.)"""
    namespace = properties.text("service_namespace")
    if isinstance(namespace, str) and namespace != "sagemaker":
        return
    bounds = properties.block("scalable_target_action")
    yield ScalingSchedule(
        path=bounds.path,
        scales=field(properties.text("resource_id")),
        floor=field(bounds.whole("min_capacity")),
        ceiling=field(bounds.whole("max_capacity")),
    )

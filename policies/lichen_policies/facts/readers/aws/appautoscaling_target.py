"""Application Auto Scaling's target: the least machines or copies of a SageMaker variant."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Scaling
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:appautoscaling/target:Target",
        "aws-native:applicationautoscaling:ScalableTarget",
    ),
    "terraform": ("aws_appautoscaling_target",),
    "cloudformation": ("AWS::ApplicationAutoScaling::ScalableTarget",),
}
FACTS = (Scaling,)

_COPIES = "sagemaker:inference-component:DesiredCopyCount"
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_TO_ZERO = (
    "SageMaker reaches zero instances only where the endpoint is asynchronous or its model is an "
    "inference component"
)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Scaling where the target is SageMaker's; a table or a queue is not judged.

    If the namespace is unknown, so is the floor: it may not be SageMaker's.
    """
    namespace = properties.text("service_namespace")
    dimension = properties.text("scalable_dimension")
    if namespace != "sagemaker" and not is_unknown(namespace):
        return
    floor = properties.stated_whole("min_capacity")
    yield Scaling(
        path=floor.path,
        floor=field(namespace if is_unknown(namespace) else floor.value),
        unit="copies of the model" if dimension == _COPIES else "machines",
        to_zero=_TO_ZERO if dimension == _INSTANCES else "",
    )

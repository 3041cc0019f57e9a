"""Application Auto Scaling's target: the floor that a SageMaker variant is kept at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Fact, Scaling
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

CLOUD = "aws"
TYPES = (
    "aws:appautoscaling/target:Target",
    "aws-native:applicationautoscaling:ScalableTarget",
    "aws_appautoscaling_target",
    "AWS::ApplicationAutoScaling::ScalableTarget",
)

_COPIES = "sagemaker:inference-component:DesiredCopyCount"
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_TO_ZERO = (
    "SageMaker reaches zero instances only where the endpoint is asynchronous or its model is an "
    "inference component"
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Scaling where it is SageMaker's; a table or a queue is none of our business."""
    namespace = properties.text("service_namespace")
    dimension = properties.text("scalable_dimension")
    if namespace != "sagemaker" and not is_unknown(namespace):
        return
    floor_at = properties.at("min_capacity")
    yield Scaling(
        **about,
        path=floor_at,
        # Whose floor it is must be known before it is anybody's.
        floor=namespace if is_unknown(namespace) else properties.whole("min_capacity"),
        unit="copies of the model" if dimension == _COPIES else "machines",
        to_zero=_TO_ZERO if dimension == _INSTANCES else "",
    )

"""Application Auto Scaling: targets have tags and roles, and a policy needs a target.

A target is of a thing that is there, within its own kind of numbers; a policy's metric is one of
the kind; two changes of one target at a time are one too many.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.applicationautoscaling import models
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError
from moto.sagemaker.models import sagemaker_backends

from sandbox.aws.emulator.extensions import Method, Refusal, extends
from sandbox.aws.emulator.sagemaker.components import components

_RESOURCES = {
    "ecs:service:DesiredCount": r"service/[^/]+/[^/]+",
    "lambda:function:ProvisionedConcurrency": r"function:[^:]+:[^:]+",
    "sagemaker:inference-component:DesiredCopyCount": r"inference-component/(?P<component>[^/]+)",
    "sagemaker:variant:DesiredInstanceCount": r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<of>[^/]+)",
    "sagemaker:variant:DesiredProvisionedConcurrency": (
        r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<of>[^/]+)"
    ),
}
"""How the things of a dimension are named."""

_METRICS = {
    "ALBRequestCountPerTarget": "ecs:service:DesiredCount",
    "ECSServiceAverageCPUUtilization": "ecs:service:DesiredCount",
    "ECSServiceAverageMemoryUtilization": "ecs:service:DesiredCount",
    "LambdaProvisionedConcurrencyUtilization": "lambda:function:ProvisionedConcurrency",
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": (
        "sagemaker:inference-component:DesiredCopyCount"
    ),
    "SageMakerInferenceComponentInvocationsPerCopy": (
        "sagemaker:inference-component:DesiredCopyCount"
    ),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": (
        "sagemaker:variant:DesiredInstanceCount"
    ),
    "SageMakerVariantInvocationsPerInstance": "sagemaker:variant:DesiredInstanceCount",
    "SageMakerVariantProvisionedConcurrencyUtilization": (
        "sagemaker:variant:DesiredProvisionedConcurrency"
    ),
}
"""The dimension of a predefined metric."""

# How long a change of a target takes, in which another one is refused.
_CHANGE_S = 0.05
_changing: set[tuple[str, str]] = set()
_lock = threading.Lock()


def _wrong(message: str) -> Refusal:
    return Refusal("ValidationException", message)


@contextmanager
def _alone(response: ApplicationAutoScalingResponse) -> Iterator[None]:
    """Refuse a change of a target that another change has not left yet."""
    which = (response._get_param("ResourceId"), response._get_param("ScalableDimension"))
    with _lock:
        if which in _changing:
            raise Refusal(
                "ConcurrentUpdateException",
                f"Concurrent update: {which[0]} already has a pending update.",
            )
        _changing.add(which)
    try:
        time.sleep(_CHANGE_S)
        yield
    finally:
        with _lock:
            _changing.discard(which)


def _check_kind(namespace: str, r_id: str, dimension: str) -> bool:
    """moto's list of dimensions is short; the request's own model has been asked for the rest."""
    if dimension in _RESOURCES and (
        not re.fullmatch(_RESOURCES[dimension], r_id) or dimension.partition(":")[0] != namespace
    ):
        raise _wrong("Unsupported service namespace, resource type or scalable dimension")
    return True


models._target_params_are_valid = _check_kind


@extends(ApplicationAutoScalingResponse)
def _validate_params(_: Method, self: ApplicationAutoScalingResponse) -> None:
    """The request's own model has been asked (constraints.py)."""


def _check_target(response: ApplicationAutoScalingResponse) -> None:
    """Refuse a target of what is not there, and bounds that it does not take."""
    resource, dimension = (
        response._get_param("ResourceId"),
        response._get_param("ScalableDimension"),
    )
    backend = response.applicationautoscaling_backend
    known = backend.targets.get(dimension, {}).get(resource)
    least, most = response._get_int_param("MinCapacity"), response._get_int_param("MaxCapacity")
    if known is None and (least is None or most is None):
        raise _wrong("MinCapacity and MaxCapacity are required to register a scalable target.")
    if known is not None:
        least = known.min_capacity if least is None else least
        most = known.max_capacity if most is None else most
    if least is not None and most is not None and least > most:
        raise _wrong("Maximum capacity cannot be less than minimum capacity")
    named = re.fullmatch(_RESOURCES.get(dimension, ".*"), resource)
    parts = named.groupdict() if named else {}
    sagemaker = sagemaker_backends[backend.account_id][backend.region_name]
    if "component" in parts and parts["component"] not in components(sagemaker):
        raise _wrong(f"SageMaker inference component doesn't exist: {resource}")
    if "endpoint" in parts:
        endpoint = sagemaker.endpoints.get(parts["endpoint"])
        if endpoint is None or parts["of"] not in [
            variant["VariantName"] for variant in endpoint.production_variants
        ]:
            raise _wrong(f"SageMaker variant doesn't exist: {resource}")
        configured = sagemaker.endpoint_configs.get(endpoint.endpoint_config_name)
        if (
            least == 0
            and dimension.endswith("DesiredInstanceCount")
            and configured is not None
            and not configured.async_inference_config
        ):
            raise _wrong(f"Minimum capacity of a real-time variant must be at least 1: {resource}")


def _check_policy(response: ApplicationAutoScalingResponse) -> None:
    """Refuse a policy that is not of its type, or whose metric is of another dimension."""
    tracking: dict[str, Any] = response._get_param("TargetTrackingScalingPolicyConfiguration")
    steps = response._get_param("StepScalingPolicyConfiguration")
    kind = response._get_param("PolicyType") or "StepScaling"
    if bool(tracking) != (kind == "TargetTrackingScaling") or bool(steps) != (
        kind == "StepScaling"
    ):
        raise _wrong(f"{kind} does not go with the policy configuration that was given.")
    if not tracking:
        return
    predefined = tracking.get("PredefinedMetricSpecification")
    if bool(predefined) == bool(tracking.get("CustomizedMetricSpecification")):
        raise _wrong(
            "Specify exactly one of PredefinedMetricSpecification and "
            "CustomizedMetricSpecification."
        )
    if predefined:
        metric = predefined["PredefinedMetricType"]
        dimension = response._get_param("ScalableDimension")
        if _METRICS.get(metric, dimension) != dimension:
            raise _wrong(f"Predefined metric type {metric} is not supported for {dimension}.")
        if (metric == "ALBRequestCountPerTarget") != ("ResourceLabel" in predefined):
            raise _wrong(f"ResourceLabel goes with ALBRequestCountPerTarget alone, not {metric}.")


def _target(response: ApplicationAutoScalingResponse) -> FakeScalableTarget:
    """The scalable target that a request speaks of."""
    dimension, resource = (
        response._get_param("ScalableDimension"),
        response._get_param("ResourceId"),
    )
    try:
        return response.applicationautoscaling_backend.targets[dimension][resource]
    except KeyError:
        raise JsonRESTError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: "
            f"{response._get_param('ServiceNamespace')}, resource ID: {resource}, "
            f"scalable dimension: {dimension}",
        ) from None


def _tags(response: ApplicationAutoScalingResponse) -> dict[str, str]:
    arn = response._get_param("ResourceARN")
    for targets in response.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                tags: dict[str, str] = target.__dict__.setdefault("tags", {})
                return tags
    raise JsonRESTError("ResourceNotFoundException", f"No scalable target found for {arn}")


@extends(ApplicationAutoScalingResponse)
def register_scalable_target(before: Method, self: ApplicationAutoScalingResponse) -> str:
    _check_kind(
        self._get_param("ServiceNamespace"),
        self._get_param("ResourceId"),
        self._get_param("ScalableDimension"),
    )
    _check_target(self)
    with _alone(self):
        answer: str = before(self)
    target = _target(self)
    target.role_arn = self._get_param("RoleARN") or target.role_arn
    target.__dict__.setdefault("tags", self._get_param("Tags") or {})
    return answer


@extends(ApplicationAutoscalingBackend)
def deregister_scalable_target(
    before: Method, self: ApplicationAutoscalingBackend, *which: str
) -> None:
    before(self, *which)
    self.policies = {
        key: policy
        for key, policy in self.policies.items()
        if (policy.service_namespace, policy.resource_id, policy.scalable_dimension) != which
    }


@extends(ApplicationAutoScalingResponse)
def put_scaling_policy(before: Method, self: ApplicationAutoScalingResponse) -> str:
    _target(self)
    _check_policy(self)
    answer: str = before(self)
    return answer


@extends(ApplicationAutoScalingResponse)
def put_scheduled_action(before: Method, self: ApplicationAutoScalingResponse) -> str:
    _target(self)
    with _alone(self):
        answer: str = before(self)
    return answer


@extends(ApplicationAutoScalingResponse)
def list_tags_for_resource(_: None, self: ApplicationAutoScalingResponse) -> str:
    return json.dumps({"Tags": _tags(self)})


@extends(ApplicationAutoScalingResponse)
def tag_resource(_: None, self: ApplicationAutoScalingResponse) -> str:
    _tags(self).update(self._get_param("Tags"))
    return "{}"


@extends(ApplicationAutoScalingResponse)
def untag_resource(_: None, self: ApplicationAutoScalingResponse) -> str:
    for key in self._get_param("TagKeys"):
        _tags(self).pop(key, None)
    return "{}"

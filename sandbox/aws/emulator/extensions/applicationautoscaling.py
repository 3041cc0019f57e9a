"""Application Auto Scaling: targets have tags and roles, and a policy needs a target."""

import json

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from sandbox.aws.emulator.extensions import Method, extends


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

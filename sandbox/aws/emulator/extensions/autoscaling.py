"""Auto Scaling: instance refreshes, and what AWS refuses of groups and their refreshes.

(EC2 Auto Scaling API: CreateAutoScalingGroup, StartInstanceRefresh, RefreshPreferences.)
"""

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sandbox.aws.emulator.extensions import Method, extends
from sandbox.aws.emulator.refreshes import Refresh, refreshes

_SHORTEST_HEARTBEAT_S, _LONGEST_HEARTBEAT_S = 30, 7200


@extends(AutoScalingResponse)
def create_auto_scaling_group(before: Method, self: AutoScalingResponse) -> Any:
    for hook in self._get_param("LifecycleHookSpecificationList", []):
        beat = int(hook.get("HeartbeatTimeout") or 3600)
        if not _SHORTEST_HEARTBEAT_S <= beat <= _LONGEST_HEARTBEAT_S:
            raise ValidationError(
                f"HeartbeatTimeout must be between {_SHORTEST_HEARTBEAT_S} and "
                f"{_LONGEST_HEARTBEAT_S}"
            )
    result = before(self)
    name = self._get_param("AutoScalingGroupName")
    for hook in self._get_param("LifecycleHookSpecificationList", []):
        self.autoscaling_backend.create_lifecycle_hook(
            hook["LifecycleHookName"],
            name,
            hook["LifecycleTransition"],
            int(hook.get("HeartbeatTimeout") or 3600),
            hook.get("DefaultResult"),
        )
    _remember(self, name)
    return result


@extends(AutoScalingResponse)
def update_auto_scaling_group(before: Method, self: AutoScalingResponse) -> Any:
    result = before(self)
    _remember(self, self._get_param("AutoScalingGroupName"))
    return result


@extends(AutoScalingResponse)
def start_instance_refresh(_: Method | None, self: AutoScalingResponse) -> ActionResult:
    name = self._get_param("AutoScalingGroupName")
    group = self.autoscaling_backend.autoscaling_groups[name]
    wanted = (self._get_param("DesiredConfiguration") or {}).get("MixedInstancesPolicy")
    known = refreshes(self.autoscaling_backend).setdefault(name, [])
    known.insert(
        0,
        Refresh(
            group=group,
            preferences=self._get_param("Preferences") or {},
            wanted=wanted or group.mixed_instances_policy or {},
        ),
    )
    return ActionResult({"InstanceRefreshId": known[0].identifier})


@extends(AutoScalingResponse)
def describe_instance_refreshes(_: Method | None, self: AutoScalingResponse) -> ActionResult:
    found = refreshes(self.autoscaling_backend).get(self._get_param("AutoScalingGroupName"), [])
    wanted = self._get_param("InstanceRefreshIds")
    most = self._get_int_param("MaxRecords", 50)
    shown = [each for each in found if not wanted or each.identifier in wanted][:most]
    return ActionResult({"InstanceRefreshes": [each.look() for each in shown]})


@extends(AutoScalingBackend)
def put_warm_pool(before: Method, self: AutoScalingBackend, **given: Any) -> None:
    group = self.autoscaling_groups.get(given["group_name"])
    if group is not None and group.mixed_instances_policy:
        raise ValidationError(
            "You can't add a warm pool to an Auto Scaling group that has a mixed instances policy."
        )
    before(self, **given)


def _remember(response: AutoScalingResponse, name: str) -> None:
    """Have Describe answer with what moto does not keep."""
    group = response.autoscaling_backend.autoscaling_groups[name]
    for parameter, attribute in (
        ("DefaultInstanceWarmup", "default_instance_warmup"),
        ("CapacityRebalance", "capacity_rebalance"),
        ("InstanceMaintenancePolicy", "instance_maintenance_policy"),
        ("MaxInstanceLifetime", "max_instance_lifetime"),
    ):
        value = response._get_param(parameter)
        if value is not None:
            setattr(group, attribute, value)

"""Auto Scaling: groups, their schedules, policies and refreshes (EC2 Auto Scaling API)."""

import re
from collections.abc import Mapping
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from sandbox.aws.emulator.refreshes import refreshes
from sandbox.aws.emulator.requests import Check, Request, refuse
from sandbox.aws.emulator.requests.application_autoscaling import LABEL, is_zone

_CODE = "ValidationError"
_HEALTH = ("EC2", "ELB", "EBS", "VPC_LATTICE")
_SPOT = (
    "lowest-price",
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "price-capacity-optimized",
)
_TRANSITIONS = ("autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING")
_DAY_S = 86_400
_MOST_ALARMS = 10
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""What the fields of a Unix cron take: minute, hour, day, month, day of the week."""

Group = Any


def _group(request: Request) -> Group:
    groups = autoscaling_backends[request.account][request.region].autoscaling_groups
    return groups.get(request["AutoScalingGroupName"])


def _there(request: Request) -> Group:
    group = _group(request)
    name = request["AutoScalingGroupName"]
    refuse(_CODE, (group is None, f"AutoScalingGroup name not found - '{name}' not found"))
    return group


def _create_group(request: Request) -> None:
    name = request["AutoScalingGroupName"]
    ways = ("LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy", "InstanceId")
    refuse(
        "AlreadyExists",
        (_group(request) is not None, f"AutoScalingGroup by this name already exists - {name}"),
    )
    refuse(
        _CODE,
        (
            sum(1 for way in ways if request[way]) != 1,
            f"Valid requests must contain one of {', '.join(ways)}: the launch of machines.",
        ),
    )
    _check_group(request)


def _check_group(request: Request, known: Group = None) -> None:
    """What a group may not be, when it is made and when it is changed."""

    def bound(name: str, attribute: str) -> int | None:
        value = request[name]
        return getattr(known, attribute, None) if value is None else value

    least, most = bound("MinSize", "min_size"), bound("MaxSize", "max_size")
    desired, life = request["DesiredCapacity"], request["MaxInstanceLifetime"]
    refuse(
        _CODE,
        (
            least is not None and most is not None and least > most,
            f"Min bound, {least}, must be less than or equal to max bound, {most}",
        ),
        (
            desired is not None and most is not None and desired > most,
            f"Desired capacity:{desired} must be less than the specified max size:{most}",
        ),
        (
            desired is not None and least is not None and desired < least,
            f"Desired capacity:{desired} must be at least the specified min size:{least}",
        ),
        (life and life < _DAY_S, f"MaxInstanceLifetime must be 0 or at least {_DAY_S} seconds."),
        (
            request["HealthCheckType"] and set(request["HealthCheckType"].split(",")) - {*_HEALTH},
            f"HealthCheckType must be of {', '.join(_HEALTH)}.",
        ),
    )
    if policy := request["InstanceMaintenancePolicy"]:
        _check_percentages(policy)
    for hook in request["LifecycleHookSpecificationList"] or []:
        refuse(
            _CODE,
            (
                hook["LifecycleTransition"] not in _TRANSITIONS,
                f"Invalid lifecycle transition: {hook['LifecycleTransition']}",
            ),
        )
    balancers = elbv2_backends[request.account][request.region]
    for arn in request["TargetGroupARNs"] or []:
        refuse(
            _CODE,
            (arn not in balancers.target_groups, f"Target group '{arn}' not found: not valid."),
        )
    mixed = request["MixedInstancesPolicy"] or {}
    _check_version(request, request["LaunchTemplate"] or _specification(mixed))
    distribution = mixed.get("InstancesDistribution") or {}
    way = distribution.get("SpotAllocationStrategy")
    refuse(
        _CODE,
        (
            not 0 <= distribution.get("OnDemandPercentageAboveBaseCapacity", 100) <= 100,
            "OnDemandPercentageAboveBaseCapacity must be 0 to 100.",
        ),
        (way and way not in _SPOT, f"Invalid Spot allocation strategy: {way}"),
    )


def _check_version(request: Request, template: Mapping[str, Any]) -> None:
    """A numbered version of a launch template is there."""
    version = str(template.get("Version", ""))
    if not version.isdigit():
        return
    backend = ec2_backends[request.account][request.region]
    name = template.get("LaunchTemplateId") or template.get("LaunchTemplateName")
    found = next(
        (one for one in backend.launch_templates.values() if name in (one.id, one.name)), None
    )
    refuse(
        _CODE,
        (
            found is not None and not 1 <= int(version) <= len(found.versions),
            f"Could not find the specified version {version} for the launch template {name}.",
        ),
    )


def _check_percentages(policy: Mapping[str, Any]) -> None:
    """How much of a group stays, and how much there may be, while machines are exchanged."""
    least, most = policy.get("MinHealthyPercentage"), policy.get("MaxHealthyPercentage")
    refuse(
        _CODE,
        (
            most is not None and least is None,
            "MinHealthyPercentage is required with MaxHealthyPercentage.",
        ),
        (
            most is not None and least is not None and most - least > 100,
            "MaxHealthyPercentage may be at most 100 above MinHealthyPercentage.",
        ),
    )


def _maintenance(request: Request) -> None:
    policy = request["InstanceMaintenancePolicy"]
    if policy:
        refuse(
            _CODE,
            (
                ("MinHealthyPercentage" in policy) != ("MaxHealthyPercentage" in policy),
                "Both MinHealthyPercentage and MaxHealthyPercentage must be specified.",
            ),
        )


def _create(request: Request) -> None:
    _maintenance(request)
    _create_group(request)


def _update(request: Request) -> None:
    _maintenance(request)
    _check_group(request, _there(request))


def _is_cron(text: str) -> bool:
    """Whether it is a Unix cron of five fields, with names of months and days."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return False
    for field, (least, most) in zip(fields, _FIELDS, strict=True):
        for number in re.findall(r"\d+", field.partition("/")[0]):
            if not least <= int(number) <= most:
                return False
        if not re.fullmatch(r"[\dA-Za-z*,/-]+", field):
            return False
    return True


def _put_schedule(request: Request) -> None:
    _there(request)
    zone, sizes = request["TimeZone"], [request[one] for one in ("MinSize", "MaxSize")]
    recurrence = request["Recurrence"]
    refuse(
        _CODE,
        (
            all(one is None for one in (*sizes, request["DesiredCapacity"])),
            "At least one of MinSize, MaxSize and DesiredCapacity is required.",
        ),
        (
            None not in sizes and -1 not in sizes and sizes[0] > sizes[1],
            f"Min bound, {sizes[0]}, must be less than or equal to max bound, {sizes[1]}",
        ),
        (
            recurrence and not _is_cron(recurrence),
            f"Given recurrence string {recurrence} is not a cron of five fields.",
        ),
        (zone and not is_zone(zone), f"Unknown time zone: {zone}"),
    )


def _put_policy(request: Request) -> None:
    _there(request)
    tracking = request["TargetTrackingConfiguration"]
    kind = request["PolicyType"] or "SimpleScaling"
    refuse(
        _CODE,
        (
            (kind == "TargetTrackingScaling") != bool(tracking),
            "TargetTrackingConfiguration goes with TargetTrackingScaling, and only with it.",
        ),
    )
    metric = (tracking or {}).get("PredefinedMetricSpecification") or {}
    if metric.get("PredefinedMetricType") == "ALBRequestCountPerTarget":
        label = metric.get("ResourceLabel")
        refuse(
            _CODE,
            (not label, "ResourceLabel is required for ALBRequestCountPerTarget."),
            (label and not LABEL.fullmatch(label), f"Invalid resource label: {label}"),
        )


def _refresh(request: Request) -> None:
    group, preferences = _there(request), request["Preferences"] or {}
    _check_percentages(preferences)
    alarms = (preferences.get("AlarmSpecification") or {}).get("Alarms") or []
    refuse(_CODE, (len(alarms) > _MOST_ALARMS, f"Alarms takes at most {_MOST_ALARMS} names."))
    wanted = (request["DesiredConfiguration"] or {}).get("MixedInstancesPolicy")
    its = _specification(wanted)
    _check_version(request, its)
    if preferences.get("AutoRollback"):
        versions = [
            str(each.get("Version", ""))
            for each in (its, _specification(group.mixed_instances_policy))
        ]
        refuse(
            _CODE,
            (
                not wanted,
                "The AutoRollback parameter cannot be set to true when the DesiredConfiguration "
                "parameter is empty.",
            ),
            (
                not all(each.isdigit() for each in versions),
                "Auto rollback needs a launch template with a numbered version, not $Latest or "
                "$Default, in the group and in the desired configuration.",
            ),
        )
    known = refreshes(autoscaling_backends[request.account][request.region])
    refuse(
        "InstanceRefreshInProgress",
        (
            any(each.active for each in known.get(group.name, [])),
            "An Instance Refresh is already in progress and blocks the execution of this request.",
        ),
    )


def _specification(mixed: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The launch template of a mixed instances policy."""
    template = (mixed or {}).get("LaunchTemplate") or {}
    return template.get("LaunchTemplateSpecification") or {}


def _delete(request: Request) -> None:
    group = _there(request)
    refuse(
        "ResourceInUse",
        (
            group.instance_states and not request["ForceDelete"],
            "You cannot delete an AutoScalingGroup while there are instances still in the group.",
        ),
    )


CHECKS: dict[str, Check] = {
    "CreateAutoScalingGroup": _create,
    "DeleteAutoScalingGroup": _delete,
    "PutScalingPolicy": _put_policy,
    "PutScheduledUpdateGroupAction": _put_schedule,
    "StartInstanceRefresh": _refresh,
    "UpdateAutoScalingGroup": _update,
}

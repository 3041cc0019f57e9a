"""How machines of a new launch template take over in a group, and whether they stayed.

Left to itself, Pulumi's provider saves the new template in the group, starts an instance refresh
then, and does not wait for it. A refresh that is taken back brings the template that *is saved*:
the new one once more, while state says that all is well (hashicorp/terraform-provider-aws, #34189).
So the group keeps its template, and the program starts the refresh itself: AWS saves the new one
once the refresh has succeeded, and goes back to the old one otherwise (Auto Scaling API,
StartInstanceRefresh, DesiredConfiguration; User Guide, "Undo changes with a rollback").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws

from lichen_components.aws.reading import client, read
from lichen_components.aws.ringing import rang
from lichen_components.aws.sagemaker.rollout import BAKE_S
from lichen_components.aws.site import Site

SAVED = "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version"
"""What a refresh changes in the group, and an `up` does not."""

_FIRST = 1
"""The number of a launch template's first version: its group was made with it."""

_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.5, 30.0
_OVER = ("Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed")

Answer = TypeVar("Answer")
Refresh = dict[str, Any]


def exchanged(
    site: Site,
    group: aws.autoscaling.Group,
    made: aws.ec2.LaunchTemplate,
    *,
    start_s: int,
    taking_back: Sequence[pulumi.Output[str]] = (),
    protected: bool = False,
) -> pulumi.Output[str]:
    """The group's name, once its machines are of the template's newest version; else the program
    ends with why, before Pulumi deletes what the old machines use.

    ``taking_back`` are names of alarms; ``protected`` is whether scaling may not end the machines.
    """
    preferences: dict[str, Any] = {
        "MinHealthyPercentage": 100,
        "MaxHealthyPercentage": 200,
        "InstanceWarmup": start_s,
        "AutoRollback": True,
        "SkipMatching": True,
    }
    if protected:
        preferences["ScaleInProtectedInstances"] = "Refresh"
    return pulumi.Output.all(group.name, made.latest_version, list(taking_back)).apply(
        lambda known: _exchange(
            known[0],
            known[1],
            site.region,
            preferences
            | (
                # Watched on after the last machine, as every other roll-out.
                {"AlarmSpecification": {"Alarms": known[2]}, "BakeTime": BAKE_S} if known[2] else {}
            ),
        )
    )


async def _exchange(name: str, newest: int, region: str, preferences: dict[str, Any]) -> str:
    if pulumi.runtime.is_dry_run() or newest == _FIRST:
        return name
    groups = client("autoscaling", region)
    await _ended(groups, name)  # one that a stopped update began
    policy = _asked(name, newest, region, lambda: _policy(groups, name))
    its = policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    before = str(its["Version"])
    if before == str(newest):
        return name
    its["Version"] = str(newest)
    _asked(
        name,
        newest,
        region,
        lambda: groups.start_instance_refresh(
            AutoScalingGroupName=name,
            DesiredConfiguration={"MixedInstancesPolicy": policy},
            Preferences=preferences,
        ),
    )
    refresh = await _ended(groups, name)
    if refresh is not None and refresh["Status"] == "Successful":
        return name
    ringing = rang(preferences.get("AlarmSpecification", {}).get("Alarms", ()), region)
    raise pulumi.RunError(
        f"{name} is at version {before} of its launch template: EC2 Auto Scaling took the machines "
        f"of version {newest} back{_because(ringing, refresh)}. Fix: mend the cause, wait until no "
        "alarm rings, and run `pulumi up` again: it exchanges the machines anew."
    )


def _because(ringing: Sequence[str], refresh: Refresh | None) -> str:
    if ringing:
        return f", because the alarm {' and the alarm '.join(ringing)} rang"
    reason = (refresh or {}).get("StatusReason")
    return f", because: {reason.rstrip('.')}" if reason else ""


async def _ended(groups: Any, name: str) -> Refresh | None:
    """The group's last refresh, once it is over; None where there is none, or none can be read."""
    look_s, told = _FIRST_LOOK_S, ""
    while True:
        found = read(
            f"The instance refreshes of {name}",
            lambda: groups.describe_instance_refreshes(AutoScalingGroupName=name, MaxRecords=1),
        )
        refresh: Refresh | None = next(iter((found or {}).get("InstanceRefreshes", [])), None)
        if refresh is None or refresh["Status"] in _OVER:
            return refresh
        done = f"{refresh['Status']}, {refresh.get('PercentageComplete', 0)} %"
        if done != told:
            pulumi.log.info(f"{name} exchanges its machines: {done}")
        told = done
        await asyncio.sleep(look_s)
        look_s = min(2 * look_s, _LONGEST_LOOK_S)


def _policy(groups: Any, name: str) -> dict[str, Any]:
    """What the group starts machines of, as a request takes it."""
    (group,) = groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
        "AutoScalingGroups"
    ]
    policy: dict[str, Any] = deepcopy(group["MixedInstancesPolicy"])
    # AWS tells its name too, and takes one of the two.
    policy["LaunchTemplate"]["LaunchTemplateSpecification"].pop("LaunchTemplateName", None)
    return policy


def _asked(name: str, newest: int, region: str, ask: Callable[[], Answer]) -> Answer:
    """The answer; else the program ends: machines of an old version would look like success."""
    answer = read(f"The group {name}", ask)
    if answer is None:
        raise pulumi.RunError(
            f"The machines of {name} could not be exchanged for those of version {newest} of its "
            "launch template. Fix: let the credentials that AWS's clients find here (or those of "
            "aws:profile) do autoscaling:DescribeAutoScalingGroups, DescribeInstanceRefreshes and "
            f"StartInstanceRefresh in {region}, and run `pulumi up` again."
        )
    return answer

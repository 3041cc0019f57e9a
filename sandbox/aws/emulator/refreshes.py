"""Instance refreshes: how machines of a group are exchanged, and what takes that back.

A refresh starts machines of its desired configuration beside those that run, and ends the old ones
once it has succeeded; only then is the configuration the group's. Where an alarm of it rings or a
new machine is unhealthy, it fails; with auto rollback the machines of the configuration *that the
group had when the refresh began* stay, whoever saved it. (EC2 Auto Scaling User Guide, "How an
instance refresh works", "Undo changes with a rollback"; API, InstanceRefresh, RefreshPreferences.)

Time does not pass here: a refresh goes one status on each time that somebody looks.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow

_OVER = ("Successful", "Failed", "Cancelled", "RollbackSuccessful", "RollbackFailed")


@dataclass
class Refresh:
    """One refresh of a group. ``wanted`` is the mixed instances policy that it brings."""

    group: FakeAutoScalingGroup
    preferences: dict[str, Any]
    wanted: dict[str, Any]
    began: datetime = field(default_factory=utcnow)
    identifier: str = field(default_factory=lambda: str(uuid4()))
    status: str = "Pending"
    reason: str = ""
    rolled_back_because: str = ""
    looked_at: bool = False
    new: list[InstanceState] = field(default_factory=list)
    old: list[InstanceState] = field(default_factory=list)

    @property
    def active(self) -> bool:
        return self.status not in _OVER

    def look(self) -> dict[str, Any]:
        """What Describe answers: it has gone on by one status since somebody looked last."""
        if self.looked_at:
            self._go_on()
        self.looked_at = True
        answer = {
            "InstanceRefreshId": self.identifier,
            "AutoScalingGroupName": self.group.name,
            "Status": self.status,
            "StatusReason": self.reason,
            "StartTime": self.began,
            "PercentageComplete": 100 if self.status in ("Baking", "Successful") else 0,
            "InstancesToUpdate": 0 if self.new else len(self.group.instance_states),
            "Preferences": self.preferences,
            "DesiredConfiguration": {"MixedInstancesPolicy": self.wanted},
        }
        if self.rolled_back_because:
            answer["RollbackDetails"] = {"RollbackReason": self.rolled_back_because}
        if not self.active:
            answer["EndTime"] = self.began
        return {name: value for name, value in answer.items() if value != ""}

    def _go_on(self) -> None:
        if self.status == "Pending":
            self.status = "InProgress"
            try:
                self._start_new_machines()
            except ServiceException as refused:  # a quota, or an image that is not there
                self._fail(f"Failed to launch instances: {refused.message}")
        elif self.status in ("InProgress", "Baking"):
            if why := self._failing():
                self._fail(why)
            elif self.status == "InProgress" and self.preferences.get("BakeTime"):
                self.status = "Baking"
            else:
                self._keep(self.new, self.wanted)
                self.status = "Successful"
        elif self.status == "RollbackInProgress":
            self.status = "RollbackSuccessful"

    def _start_new_machines(self) -> None:
        self.old = list(self.group.instance_states)
        if self.old:
            self.group.replace_autoscaling_group_instances(
                len(self.old), self.group.get_propagated_tags()
            )
        self.new = [each for each in self.group.instance_states if each not in self.old]
        self.group.autoscaling_backend.update_attached_target_groups(self.group.name)

    def _failing(self) -> str:
        """Why it cannot go on: an alarm, or a machine that does not become healthy."""
        backend = cloudwatch_backends[self.group.account_id][self.group.region]
        watched = (self.preferences.get("AlarmSpecification") or {}).get("Alarms") or []
        for name in watched:
            if name in backend.alarms and backend.alarms[name].state_value == "ALARM":
                return f"The CloudWatch alarm {name} is in the ALARM state."
        sick = [each.instance_id for each in self.new if each.health_status == "Unhealthy"]
        return f"The instances {', '.join(sick)} did not become healthy." if sick else ""

    def _fail(self, why: str) -> None:
        if str(self.preferences.get("AutoRollback")).lower() == "true":
            self.rolled_back_because = self.reason = why
            self.status = "RollbackInProgress"
            self._keep(self.old, self.group.mixed_instances_policy)
        else:
            self.reason, self.status = why, "Failed"

    def _keep(self, machines: list[InstanceState], policy: dict[str, Any] | None) -> None:
        """End the other machines; the group is of this configuration."""
        group = self.group
        ending = [each for each in group.instance_states if each not in machines]
        group.instance_states = [each for each in group.instance_states if each in machines]
        group.mixed_instances_policy = deepcopy(policy)
        backend = group.autoscaling_backend
        gone = [each.instance_id for each in ending]
        for arn in group.target_group_arns if gone else ():
            backend.elbv2_backend.deregister_targets(arn, [{"Id": each} for each in gone])
        if gone:
            backend.ec2_backend.terminate_instances(gone)


def refreshes(backend: AutoScalingBackend) -> dict[str, list[Refresh]]:
    """The refreshes of each group, the newest first."""
    found: dict[str, list[Refresh]] = backend.__dict__.setdefault("refreshes", {})
    return found

"""CloudWatch: an alarm's tags go with it, and one that rings does what its actions say."""

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from sandbox.aws.emulator.extensions import Method, extends
from sandbox.aws.emulator.scaling import ring


@extends(CloudWatchBackend)
def delete_alarms(before: Method, self: CloudWatchBackend, names: list[str]) -> None:
    for name in names:
        if name in self.alarms:
            self.tagger.delete_all_tags_for_resource(self.alarms[name].alarm_arn)
    before(self, names)


@extends(CloudWatchBackend)
def set_alarm_state(
    before: Method, self: CloudWatchBackend, alarm_name: str, *state: Any, **named: Any
) -> None:
    before(self, alarm_name, *state, **named)
    alarm = self.alarms[alarm_name]
    if alarm.state_value == "ALARM" and alarm.actions_enabled:
        ring(self, alarm.alarm_actions)

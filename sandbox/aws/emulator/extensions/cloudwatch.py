"""CloudWatch: an alarm's tags go with it, its state stays when it is changed, and one that rings
does what its actions say."""

from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from sandbox.aws.emulator.extensions import Method, Refusal, extends
from sandbox.aws.emulator.scaling import ring

_PERIODS_BELOW_A_MINUTE = (10, 20, 30)
_DAY_S = 86400


@extends(CloudWatchBackend)
def put_metric_alarm(before: Method, self: CloudWatchBackend, **given: Any) -> Alarm:
    _check(given)
    _check_actions(self, given)
    known = self.alarms.get(given["name"])
    alarm: Alarm = before(self, **given)
    if known is not None and known.state_value != alarm.state_value:
        alarm.update_state(known.state_reason, known.state_reason_data, known.state_value)
    return alarm


def _check(given: dict[str, Any]) -> None:
    """What AWS refuses of an alarm on one metric."""
    period, periods = given.get("period"), given.get("evaluation_periods")
    if given.get("metric_name") and bool(given.get("statistic")) == bool(
        given.get("extended_statistic")
    ):
        raise _wrong("Exactly one of Statistic and ExtendedStatistic must be given for a metric.")
    if period is None:
        return
    if period not in _PERIODS_BELOW_A_MINUTE and period % 60:
        raise _wrong(f"Period {period} must be 10, 20, 30 or a multiple of 60.")
    if (given.get("datapoints_to_alarm") or 0) > (periods or 0):
        raise _wrong("DatapointsToAlarm must be at most EvaluationPeriods.")
    most = 7 * _DAY_S if period >= 3600 else _DAY_S
    if period * (periods or 1) > most:
        raise _wrong(
            f"Metrics cannot be checked across more than {most // _DAY_S} day(s): "
            f"EvaluationPeriods times Period is {period * (periods or 1)} seconds."
        )


def _check_actions(backend: CloudWatchBackend, given: dict[str, Any]) -> None:
    """An alarm rings what is in its own region alone."""
    for kind in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
        for arn in given.get(kind) or []:
            region = arn.split(":")[3]
            if region != backend.region_name:
                raise _wrong(
                    f"Invalid region {region} specified. Only {backend.region_name} is supported."
                )


def _wrong(message: str) -> Refusal:
    return Refusal("ValidationError", message)


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

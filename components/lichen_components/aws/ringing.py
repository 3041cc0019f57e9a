"""Which alarms rang: what a roll-out that was taken back is explained with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lichen_components.aws.reading import client, read

_RANG_WITHIN = timedelta(hours=6)


def rang(names: Sequence[str], region: str) -> list[str]:
    """The alarms that ring, or else did within hours."""

    def ask() -> list[str]:
        cloudwatch = client("cloudwatch", region)
        states = cloudwatch.describe_alarms(AlarmNames=list(names))["MetricAlarms"]
        ringing = [alarm["AlarmName"] for alarm in states if alarm["StateValue"] == "ALARM"]
        return ringing or [name for name in names if _history(cloudwatch, name)]

    return (read("The alarms", ask) or []) if names else []


def _history(cloudwatch: Any, name: str) -> bool:
    items = cloudwatch.describe_alarm_history(
        AlarmName=name,
        HistoryItemType="StateUpdate",
        StartDate=datetime.now(UTC) - _RANG_WITHIN,
    )["AlarmHistoryItems"]
    return any("to ALARM" in item["HistorySummary"] for item in items)

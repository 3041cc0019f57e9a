"""CloudWatch's alarm over other alarms."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import AlarmOfAlarms
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws-native:cloudwatch:CompositeAlarm",
    ),
    "terraform": ("aws_cloudwatch_composite_alarm", "awscc_cloudwatch_composite_alarm"),
    "cloudformation": ("AWS::CloudWatch::CompositeAlarm",),
}
FACTS = (AlarmOfAlarms,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """An AlarmOfAlarms."""
    yield AlarmOfAlarms(
        path=properties.at("alarm_rule"),
        name=field(properties.text("alarm_name")),
        rule=field(properties.text("alarm_rule")),
    )

"""CloudWatch's group of logs, where it is of an endpoint that serves models."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import KeptLogs
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:cloudwatch/logGroup:LogGroup", "aws-native:logs:LogGroup"),
    "terraform": ("aws_cloudwatch_log_group", "awscc_logs_log_group"),
    "cloudformation": ("AWS::Logs::LogGroup",),
}
FACTS = (KeptLogs,)

_OF_MODELS = re.compile(r"^/?aws/(sagemaker|bedrock)(/|$)", re.IGNORECASE)
_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096)
"""The retentions up to three years that CloudWatch Logs takes: "PutRetentionPolicy"."""


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A KeptLogs for logs of SageMaker and Bedrock, and for those with a passport."""
    name = properties.text("log_group_name", "name")
    is_of_models = isinstance(name, str) and bool(_OF_MODELS.match(name))
    if is_of_models or context.says_what_it_serves:
        days = properties.stated_whole("retention_in_days")
        yield KeptLogs(
            path=days.path,
            days=field(days.value if days.value != 0 else None),
            days_at=days.path,
            allowed_days=_DAYS,
        )

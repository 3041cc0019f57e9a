"""Other numbers of machines by the time of day, for what Application Auto Scaling scales."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen_components.aws.args import ScheduleArgs
from lichen_components.aws.site import Site

_CRON = re.compile(r"cron\((\S+ ){5}\S+\)|rate\(\d+ (minutes?|hours?|days?)\)|at\(\S+\)")


def check_schedules(schedules: Sequence[ScheduleArgs], least: int) -> None:
    """:class:`InputError` where a schedule says nothing, or goes below ``least`` machines."""
    for index, schedule in enumerate(schedules):
        field = f"schedules[{index}]"
        if not _CRON.fullmatch(schedule.get("at", "")):
            raise InputError(
                "is not a time of EventBridge",
                fix="write six fields, such as cron(0 7 ? * MON-FRI *)",
                field=f"{field}.at",
            )
        fewest, most = schedule.get("minimum"), schedule.get("maximum")
        if fewest is None and most is None:
            raise InputError(
                "changes nothing: it has neither minimum nor maximum",
                fix="add minimum: 1",
                field=field,
            )
        for name, value in (("minimum", fewest), ("maximum", most)):
            if value is not None and value < least:
                raise InputError(
                    f"{value:.0f} is below {least}, the fewest that AWS takes here",
                    fix=f"{name}: {least}, or mode: asynchronous, which scales to zero",
                    field=f"{field}.{name}",
                )
        if fewest is not None and most is not None and most < fewest:
            raise InputError(
                f"{most:.0f} is below the minimum, {fewest:.0f}",
                fix=f"maximum: {fewest:.0f}",
                field=f"{field}.maximum",
            )


def schedule(
    site: Site, scaled: aws.appautoscaling.Policy, schedules: Sequence[ScheduleArgs]
) -> list[pulumi.Resource]:
    """One action each, one after the other: changes of one target at the same time are refused.

    ``scaled`` is a policy of the target that they change. The last of them, which is after all.
    """
    before: list[pulumi.Resource] = [scaled]
    for index, each in enumerate(schedules):
        before = [
            aws.appautoscaling.ScheduledAction(
                site.child(f"schedule-{index}"),
                name=f"{site.identity}-schedule-{index}",
                service_namespace=scaled.service_namespace,
                resource_id=scaled.resource_id,
                scalable_dimension=scaled.scalable_dimension,
                schedule=each["at"],
                timezone=each.get("timezone", "UTC"),
                scalable_target_action=aws.appautoscaling.ScheduledActionScalableTargetActionArgs(
                    min_capacity=each.get("minimum"), max_capacity=each.get("maximum")
                ),
                region=site.region,
                opts=site.under(*before),
            )
        ]
    return before

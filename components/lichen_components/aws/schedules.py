"""Other numbers of machines by the time of day, for what Application Auto Scaling scales."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class GroupByClock:
    """A group of machines of EC2, which has schedules of its own, with its usual bounds."""

    group: aws.autoscaling.Group
    least: int
    most: int


_WORDS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_PLAIN_CRON = re.compile(r"cron\(([-0-9*/,]+ ){2}[-0-9*/,?]+ [-0-9*/,]+ [-A-Z0-9*,?]+ \*\)")


def recurrence(at: str) -> str:
    """A cron of EventBridge as Auto Scaling takes it, which is Unix's: five fields, days of the
    week from 0 for Sunday. :class:`InputError` where Unix's cannot say it."""
    if not _PLAIN_CRON.fullmatch(at):
        raise InputError(
            f"{at!r} is nothing that a group of machines repeats",
            fix="write cron(...) with numbers, lists and ranges, and * for the year, such as "
            "cron(0 7 ? * MON-FRI *)",
            field="schedules.at",
        )
    minute, hour, day, month, weekday, _ = at.removeprefix("cron(").removesuffix(")").split()
    days = "".join(map(_weekday, re.split("([-,])", weekday)))
    return " ".join("*" if each == "?" else each for each in (minute, hour, day, month, days))


def _weekday(part: str) -> str:
    """Sunday is 1 to EventBridge, and 0 to Unix."""
    if part in _WORDS:
        return str(_WORDS.index(part))
    return str(int(part) - 1) if part.isdigit() else part


def schedule(
    site: Site,
    scaled: aws.appautoscaling.Policy | GroupByClock,
    schedules: Sequence[ScheduleArgs],
) -> list[pulumi.Resource]:
    """One action each, one after the other: changes of one target at the same time are refused.

    ``scaled`` is a policy of the target that they change, or a group. The last of them, which is
    after all.
    """
    if isinstance(scaled, GroupByClock):
        return [_of_group(site, scaled, each, index) for index, each in enumerate(schedules)]
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


def _of_group(site: Site, scaled: GroupByClock, each: ScheduleArgs, index: int) -> pulumi.Resource:
    """A bound that is left out is the usual one: Pulumi's own default is none."""
    return aws.autoscaling.Schedule(
        site.child(f"schedule-{index}"),
        scheduled_action_name=f"{site.identity}-schedule-{index}",
        autoscaling_group_name=scaled.group.name,
        recurrence=recurrence(each["at"]),
        time_zone=each.get("timezone", "Etc/UTC"),
        min_size=each.get("minimum", scaled.least),
        max_size=each.get("maximum", scaled.most),
        # -1 leaves the number of machines to scaling.
        desired_capacity=-1,
        region=site.region,
        opts=site.under(),
    )

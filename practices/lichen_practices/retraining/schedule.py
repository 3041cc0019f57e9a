"""The plan of a training as a schedule's expression.

Sources: Amazon EventBridge Scheduler User Guide, "Schedule types" (``at(yyyy-mm-ddThh:mm:ss)``;
``cron(minutes hours day-of-month month day-of-week year)``, one of the two days a ``?``); Google
Cloud Scheduler, "Cron job format and time zone" (unix-cron: minute, hour, day of the month, month,
day of the week). Both in UTC.
"""

from __future__ import annotations

from typing import Literal

from lichen.document import InputError
from lichen_practices.retraining.plan import MONTHLY_DAYS, TrainingPlan

Scheduler = Literal["eventbridge", "cloud-scheduler"]
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def expression(plan: TrainingPlan, scheduler: Scheduler) -> str:
    """The expression that starts the training in the chosen region, in UTC.

    A training that repeats begins at ``plan.scheduled``, one that does not at the chosen time.
    :class:`InputError` for a single run of Cloud Scheduler, which has none, and for a monthly one
    on a day that some months lack.
    """
    start = plan.scheduled or plan.chosen.start
    hour, minute = start.hour, start.minute
    if plan.repeats == "monthly" and start.day > MONTHLY_DAYS:
        raise InputError(
            f"begins it on day {start.day}, which some months lack",
            fix=f"set an earliest on one of the days 1 to {MONTHLY_DAYS}, or raise within_h",
            field="earliest",
        )
    if scheduler == "eventbridge":
        if plan.repeats == "never":
            return f"at({start:%Y-%m-%dT%H:%M:%S})"
        days = {
            "daily": "* * ?",
            "weekly": f"? * {_DAYS[start.weekday()]}",
            "monthly": f"{start.day} * ?",
        }
        return f"cron({minute} {hour} {days[plan.repeats]} *)"
    if plan.repeats == "never":
        raise InputError(
            "Cloud Scheduler has no single run: its expressions repeat",
            fix="set repeats, or start the job by hand at the chosen time",
            field="repeats",
        )
    days = {
        "daily": "* * *",
        "weekly": f"* * {_DAYS[start.weekday()]}",
        "monthly": f"{start.day} * *",
    }
    return f"{minute} {hour} {days[plan.repeats]}"

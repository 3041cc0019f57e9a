"""What every deployment gets beside what serves: an address, schedules, a dashboard, a budget, an
alarm on idleness, and a page on what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen_components.aws.address import publish
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.budget import budget, check_budget
from lichen_components.aws.checks import check_region
from lichen_components.aws.dashboard import Chart, dashboard, link
from lichen_components.aws.monitoring import Watch, alarms
from lichen_components.aws.schedules import GroupByClock, check_schedules, schedule
from lichen_components.aws.site import Site
from lichen_components.aws.topics import ARGUMENTS, check_topics
from lichen_components.extras import Bundle

_MOST_IDLE_HOURS, _IDLE_HOURS = 168, 24
"""An alarm looks back seven days at most (CloudWatch API, PutMetricAlarm, EvaluationPeriods)."""


def check_bundle(
    args: AwsArgs,
    least: int,
    *,
    region: str,
    unscheduled: str = "",
    queue: bool = False,
) -> None:
    """:class:`InputError` where a part cannot be made as it is asked for; ``least`` is the fewest
    machines that the hosting scales to in ``region``, ``unscheduled`` why it has none by the clock,
    and ``queue`` whether it answers from one."""
    check_topics(args, queue=queue)
    check_region(args, region)
    if unscheduled and args.get("schedules"):
        raise InputError(unscheduled, fix="leave schedules out", field="schedules")
    check_schedules(args.get("schedules") or [], least)
    check_budget(args)
    hours = args.get("idle_alarm_hours", 0)
    if not 0 <= hours <= _MOST_IDLE_HOURS:
        raise InputError(
            f"is how many hours without a request raise the alarm: 0 (none) to {_MOST_IDLE_HOURS}",
            fix=f"idle_alarm_hours: {_IDLE_HOURS}",
            field="idle_alarm_hours",
        )


def bundle(
    site: Site,
    args: AwsArgs,
    *,
    serves_as: pulumi.Output[str],
    url: pulumi.Output[str] | None = None,
    key: pulumi.Output[str],
    requests: Watch | None,
    charts: Sequence[Chart],
    scaled: aws.appautoscaling.Policy | GroupByClock | None,
    after: Sequence[pulumi.Resource] = (),
    advice: Sequence[str] = (),
) -> Bundle:
    """Make it. ``serves_as`` is the name that clients invoke, or that of what answers at ``url``.
    ``requests`` is a row whose metric counts requests (None where none does), ``charts`` those of
    the dashboard (without any there is none), ``scaled`` what schedules change, and ``advice``
    lines of the page that are the hosting's own.

    The address is the last of all, after what is in ``after`` too: production protects it, and
    Pulumi then deletes nothing that it depends on.
    """
    last = list(after)
    if scaled is not None:
        last += schedule(site, scaled, args.get("schedules") or [])
    if requests is not None:
        last += alarms(site, _idle(site, args, requests), args.get("alarm_topic")).values()
    if "budget_usd" in args and "alarm_topic" in args:
        last.append(budget(site, args["budget_usd"], args["alarm_topic"]))
    wanted = charts and args.get("dashboard", site.environment == "prod")
    page = dashboard(site, charts) if wanted else None
    last += [] if page is None else [page]
    parameter = shown = publish(site, "endpoint", serves_as, *last)
    if url is not None:
        # It is told once what has the name serves.
        told = pulumi.Output.all(serves_as, url).apply(lambda known: str(known[1]))
        shown = publish(site, "url", told, *last)
    return Bundle(
        key=key,
        parameter=parameter.name,
        dashboard=link(page, site),
        runbook=pulumi.Output.all(serves_as, shown.name, _made(args)).apply(
            lambda known: runbook(site, known[0], known[1], advice, known[2])
        ),
    )


def _idle(site: Site, args: AwsArgs, requests: Watch) -> list[Watch]:
    """No request for hours: what is idle sends no data, so missing data rings."""
    hours = args.get("idle_alarm_hours", 0 if site.environment == "prod" else _IDLE_HOURS)
    if not hours:
        return []
    return [
        Watch(
            role="idle",
            description=f"No request for {hours:.0f} hours: it may be taken down.",
            namespace=requests.namespace,
            metric=requests.metric,
            dimensions=requests.dimensions,
            statistic="Sum",
            comparison="LessThanThreshold",
            threshold=1,
            period_s=3600,
            of=int(hours),
            bad=int(hours),
            missing="breaching",
        )
    ]


def _made(args: AwsArgs) -> list[pulumi.Input[str]]:
    """The ARNs of the topics that were made."""
    given: Mapping[str, Any] = args
    return [given[ARGUMENTS[word]] for word in dict.fromkeys(args.get("topics") or [])]


def runbook(
    site: Site, name: str, parameter: str, advice: Sequence[str], topics: Sequence[str] = ()
) -> str:
    """What to do in the cases that happen, with the commands."""
    where = f"--region {site.region}"
    what = "its URL" if parameter.endswith("/url") else "its name"
    lines = [
        f"# {name} ({site.title}, {site.region})",
        "",
        f"Clients read {what}: aws ssm get-parameter --name {parameter} {where}",
        f"Its log: aws logs tail {site.log_group_name} --follow {where}",
        f"Its alarms: aws cloudwatch describe-alarms --alarm-name-prefix {site.identity}- {where}",
        *(
            f"To hear of it: aws sns subscribe --topic-arn {topic} --protocol email "
            f"--notification-endpoint YOUR-ADDRESS {where}"
            for topic in topics
        ),
        *advice,
    ]
    if site.protected:
        lines.append(
            "To take it down: set protect to false, run `pulumi up`, then `pulumi destroy`. What "
            "production kept of earlier versions goes with `lichen prune aws`."
        )
    return "\n".join(lines)

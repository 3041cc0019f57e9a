"""Monitoring of a deployment: its log, kept for some days, and its alarms."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import pulumi
import pulumi_aws as aws

from lichen.figures import many, percent
from lichen.workload import Traffic
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.site import Site
from lichen_components.promises import RETENTION_DAYS

ERROR_SHARE = 0.01
"""The share of failed requests that raises the alarm (design choice)."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm: a row.

    ``role`` names the child and ends the alarm's name. ``statistic`` is a word, or a percentile
    such as ``p95``. The alarm rings where ``bad`` of the last ``of`` periods (of ``period_s``
    seconds) compare with the threshold. ``missing`` says what a period without data counts as.
    ``takes_back`` is whether it takes a roll-out back.
    """

    role: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    threshold: float
    comparison: str = "GreaterThanThreshold"
    period_s: int = 60
    of: int = 5
    bad: int = 3
    missing: str = "notBreaching"
    takes_back: bool = False

    @property
    def window_s(self) -> int:
        """How long the alarm looks back."""
        return self.of * self.period_s


def too_few(
    least: int,
    *,
    role: str,
    description: str,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, pulumi.Input[str]],
) -> Watch:
    """Fewer than ``least`` for five minutes; one that counts nothing counts none."""
    return Watch(
        role=role,
        description=description,
        namespace=namespace,
        metric=metric,
        dimensions=dimensions,
        statistic="Minimum",
        threshold=least,
        comparison="LessThanThreshold",
        bad=5,
        missing="breaching",
    )


_PERIODS_S = (60, 300, 900, 3600)
_LEAST_REQUESTS = 3
"""Requests that a period of an alarm sees at the mean rate (design choice)."""


def period_s(traffic: Traffic) -> int:
    """The shortest period in which some requests come: minutes without any say nothing, and an
    alarm on three bad ones of five would never ring where one comes every ten minutes."""
    mean_rps = sum(traffic.profile_rps) / 24
    seen = (each for each in _PERIODS_S if each * mean_rps >= _LEAST_REQUESTS)
    return next(seen, _PERIODS_S[-1])


def over(watch: Watch, seconds: int) -> Watch:
    """The row over a period that is longer than its own, of which one is enough."""
    if seconds <= watch.period_s:
        return watch
    return msgspec.structs.replace(watch, period_s=seconds, of=1, bad=1)


def failed_requests(peak_rps: float, seconds: int) -> int:
    """How many failed requests of a period are still within the share that raises no alarm."""
    few = peak_rps * seconds * ERROR_SHARE
    return max(1, math.ceil(few)) if seconds == _PERIODS_S[0] else math.floor(few)


def too_many_failed(few: int, peak_rps: float, seconds: int, where: str = "") -> str:
    """What an alarm on more than ``few`` failed requests of a period says; ``where`` they failed.

    The share is that of ``few``, which is rounded; none is said where the whole period has fewer.
    """
    minutes = seconds // 60
    if few == 0:
        return f"At least one request of {minutes} min failed{where}."
    share = few / (peak_rps * seconds)
    of = f", {percent(share)} of those at the peak" if share <= 1 else ""
    return f"More than {many(few, 'request')} of {minutes} min failed{where}{of}."


def fewest(args: AwsArgs, least: int) -> int:
    """The fewest machines that there are at any time of the day: no alarm rings at night where a
    schedule has fewer then."""
    given = (each["minimum"] for each in args.get("schedules") or [] if "minimum" in each)
    return min([least, *given])


def logs(site: Site, key: pulumi.Input[str]) -> aws.cloudwatch.LogGroup:
    """The log group, made before the service makes one that keeps logs for ever.

    ``key`` is the ARN of the key that encrypts it. It goes with the deployment that it is named
    after: one that stayed would be in the way when the same machine is chosen again.
    """
    return aws.cloudwatch.LogGroup(
        site.child("logs"),
        name=site.log_group_name,
        retention_in_days=RETENTION_DAYS[site.environment],
        kms_key_id=key,
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )


def alarm_name(site: Site, watch: Watch) -> str:
    return f"{site.identity}-{watch.role}"


def alarms(
    site: Site, watches: Iterable[Watch], topic: pulumi.Input[str] | None = None
) -> dict[str, aws.cloudwatch.MetricAlarm]:
    """An alarm for each row, by its role; the topic hears when it rings and when it stops.

    Without a topic only those are made that take a roll-out back: nobody would hear the others.
    """
    topics = [] if topic is None else [topic]
    return {
        watch.role: alarm(site, watch, rings=topics, stops=topics)
        for watch in watches
        if topics or watch.takes_back
    }


def alarm(
    site: Site,
    watch: Watch,
    *,
    rings: Sequence[pulumi.Input[str]],
    stops: Sequence[pulumi.Input[str]] = (),
) -> aws.cloudwatch.MetricAlarm:
    """The alarm of a row, with the ARNs of what hears that it rings, and that it stops."""
    percentile = re.fullmatch(r"p[0-9.]+", watch.statistic) is not None
    return aws.cloudwatch.MetricAlarm(
        site.child(watch.role),
        name=alarm_name(site, watch),
        alarm_description=watch.description,
        namespace=watch.namespace,
        metric_name=watch.metric,
        dimensions=dict(watch.dimensions),
        statistic=None if percentile else watch.statistic,
        extended_statistic=watch.statistic if percentile else None,
        comparison_operator=watch.comparison,
        threshold=watch.threshold,
        period=watch.period_s,
        evaluation_periods=watch.of,
        datapoints_to_alarm=watch.bad,
        treat_missing_data=watch.missing,
        alarm_actions=list(rings),
        ok_actions=list(stops),
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )

"""Alerts and a budget: made where somebody hears of them."""

from __future__ import annotations

import msgspec
import pulumi
import pulumi_gcp as gcp
from pulumi_gcp.monitoring import AlertPolicyConditionArgs as Condition
from pulumi_gcp.monitoring import (
    AlertPolicyConditionConditionThresholdAggregationArgs as Aggregation,
)
from pulumi_gcp.monitoring import AlertPolicyConditionConditionThresholdArgs as Threshold

from lichen.document import InputError
from lichen.figures import percent
from lichen_components.google.args import GoogleArgs
from lichen_components.google.site import GoogleSite
from lichen_components.servers.container import Decision

ERROR_SHARE = 0.01
"""The share of failed requests that raises the alert (design choice)."""
_LABEL = "lichen-workload"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: a row.

    ``filter`` finds the metric's time series, ``over`` those that it is a share of. ``aligner``
    makes one number of each minute, and ``reducer`` one of all series.
    """

    role: str
    description: str
    filter: pulumi.Input[str]
    threshold: float
    aligner: str
    reducer: str
    over: pulumi.Input[str] | None = None
    minutes: int = 5


def of_requests(
    here: pulumi.Input[str], requests: str, failed: str, latencies: str, decision: Decision
) -> list[Alert]:
    """The two alerts of everything that answers requests: failures and slow answers.

    ``here`` finds the deployment's series, and the others are metrics, ``failed`` with the label of
    those that count as failures.
    """
    slow_ms = decision.workload.latency.p95_ms or 1.5 * decision.sizing.prediction.request_ms.high
    return [
        Alert(
            role="errors",
            description=f"more than {percent(ERROR_SHARE)} of requests fail",
            filter=pulumi.Output.concat(here, f' AND metric.type="{requests}" AND {failed}'),
            over=pulumi.Output.concat(here, f' AND metric.type="{requests}"'),
            threshold=ERROR_SHARE,
            aligner="ALIGN_RATE",
            reducer="REDUCE_SUM",
        ),
        Alert(
            role="latency",
            description=f"95 % of answers take more than {slow_ms:,.0f} ms",
            filter=pulumi.Output.concat(here, f' AND metric.type="{latencies}"'),
            threshold=slow_ms,
            aligner="ALIGN_PERCENTILE_95",
            reducer="REDUCE_MAX",
        ),
    ]


def alerts(site: GoogleSite, rows: list[Alert]) -> list[pulumi.Resource]:
    """An alert policy for each row; none without a channel: nobody would hear of them."""
    channel = site.args.get("alert_channel")
    return [] if channel is None else [_alert(site, row, channel) for row in rows]


def _alert(site: GoogleSite, row: Alert, channel: str) -> gcp.monitoring.AlertPolicy:
    each_minute = [
        Aggregation(
            alignment_period="60s",
            per_series_aligner=row.aligner,
            cross_series_reducer=row.reducer,
        )
    ]
    return gcp.monitoring.AlertPolicy(
        site.child(row.role),
        display_name=f"{site.identity}: {row.description}",
        combiner="OR",
        conditions=[
            Condition(
                display_name=row.description,
                condition_threshold=Threshold(
                    filter=row.filter,
                    aggregations=each_minute,
                    denominator_filter=row.over,
                    denominator_aggregations=None if row.over is None else each_minute,
                    comparison="COMPARISON_GT",
                    threshold_value=row.threshold,
                    duration=f"{60 * row.minutes}s",
                ),
            )
        ],
        notification_channels=[channel],
        user_labels=site.labels,
        severity="ERROR",
        project=site.project,
        opts=site.under(),
    )


def check_budget(args: GoogleArgs) -> None:
    """:class:`InputError` where a budget has no account, or nobody hears of it."""
    if "budget_usd" not in args:
        return
    for field, example in (
        ("billing_account", "000000-111111-222222"),
        ("alert_channel", "projects/<project>/notificationChannels/<id>"),
    ):
        if field not in args:
            raise InputError(
                "is required with budget_usd", fix=f"{field}: {example}", field=f"google.{field}"
            )


def budget(site: GoogleSite) -> list[pulumi.Resource]:
    """A message where the month will likely cost more than the limit; it stops nothing."""
    if "budget_usd" not in site.args:
        return []
    return [
        gcp.billing.Budget(
            site.child("budget"),
            billing_account=site.args["billing_account"],
            display_name=site.identity,
            amount=gcp.billing.BudgetAmountArgs(
                specified_amount=gcp.billing.BudgetAmountSpecifiedAmountArgs(
                    currency_code="USD", units=f"{site.args['budget_usd']:.0f}"
                )
            ),
            budget_filter=gcp.billing.BudgetBudgetFilterArgs(
                projects=[site.number.apply(lambda number: f"projects/{number}")],
                labels={_LABEL: site.labels[_LABEL]},
            ),
            threshold_rules=[
                gcp.billing.BudgetThresholdRuleArgs(threshold_percent=0.8),
                gcp.billing.BudgetThresholdRuleArgs(
                    threshold_percent=1.0, spend_basis="FORECASTED_SPEND"
                ),
            ],
            all_updates_rule=gcp.billing.BudgetAllUpdatesRuleArgs(
                monitoring_notification_channels=[site.args["alert_channel"]]
            ),
            opts=site.under(),
        )
    ]

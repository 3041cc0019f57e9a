"""A budget for what one workload costs in a month."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.site import Site
from lichen_components.aws.topics import is_heard

TAG = "lichen:workload"
"""The tag that costs are found by. The account that pays activates it for cost allocation, a day
before, and not backwards (AWS Billing guide, activating tags)."""


def check_budget(args: AwsArgs) -> None:
    """:class:`InputError` where a budget has no limit, or nobody hears of it."""
    limit = args.get("budget_usd")
    if limit is None:
        return
    if limit <= 0:
        raise InputError(
            "is what a month may cost in dollars: above 0",
            fix="budget_usd: 500",
            field="budget_usd",
        )
    if not is_heard(args):
        raise InputError(
            "is required with budget_usd: nobody would hear of it",
            fix="add topics: [alarm], or alarm_topic: arn:aws:sns:..., whose policy lets "
            "budgets.amazonaws.com publish",
            field="alarm_topic",
        )


def budget(site: Site, limit_usd: float, topic: pulumi.Input[str]) -> aws.budgets.Budget:
    """A message at 80 % of the limit, and where the month will likely end above it."""

    def message(kind: str, per_cent: float) -> aws.budgets.BudgetNotificationArgs:
        return aws.budgets.BudgetNotificationArgs(
            comparison_operator="GREATER_THAN",
            threshold=per_cent,
            threshold_type="PERCENTAGE",
            notification_type=kind,
            subscriber_sns_topic_arns=[topic],
        )

    return aws.budgets.Budget(
        site.child("budget"),
        name=site.stable,
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=f"{limit_usd:.2f}",
        limit_unit="USD",
        cost_filters=[
            aws.budgets.BudgetCostFilterArgs(
                name="TagKeyValue", values=[f"user:{TAG}${site.tags[TAG]}"]
            )
        ],
        notifications=[message("ACTUAL", 80), message("FORECASTED", 100)],
        opts=site.under(),
    )

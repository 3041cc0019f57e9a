"""SNS topics of a deployment's own: encrypted, and only what rings may publish to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from lichen.document import InputError, did_you_mean
from lichen_components.args import EndpointArgs
from lichen_components.aws.access import Statement
from lichen_components.aws.account import Account
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.key import key_of
from lichen_components.aws.site import Site
from lichen_components.plan import Plan

ARGUMENTS: Mapping[str, str] = {
    "alarm": "alarm_topic",
    "success": "success_topic",
    "error": "error_topic",
}
"""The argument that a topic made here is instead of."""


def is_heard(args: AwsArgs) -> bool:
    """Whether alarms are sent to a topic: the user's, or one that is made."""
    return "alarm_topic" in args or "alarm" in (args.get("topics") or [])


def check_topics(args: AwsArgs, *, queue: bool) -> None:
    """:class:`InputError` for a topic that is not one of ours, is there already, or has nothing to
    hear; ``queue`` is whether the endpoint answers from one."""
    topics = args.get("topics") or []
    if not isinstance(topics, list):
        raise InputError("is a list of topics", fix="topics: [alarm]", field="topics")
    for n, word in enumerate(topics):
        field = f"topics[{n}]"
        if word not in ARGUMENTS:
            raise InputError(
                f"{word!r} is no topic", fix=did_you_mean(word, list(ARGUMENTS)), field=field
            )
        if ARGUMENTS[word] in args:
            raise InputError(
                f"{ARGUMENTS[word]} has a topic for it already",
                fix=f"leave out {ARGUMENTS[word]}, or {word} here",
                field=field,
            )
        if word != "alarm" and not queue:
            raise InputError(
                "only an asynchronous endpoint tells a topic of its results",
                fix=f"leave out {word}, or choose mode: asynchronous",
                field=field,
            )


def with_topics(site: Site, plan: Plan, account: Account, *, jobs: bool = False) -> Plan:
    """The plan with the topics that it asks for, made, and with the key that encrypts them.

    ``jobs`` is whether EventBridge publishes jobs that failed to the topic of the alarms.
    """
    args = aws_args(plan.args)
    asked = list(dict.fromkeys(args.get("topics") or []))
    if not asked:
        return plan
    publishers = _publishers(args, jobs=jobs) if "alarm" in asked else []
    key = key_of(site, account, args.get("key"), publishers)
    made = {
        ARGUMENTS[word]: _topic(site, account, word, key, publishers if word == "alarm" else [])
        for word in asked
    }
    block = {**args, **made, "key": key}
    rest = {name: value for name, value in plan.args.items() if name not in AwsArgs.__annotations__}
    return replace(plan, args=cast(EndpointArgs, {**rest, "aws": block}))


def _publishers(args: AwsArgs, *, jobs: bool) -> list[str]:
    """The services that publish to the alarms' topic."""
    also = ["budgets"] if "budget_usd" in args else []
    return ["cloudwatch", *also, *(["events"] if jobs else [])]


def _topic(
    site: Site, account: Account, word: str, key: pulumi.Input[str], publishers: list[str]
) -> pulumi.Output[str]:
    """The ARN of a topic made here."""
    name = f"{site.stable}-{word}"
    policy = pulumi.Output.all(account.partition, account.id).apply(
        lambda owner: json.dumps(policy_of(site, name, owner[0], owner[1], publishers))
    )
    made = aws.sns.Topic(
        site.child(f"topic-{word}"),
        name=name,
        kms_master_key_id=key,
        policy=policy,
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    return made.arn


def policy_of(
    site: Site, name: str, partition: str, account: str, publishers: list[str]
) -> dict[str, Any]:
    """Who may publish: these services for this deployment alone, and nobody without TLS.

    A role of this account that may publish has that in its own policy.
    """
    topic = f"arn:{partition}:sns:{site.region}:{account}:{name}"
    ours = f"{site.name}-{site.environment}-*"
    sources = {
        "cloudwatch": f"arn:{partition}:cloudwatch:{site.region}:{account}:alarm:{ours}",
        "budgets": f"arn:{partition}:budgets::{account}:*",
    }
    allowed: list[Statement] = []
    for service in publishers:
        statement: Statement = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
        }
        # EventBridge publishes to no topic whose policy has a condition (EventBridge user guide,
        # resource-based policies, Amazon SNS permissions).
        if service in sources:
            statement["Condition"] = {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": sources[service]},
            }
        allowed.append(statement)
    denied: Statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [*allowed, denied]}

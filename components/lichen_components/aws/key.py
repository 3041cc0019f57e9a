"""The key of an endpoint: it encrypts volumes, logs and asynchronous results."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.aws.access import principal
from lichen_components.aws.account import Account
from lichen_components.aws.site import Site

_DELETION_WINDOW_DAYS = 30


def key_of(
    site: Site, account: Account, given: pulumi.Input[str] | None = None
) -> pulumi.Output[str]:
    """The ARN of the key: the user's, which is free of charge here, else one of its own."""
    return key(site, account).arn if given is None else pulumi.Output.from_input(given)


def key(site: Site, account: Account) -> aws.kms.Key:
    """A key that rotates, with an alias, usable by this account and for its log groups alone."""
    made = aws.kms.Key(
        site.child("key"),
        description=f"{site.title} {site.stable}",
        enable_key_rotation=True,
        deletion_window_in_days=_DELETION_WINDOW_DAYS,
        policy=pulumi.Output.all(account.partition, account.id).apply(
            lambda owner: json.dumps(_policy(owner[0], owner[1], site))
        ),
        region=site.region,
        tags=site.tags,
        opts=site.guarded(),
    )
    aws.kms.Alias(
        site.child("alias"),
        name=f"alias/{site.stable}",
        target_key_id=made.key_id,
        region=site.region,
        opts=site.guarded(),
    )
    return made


def _policy(partition: str, account: str, site: Site) -> dict[str, Any]:
    # The log groups of the machines before and after a change, at the same time.
    groups = site.log_group(f"{site.name}-{site.environment}-*")
    logs = f"arn:{partition}:logs:{site.region}:{account}:log-group:{groups}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                # Without it nobody could change the key again; roles still need their own policy.
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Principal": {"Service": principal("logs", site.region)},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
            },
        ],
    }

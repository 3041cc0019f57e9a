"""The key of an endpoint: it encrypts volumes, logs and asynchronous results."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.aws.account import Account
from lichen_components.aws.site import Site

_DELETION_WINDOW_DAYS = 30


def key(site: Site, account: Account) -> aws.kms.Key:
    """A key that rotates, with an alias, usable by this account and for this log group alone."""
    made = aws.kms.Key(
        site.child("key"),
        description=site.description,
        enable_key_rotation=True,
        deletion_window_in_days=_DELETION_WINDOW_DAYS,
        policy=pulumi.Output.all(account.partition, account.id).apply(
            lambda owner: json.dumps(_policy(owner[0], owner[1], site))
        ),
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    aws.kms.Alias(
        site.child("alias"),
        name=f"alias/{site.endpoint_name}",
        target_key_id=made.key_id,
        region=site.region,
        opts=site.under(),
    )
    return made


def _policy(partition: str, account: str, site: Site) -> dict[str, Any]:
    logs = f"arn:{partition}:logs:{site.region}:{account}:log-group:{site.log_group_name}"
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
                "Principal": {"Service": f"logs.{site.region}.amazonaws.com"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
                "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": logs}},
            },
        ],
    }

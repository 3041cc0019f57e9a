"""The key of an endpoint: it encrypts volumes, logs and asynchronous results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.aws.access import principal
from lichen_components.aws.account import Account
from lichen_components.aws.site import Site

_DELETION_WINDOW_DAYS = 30


def key_of(
    site: Site,
    account: Account,
    given: pulumi.Input[str] | None = None,
    publishers: Sequence[str] = (),
) -> pulumi.Output[str]:
    """The ARN of the key: the user's, which is free of charge here, else one of its own.

    ``publishers`` are the services that publish to topics that it encrypts.
    """
    if given is not None:
        return pulumi.Output.from_input(given)
    return key(site, account, publishers).arn


def key(site: Site, account: Account, publishers: Sequence[str] = ()) -> aws.kms.Key:
    """A key that rotates, with an alias, usable by this account, for its log groups and by these
    services alone."""
    made = aws.kms.Key(
        site.child("key"),
        description=f"{site.title} {site.stable}",
        enable_key_rotation=True,
        deletion_window_in_days=_DELETION_WINDOW_DAYS,
        policy=pulumi.Output.all(account.partition, account.id).apply(
            lambda owner: json.dumps(_policy(owner[0], owner[1], site, publishers))
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


def _policy(partition: str, account: str, site: Site, publishers: Sequence[str]) -> dict[str, Any]:
    # The log groups of the machines before and after a change, at the same time.
    groups = site.log_group(f"{site.name}-{site.environment}-*")
    logs = f"arn:{partition}:logs:{site.region}:{account}:log-group:{groups}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                # Without it nobody could change the key again; roles still need their own policy
                # (AWS KMS Developer Guide, "Default key policy").
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
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
            },
            *(_publishes(service, account) for service in publishers),
        ],
    }


def _publishes(service: str, account: str) -> dict[str, Any]:
    """A service publishes to an encrypted topic: it asks for the key itself."""
    statement = {
        "Sid": service.capitalize(),
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }
    # EventBridge sends no account with it (SNS developer guide, encrypted topics and AWS services).
    if service == "events":
        return statement
    return statement | {"Condition": {"StringEquals": {"aws:SourceAccount": account}}}

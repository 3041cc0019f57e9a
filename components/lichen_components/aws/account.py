"""The account that a component is made in."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class Account:
    """Its number and partition, read from AWS once for all children."""

    id: pulumi.Output[str]
    partition: pulumi.Output[str]


def account_of(parent: pulumi.Resource) -> Account:
    """The account of the provider that a component's children use."""
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=parent))
    # arn:aws-cn:sts::...: the partition comes second.
    return Account(caller.account_id, caller.arn.apply(lambda arn: arn.split(":")[1]))

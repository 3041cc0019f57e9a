"""The role of a deployment: what a service may do for it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from lichen_components.aws.access import Statement, principal
from lichen_components.aws.account import Account
from lichen_components.aws.site import Site


def role(
    site: Site,
    account: Account,
    *,
    service: str,
    statements: pulumi.Input[Sequence[Statement]],
    source: str | None = None,
    called: str = "role",
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """A role that ``service`` takes in this account alone, with the policy of these statements.

    ``service`` is the short name in ``sagemaker.amazonaws.com``. ``source`` is the service in the
    ARNs of the resources that it takes the role for, where it says which: ``sagemaker``, or
    ``ecs`` for ``ecs-tasks``; Lambda and EC2 do not say. ``called`` names the child, of which one
    deployment may have two. A changed policy is made beside the old one: machines that still serve
    keep what they may read until the deployment has moved.
    """
    made = aws.iam.Role(
        site.child(called),
        description=f"{site.title} {site.stable}",
        assume_role_policy=pulumi.Output.all(account.partition, account.id).apply(
            lambda of: _document([trust(service, source, of[0], site.region, of[1])])
        ),
        tags=site.tags,
        opts=site.guarded(),
    )
    access = aws.iam.RolePolicy(
        site.child("access" if called == "role" else f"{called}-access"),
        role=made.name,
        policy=pulumi.Output.from_input(statements).apply(_document),
        opts=pulumi.ResourceOptions.merge(
            site.under(), pulumi.ResourceOptions(replace_on_changes=["policy"])
        ),
    )
    return made, access


def trust(service: str, source: str | None, partition: str, region: str, account: str) -> Statement:
    """Another account, or another service's resource, cannot make the service take this role."""
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal(service, region)},
        "Action": "sts:AssumeRole",
    }
    if source is not None:
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:{partition}:{source}:{region}:{account}:*"},
        }
    return statement


def _document(allowed: Sequence[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(allowed)})

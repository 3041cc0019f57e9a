"""The role of an endpoint: what SageMaker may do for it, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.account import Account
from lichen_components.container import Objects, Repository
from lichen_components.plan import Site

Statement = dict[str, Any]


@dataclass(frozen=True)
class Needs:
    """What the endpoint reads and writes; ``network`` where it runs in subnets of the user's."""

    repository: pulumi.Output[Repository]
    artifacts: pulumi.Output[Objects]
    results: pulumi.Output[Objects] | None
    key: pulumi.Output[str]
    artifacts_key: pulumi.Input[str] | None
    network: bool


def role(site: Site, account: Account, needs: Needs) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """A role that SageMaker takes in this account alone, with the policy that the needs ask."""
    made = aws.iam.Role(
        site.child("role"),
        description=f"SageMaker endpoint {site.endpoint_name}",
        assume_role_policy=account.id.apply(lambda number: _document([_trust(number)])),
        tags=site.tags,
        opts=site.under(),
    )
    told: dict[str, Any] = {
        "partition": account.partition,
        "account": account.id,
        "repository": needs.repository,
        "artifacts": needs.artifacts,
        "results": needs.results,
        "keys": [key for key in (needs.key, needs.artifacts_key) if key is not None],
    }
    access = aws.iam.RolePolicy(
        site.child("access"),
        role=made.name,
        policy=pulumi.Output.all(**told).apply(
            lambda known: _document(statements(site=site, network=needs.network, **known))
        ),
        opts=site.under(),
    )
    return made, access


def _trust(account: str) -> Statement:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
        # Another account cannot make SageMaker take this role for it.
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }


def statements(
    *,
    site: Site,
    partition: str,
    account: str,
    repository: Repository,
    artifacts: Objects,
    results: Objects | None,
    keys: list[str],
    network: bool,
) -> list[Statement]:
    """What the role allows. ``*`` stands only where AWS takes nothing narrower."""

    def allow(actions: list[str], resources: list[str], **condition: Any) -> Statement:
        statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
        return statement | ({"Condition": condition} if condition else {})

    s3 = f"arn:{partition}:s3:::"
    logs = f"arn:{partition}:logs:{site.region}:{account}:log-group:{site.log_group_name}"
    image = (
        f"arn:{partition}:ecr:{repository.region}:{repository.account}:repository/{repository.name}"
    )
    allowed = [
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [image],
        ),
        allow(
            ["s3:GetObject"],
            [f"{s3}{artifacts.bucket}/{artifacts.key}{'' if artifacts.is_archive else '*'}"],
        ),
        allow(
            ["s3:ListBucket"],
            [f"{s3}{artifacts.bucket}"],
            StringLike={"s3:prefix": [f"{artifacts.key}*"]},
        ),
        allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [logs, f"{logs}:*"],
        ),
        allow(
            ["cloudwatch:PutMetricData"],
            ["*"],
            StringEquals={"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]},
        ),
        allow(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], keys),
        allow(["kms:CreateGrant"], keys[:1], Bool={"kms:GrantIsForAWSResource": "true"}),
    ]
    if results is not None:
        allowed.append(allow(["s3:PutObject"], [f"{s3}{results.bucket}/{results.key}*"]))
    if network:
        # Network interfaces are made before they have a name (SageMaker execution roles).
        actions = "CreateNetworkInterface CreateNetworkInterfacePermission DeleteNetworkInterface "
        actions += "DeleteNetworkInterfacePermission DescribeDhcpOptions DescribeNetworkInterfaces "
        actions += "DescribeSecurityGroups DescribeSubnets DescribeVpcs"
        allowed.append(allow([f"ec2:{action}" for action in actions.split()], ["*"]))
    return allowed


def _document(allowed: list[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})

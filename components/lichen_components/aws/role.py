"""The role of an endpoint: what a service may do for it, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.aws.account import Account
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.site import Site

Statement = dict[str, Any]


@dataclass(frozen=True)
class Permissions:
    """What the endpoint reads and writes.

    ``service`` takes the role (``sagemaker.amazonaws.com``), ``metric_namespaces`` are those that
    it writes to, ``network`` is whether it runs in subnets of the user.
    """

    service: str
    metric_namespaces: tuple[str, ...]
    repository: pulumi.Output[Repository]
    artifacts: pulumi.Output[Objects]
    results: pulumi.Output[Objects] | None
    key: pulumi.Output[str]
    artifacts_key: pulumi.Input[str] | None
    network: bool


def role(
    site: Site, account: Account, permissions: Permissions
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    """A role that the service takes in this account alone, with the policy of its permissions."""
    made = aws.iam.Role(
        site.child("role"),
        description=site.description,
        assume_role_policy=account.id.apply(
            lambda number: _document([_trust(permissions.service, number)])
        ),
        tags=site.tags,
        opts=site.under(),
    )
    outputs: dict[str, Any] = {
        "partition": account.partition,
        "account": account.id,
        "repository": permissions.repository,
        "artifacts": permissions.artifacts,
        "results": permissions.results,
        "keys": [key for key in (permissions.key, permissions.artifacts_key) if key is not None],
    }
    access = aws.iam.RolePolicy(
        site.child("access"),
        role=made.name,
        policy=pulumi.Output.all(**outputs).apply(
            lambda known: _document(
                statements(
                    site=site,
                    metric_namespaces=permissions.metric_namespaces,
                    network=permissions.network,
                    **known,
                )
            )
        ),
        opts=site.under(),
    )
    return made, access


def _trust(service: str, account: str) -> Statement:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        # Another account cannot make the service take this role for it.
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
    metric_namespaces: tuple[str, ...],
    network: bool,
) -> list[Statement]:
    """What the role allows. The resource ``*`` is used only where AWS takes nothing narrower."""

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
            StringEquals={"cloudwatch:namespace": list(metric_namespaces)},
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

"""What a role may do, as statements of its policy: pure functions.

The resource ``*`` is used only where AWS takes nothing narrower (service authorisation reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lichen_components.aws.locations import Objects, Repository

Statement = dict[str, Any]


def principal(service: str, region: str) -> str:
    """A service as policies name it; only that of CloudWatch Logs is one of its region, and in
    China has China's ending (aws/aws-cdk, region-info, default.ts)."""
    if service != "logs":
        return f"{service}.amazonaws.com"
    return f"logs.{region}.{'amazonaws.com.cn' if region.startswith('cn-') else 'amazonaws.com'}"


def allow(actions: Sequence[str], resources: Iterable[str], **condition: Any) -> Statement:
    """A statement that allows; conditions by their operator: ``StringEquals={...}``."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})


def pull_image(partition: str, image: Repository) -> list[Statement]:
    """Pull one repository's images from ECR."""
    arn = f"arn:{partition}:ecr:{image.region}:{image.account}:repository/{image.name}"
    return [
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [arn],
        ),
    ]


def read_objects(partition: str, where: Objects) -> list[Statement]:
    """Read one archive, or everything below one prefix."""
    bucket = f"arn:{partition}:s3:::{where.bucket}"
    return [
        allow(["s3:GetObject"], [f"{bucket}/{where.key}{'' if where.is_archive else '*'}"]),
        allow(["s3:ListBucket"], [bucket], StringLike={"s3:prefix": [f"{where.key}*"]}),
    ]


def write_objects(partition: str, where: Objects) -> list[Statement]:
    """Write below one prefix."""
    return [allow(["s3:PutObject"], [f"arn:{partition}:s3:::{where.bucket}/{where.key}*"])]


def write_logs(partition: str, region: str, account: str, group: str) -> list[Statement]:
    """Write into one log group, which is there already."""
    arn = f"arn:{partition}:logs:{region}:{account}:log-group:{group}"
    return [
        allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [arn, f"{arn}:*"],
        )
    ]


def write_metrics(namespaces: Iterable[str]) -> list[Statement]:
    """Write metrics into these namespaces."""
    return [
        allow(
            ["cloudwatch:PutMetricData"],
            ["*"],
            StringEquals={"cloudwatch:namespace": list(namespaces)},
        )
    ]


def read_alarms(partition: str, region: str, account: str, names: Iterable[str]) -> list[Statement]:
    """Read the alarms that take a roll-out back: the service looks at them with this role."""
    arn = f"arn:{partition}:cloudwatch:{region}:{account}:alarm:"
    return [allow(["cloudwatch:DescribeAlarms"], [f"{arn}{name}" for name in names])]


def use_keys(keys: Sequence[str], *, grants_on: Sequence[str] = ()) -> list[Statement]:
    """Decrypt and encrypt with keys, and have AWS's own services do so with ``grants_on``."""
    statements = [allow(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], keys)]
    if grants_on:
        statements.append(
            allow(["kms:CreateGrant"], grants_on, Bool={"kms:GrantIsForAWSResource": "true"})
        )
    return statements


def join_network(
    partition: str, region: str, account: str, subnets: Sequence[str], groups: Sequence[str]
) -> list[Statement]:
    """Make and remove network interfaces in these subnets with these security groups.

    Only the five Describe calls take nothing narrower than ``*``.
    """
    ec2 = f"arn:{partition}:ec2:{region}:{account}"
    interfaces = f"{ec2}:network-interface/*"
    places = [f"{ec2}:subnet/{subnet}" for subnet in subnets]
    walls = [f"{ec2}:security-group/{group}" for group in groups]
    return [
        allow(["ec2:CreateNetworkInterface"], [interfaces, *places, *walls]),
        allow(
            [
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            [interfaces],
            ArnEquals={"ec2:Subnet": places},
        ),
        allow(
            [
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            ["*"],
        ),
    ]

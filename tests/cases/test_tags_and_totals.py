"""What a tag may not lower, what is added up over several resources, and what is told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from tests.cases.test_documents import (
    ENDPOINT,
    MUMBAI,
    STOCKHOLM,
    constant,
    found,
    lichen,
    plan,
    preview,
    pulumi,
)

pytestmark = pytest.mark.usefixtures("fixed_tables")

CONFIGURATION = "aws_sagemaker_endpoint_configuration"
TARGET = "aws_appautoscaling_target"
LARGE = {"lichen:model": "meta-llama/Llama-3.1-8B", "lichen:precision": "bf16",
         "lichen:peak-rps": "0.5", "lichen:input-tokens": "300",
         "lichen:output-tokens": "100"}  # fmt: skip


def endpoint(machine: str, count: int, **tags: str) -> dict[str, Any]:
    """The values of a configuration of one variant."""
    variant = {
        "variant_name": "blue",
        "model_name": "answers",
        "instance_type": machine,
        "initial_instance_count": count,
    }
    return {"name": "answers", "production_variants": [variant], "tags": tags}


def in_stockholm(values: dict[str, Any], *, type_: str = CONFIGURATION) -> dict[str, Any]:
    return plan(values, provider=constant(STOCKHOLM), type_=type_)


def both(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The resources of two plans in one."""
    first["resource_changes"] += second["resource_changes"]
    blocks = first["configuration"]["root_module"]["resources"]
    blocks += second["configuration"]["root_module"]["resources"]
    return first


def test_replicas_that_a_tag_asks_for_make_an_endpoint_no_smaller(tmp_path: Path) -> None:
    tags = LARGE | {"lichen:environment": "prod", "lichen:minimum-replicas": "40"}
    run = lichen(in_stockholm(endpoint("ml.g5.12xlarge", 3, **tags)), tmp_path)
    assert run.exit_code == 1
    assert "oversized-endpoint" in run.stdout


def test_a_tag_that_nobody_knows_is_said_and_the_others_count(tmp_path: Path) -> None:
    tags = LARGE | {"lichen:environment": "prod", "lichen:cost-centre": "shop"}
    document = in_stockholm(endpoint("ml.g5.12xlarge", 3, **tags))
    assert lichen(document, tmp_path).exit_code == 1
    assert found(document, tmp_path)["fail"] >= {"unreadable-tag", "oversized-endpoint"}


def test_a_tag_that_says_test_does_not_open_the_gate_of_production(tmp_path: Path) -> None:
    variant = {"modelName": "m", "instanceType": "ml.g6.2xlarge", "initialInstanceCount": 1}
    inputs = {"productionVariants": [variant], "tags": {"lichen:environment": "staging"}}
    document = preview(pulumi(inputs=inputs), MUMBAI)
    assert f"prod::demo::{ENDPOINT}" in document["steps"][0]["urn"]
    assert lichen(document, tmp_path).exit_code == 1
    assert found(document, tmp_path)["fail"] >= {"dirty-region", "contradicting-environment"}


def test_a_time_that_nothing_can_keep_is_a_finding(tmp_path: Path) -> None:
    tags = LARGE | {"lichen:environment": "prod", "lichen:p95-ms": "2"}
    document = in_stockholm(endpoint("ml.g5.12xlarge", 3, **tags))
    assert lichen(document, tmp_path).exit_code == 1
    assert "unable-endpoint" in found(document, tmp_path)["fail"]


def test_a_target_holds_its_variant_s_machines(tmp_path: Path) -> None:
    target = {
        "service_namespace": "sagemaker",
        "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
        "resource_id": "endpoint/answers/variant/blue",
        "min_capacity": 12,
        "max_capacity": 400,
    }
    document = in_stockholm(endpoint("ml.p4d.24xlarge", 1, environment="prod"))
    document = both(document, in_stockholm(target, type_=TARGET))
    report = json.loads(lichen(document, tmp_path, "--format", "json").stdout)
    of_target = {
        verdict["rule"]
        for verdict in (*report["findings"], *report["unverified"])
        if verdict["resource"] == f"{TARGET}.chat"
    }
    assert "too-many-accelerators" in of_target


MACHINES = ["g5.12xlarge", "g5.48xlarge", "p4d.24xlarge"]


def test_a_ceiling_of_many_machine_types_is_one_finding(tmp_path: Path) -> None:
    group = {
        "min_size": 0,
        "max_size": 30,
        "mixed_instances_policy": [
            {
                "launch_template": [
                    {
                        "launch_template_specification": [{"launch_template_name": "any"}],
                        "override": [{"instance_type": machine} for machine in MACHINES],
                    }
                ]
            }
        ],
        "tag": [{"key": "environment", "value": "prod", "propagate_at_launch": True}],
    }
    document = in_stockholm(group, type_="aws_autoscaling_group")
    report = json.loads(lichen(document, tmp_path, "--format", "json").stdout)
    rules = [verdict["rule"] for verdict in report["findings"]]
    assert rules.count("too-many-accelerators") == 1


def test_what_a_provider_computes_is_no_accelerator_and_a_machine_s_type_is(tmp_path: Path) -> None:
    def pool(machine: str, count: int) -> dict[str, Any]:
        return plan(
            {
                "location": "europe-west4-a",
                "node_count": count,
                "node_config": [{"machine_type": machine}],
            },
            provider=constant("europe-west4"),
            type_="google_container_node_pool",
            unknown={"node_config": [{"guest_accelerator": True, "labels": True}]},
        )

    assert lichen(pool("e2-standard-4", 5), tmp_path).exit_code == 0
    assert found(pool("e2-standard-4", 5), tmp_path)["unverified"] == set()
    run = found(pool("a2-highgpu-8g", 3), tmp_path)
    assert "too-many-accelerators" in run["fail"]
    assert "too-many-accelerators" not in run["unverified"]


def test_a_module_s_provider_is_its_parent_s(tmp_path: Path) -> None:
    """Terraform 1.1 writes the key of a provider that a module inherits as ``module:name``."""
    document = in_stockholm(endpoint("ml.g5.xlarge", 1), type_=CONFIGURATION)
    change = document["resource_changes"][0]
    change |= {"address": f"module.search.{CONFIGURATION}.chat", "module_address": "module.search"}
    root = document["configuration"]["root_module"]
    (block,) = root.pop("resources")
    root["module_calls"] = {
        "search": {
            "source": "./search",
            "module": {"resources": [block | {"provider_config_key": "search:aws"}]},
        }
    }
    assert lichen(document, tmp_path).exit_code == 0
    run = found(document, tmp_path)
    assert not {"dirty-region", "region-unresolved"} & (run["fail"] | run["unverified"])


def test_two_alike_are_told_apart_in_sarif(tmp_path: Path) -> None:
    one = plan({"ami": "ami-7", "instance_type": "g6.xlarge"}, provider=constant(MUMBAI))
    two = json.loads(json.dumps(one).replace('"chat"', '"copy"').replace(".chat", ".copy"))
    path = tmp_path / "both of them.json"
    path.write_text(json.dumps(both(one, two)))
    run = CliRunner().invoke(main, ["check", str(path), "--format", "sarif"])
    assert run.exit_code == 1
    results = json.loads(run.stdout)["runs"][0]["results"]
    results = [each for each in results if each["ruleId"] == "dirty-region"]
    assert len({each["message"]["text"] for each in results}) == 2
    assert len({each["partialFingerprints"]["primaryLocationLineHash"] for each in results}) == 2
    for each in results:
        uri = each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert " " not in uri
        assert unquote(uri).endswith("both of them.json")


@pytest.mark.parametrize("count", ["4 + 4", "${var.machines}"])
def test_what_reads_like_an_expression_is_never_a_number_less(tmp_path: Path, count: str) -> None:
    run = found(in_stockholm(endpoint("ml.p4d.24xlarge", 1) | {
        "production_variants": [
            {"variant_name": "a", "model_name": "m", "instance_type": "ml.p4d.24xlarge",
             "initial_instance_count": count}
        ]
    }), tmp_path)  # fmt: skip
    assert "too-many-accelerators" in run["fail"] | run["unverified"]

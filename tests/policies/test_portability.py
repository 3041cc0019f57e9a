"""What is bound to a vendor, in whichever dialect it is written."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_policies.facts import Resource, readers
from lichen_policies.portability import ROWS, portability

from tests.fixed import fixed

STACKS = Path(__file__).parents[1] / "corpus" / "stacks"


def resource(type_: str, dialect: Any = "pulumi", **properties: object) -> Resource:
    return Resource(type=type_, name="it", address="it", properties=properties, dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "type_"),
    [
        ("pulumi", "aws:sagemaker/endpoint:Endpoint"),
        ("pulumi", "aws-native:sagemaker:InferenceComponent"),
        ("terraform", "aws_sagemaker_endpoint"),
        ("terraform", "awscc_sagemaker_inference_component"),
        ("cloudformation", "AWS::SageMaker::Endpoint"),
    ],
)
def test_one_service_is_bound_alike_in_every_dialect(dialect: Any, type_: str) -> None:
    (bound,) = portability([resource(type_, dialect)], fixed(), "it").bound
    assert (bound.vendor, bound.resources) == ("AWS", ("it",))
    assert bound.what.startswith("SageMaker's endpoints")
    assert "Vertex AI" in bound.replaced_by


@pytest.mark.parametrize(
    ("dialect", "type_", "vendor", "what"),
    [
        ("pulumi", "gcp:cloudrunv2/service:Service", "Google Cloud", "Cloud Run"),
        ("terraform", "google_cloud_run_v2_service", "Google Cloud", "Cloud Run"),
        ("terraform", "google_vertex_ai_endpoint", "Google Cloud", "Vertex AI"),
        ("pulumi", "gcp:vertex/aiEndpoint:AiEndpoint", "Google Cloud", "Vertex AI"),
        ("pulumi", "gcp:tpu/v2Vm:V2Vm", "Google Cloud", "the Cloud TPU API"),
        ("azure", "Microsoft.MachineLearningServices/workspaces", "Azure", "Azure ML"),
    ],
)
def test_other_vendors_services_too(dialect: Any, type_: str, vendor: str, what: str) -> None:
    (bound,) = portability([resource(type_, dialect)], fixed(), "it").bound
    assert bound.vendor == vendor
    assert bound.what.startswith(what)


@pytest.mark.parametrize(
    "name", [each.name for each in walk_packages(readers.__path__, f"{readers.__name__}.")]
)
def test_a_kind_of_resource_is_bound_alike_in_every_dialect(name: str) -> None:
    types = getattr(import_module(name), "TYPES", {})
    bound = {
        each: tuple((one.vendor, one.what) for one in answer.bound)
        for dialect, spelled in types.items()
        for each in spelled
        for answer in [portability([resource(each, dialect)], fixed(), "it")]
    }
    if name.endswith(".capacity_provider"):  # it reads those of three services
        assert all(bound.values())
        return
    assert len(set(bound.values())) <= 1, bound


@pytest.mark.parametrize(
    ("dialect", "type_", "what"),
    [
        ("terraform", "aws_alb", "load balancers"),
        ("cloudformation", "AWS::ElasticLoadBalancingV2::Listener", "load balancers"),
        ("terraform", "aws_security_group", "machines and networks of EC2"),
        ("terraform", "aws_vpclattice_service", ""),
        ("terraform", "azurerm_app_service", ""),
    ],
)
def test_types_that_no_reader_reads_too(dialect: Any, type_: str, what: str) -> None:
    bound = portability([resource(type_, dialect)], fixed(), "it").bound
    assert [each.what[: len(what)] for each in bound] == ([what] if what else [])


def test_a_chip_of_one_cloud_is_bound_and_a_gpu_is_not() -> None:
    def bound(machine: str) -> list[str]:
        made = resource("apps/v1/Deployment", "kubernetes", spec={"machine": [machine]})
        return [each.what for each in portability([made], fixed(), "it").bound]

    assert bound("ml.inf2.xlarge") == ["AWS Inferentia2, a chip that no other cloud has"]
    assert bound("g5.xlarge") == []


def test_what_runs_on_any_cluster_moves_as_it_is() -> None:
    for dialect, type_ in (
        ("kubernetes", "apps/v1/Deployment"),
        ("pulumi", "kubernetes:apps/v1:Deployment"),
        ("terraform", "kubernetes_deployment_v1"),
    ):
        answer = portability([resource(type_, dialect)], fixed(), "it")
        assert (answer.bound, answer.portable) == ((), ("it",))


def test_a_row_is_not_hidden_by_one_before_it() -> None:
    begins = [row.begins for row in ROWS]
    assert [
        later
        for index, later in enumerate(begins)
        if any(later.startswith(earlier) for earlier in begins[:index])
    ] == []


def test_the_command_lists_it_for_people_and_programs() -> None:
    plan = str(STACKS / "plan-aws-llm-components.json")
    ran = CliRunner().invoke(main, ["explain", plan])
    assert ran.exit_code == 0
    assert "Bound to AWS" in ran.output
    assert "elsewhere:" in ran.output
    read = json.loads(CliRunner().invoke(main, ["explain", plan, "--format", "json"]).output)
    assert read["bound"][0]["vendor"] == "AWS"
    assert read["resources"] > 5

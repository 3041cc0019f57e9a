"""The same template through Checkov and through `lichen check`: the same findings."""

from __future__ import annotations

from pathlib import Path

import pytest
from lichen_policies.dialects import DeploymentInput, read
from lichen_policies.gate import Gate
from lichen_policies.registry import rules
from lichen_policies.stack import Stack
from lichen_policies.verdict import BLOCKING

from tests.doors.checkov.engine import Run, checkov

pytestmark = pytest.mark.xdist_group("checkov")

REGION = "ap-south-1"
TEMPLATES = {
    "parameters": """\
Parameters:
  Machine: {Type: String, Default: ml.g5.xlarge}
  Count: {Type: Number, Default: 4}
  Stage: {Type: String, AllowedValues: [dev, test]}
Conditions:
  Never: !Equals [!Ref Stage, prod]
  Here: !Equals [!Ref "AWS::Region", ap-south-1]
  Many: !Equals [!Ref Count, 4]
Resources:
  Default:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {ModelName: a, InstanceType: !Ref Machine, InitialInstanceCount: !Ref Count}
  Never:
    Type: AWS::SageMaker::EndpointConfig
    Condition: Never
    Properties:
      ProductionVariants:
        - {ModelName: a, InstanceType: ml.p4d.24xlarge, InitialInstanceCount: 4}
  Here:
    Type: AWS::SageMaker::EndpointConfig
    Condition: Here
    Properties:
      ProductionVariants:
        - {ModelName: a, InstanceType: ml.p4d.24xlarge, InitialInstanceCount: !If [Many, 4, "4"]}
  Many:
    Type: AWS::EC2::Instance
    Condition: Many
    Properties:
      InstanceType: !Sub "g5.${Size}"
      AvailabilityZone: !Select [0, !GetAZs ""]
  Size: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}
""",
    "secrets": """\
Resources:
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {ModelName: a, InstanceType: "{{resolve:ssm:/machine}}", InitialInstanceCount: 1}
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    for name, text in TEMPLATES.items():
        (folder / f"{name}.yaml").write_text(f"AWSTemplateFormatVersion: '2010-09-09'\n{text}")
    (folder / "given.json").write_text('["Machine=ml.g5.12xlarge", "Count=4"]')
    return folder


@pytest.fixture(scope="module")
def as_written(folder: Path) -> Run:
    return checkov(
        "--directory",
        folder,
        "--framework",
        "cloudformation",
        environment={"LICHEN_REGION": REGION},
    )


def found_by_lichen(file: Path, **parameters: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """What `lichen check` finds in each resource, by check and resource as Checkov names them."""
    resources = read(file, given=DeploymentInput(region=REGION, parameters=parameters))
    report = Gate.near(file, region=REGION).report(resources)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for verdict in (*report.findings, *report.unverified):
        if issubclass(rules()[verdict.rule].judges, Stack):
            continue
        part = "_ADVICE" if verdict.verdict == "fail" else "_UNVERIFIED"
        check = f"CKV2_LICHEN_{verdict.rule.upper().replace('-', '_')}"
        key = (
            check + ("" if verdict.level in BLOCKING else part),
            f"{verdict.type}.{verdict.resource}",
        )
        found[key] = (*found.get(key, ()), verdict.message)
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_the_findings_that_lichen_gives(
    folder: Path, as_written: Run, name: str
) -> None:
    ours = found_by_lichen(folder / f"{name}.yaml")
    assert as_written.of("FAILED", f"/{name}.yaml") == ours
    assert ours


def test_a_default_is_not_known(as_written: Run) -> None:
    """Checkov puts a parameter's default in its place, which a deployment may replace."""
    failed = as_written.of("FAILED", "/parameters.yaml")
    name = "AWS::SageMaker::EndpointConfig.Default"
    (message,) = failed["CKV2_LICHEN_TOO_MANY_ACCELERATORS_UNVERIFIED", name]
    assert "whose default a deployment may replace" in message
    assert not any(resource.endswith(".Never") for _, resource in failed)


def test_a_file_of_parameters_is_what_the_deployment_gives(folder: Path) -> None:
    run = checkov(
        "--file",
        folder / "parameters.yaml",
        "--framework",
        "cloudformation",
        environment={"LICHEN_REGION": REGION, "LICHEN_PARAMETERS": str(folder / "given.json")},
    )
    ours = found_by_lichen(folder / "parameters.yaml", Machine="ml.g5.12xlarge", Count="4")
    assert run.of("FAILED") == ours
    name = "AWS::SageMaker::EndpointConfig.Default"
    assert ("CKV2_LICHEN_TOO_MANY_ACCELERATORS", name) in ours

"""CloudFormation templates, and files that nobody meant well, judged by the command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main

pytestmark = pytest.mark.usefixtures("fixed_tables")

VARIANT = "{VariantName: a, ModelName: m, InstanceType: ml.p4d.24xlarge, InitialInstanceCount: 4}"
BOTH_BRANCHES = f"""\
Parameters: {{Blue: {{Type: String}}}}
Conditions: {{IsBlue: !Equals [!Ref Blue, "yes"]}}
Resources:
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties: !If
      - IsBlue
      - ProductionVariants: [{VARIANT}]
      - ProductionVariants: [{VARIANT.replace("a,", "b,")}]
"""
ZONE_OF_THE_STACK = """\
Resources:
  Node:
    Type: AWS::EC2::Instance
    Properties: {InstanceType: g5.xlarge, AvailabilityZone: !Select [0, !GetAZs ""]}
"""
LOOP = f"""\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Queues: [Name, [In, Out], {{"Queue${{Name}}": {{Type: AWS::SQS::Queue}}}}]
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties: {{ProductionVariants: [{VARIANT}]}}
"""


def lichen(text: str | bytes, folder: Path, *options: str, name: str = "template.yaml") -> Result:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return CliRunner().invoke(main, ["check", str(path), *options])


def test_a_block_behind_a_condition_is_judged_in_both_branches(tmp_path: Path) -> None:
    result = lichen(BOTH_BRANCHES, tmp_path, "--region", "eu-north-1")
    assert result.exit_code == 1
    assert "are 32 accelerators" in result.stdout
    less = BOTH_BRANCHES.replace("InitialInstanceCount: 4", "InitialInstanceCount: 1", 1)
    result = lichen(less, tmp_path, "--region", "eu-north-1")
    assert "InitialInstanceCount depends on the condition" in " ".join(result.stdout.split())


def test_a_zone_of_the_stack_is_in_the_region_of_the_command_line(tmp_path: Path) -> None:
    result = lichen(ZONE_OF_THE_STACK, tmp_path, "--region", "ap-south-1")
    assert "dirty-region" in result.stdout
    assert "Deploy the stack to eu-north-1" in result.stdout


def test_what_a_loop_makes_is_counted(tmp_path: Path) -> None:
    result = lichen(LOOP, tmp_path, "--region", "eu-north-1")
    assert result.exit_code == 1
    assert "AWS::SQS::Queue (2)" in result.stdout


def test_a_template_s_region_is_asked_of_the_command(tmp_path: Path) -> None:
    result = lichen(LOOP, tmp_path)
    text = " ".join(result.stdout.split())
    assert "Give the region of the stack: --region of lichen check, or LICHEN_REGION." in text
    assert "Region," not in text


DEFAULTS = """\
Parameters: {Machine: {Type: String, Default: ml.g5.xlarge}}
Resources:
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties: {ProductionVariants: [{InstanceType: !Ref Machine, InitialInstanceCount: 4}]}
"""


def test_a_default_is_not_known_until_the_deployment_is(tmp_path: Path) -> None:
    where = ("--region", "eu-north-1")
    result = lichen(DEFAULTS, tmp_path, *where)
    assert "whose default a deployment may replace" in " ".join(result.stdout.split())
    result = lichen(DEFAULTS, tmp_path, *where, "--parameter", "Machine=ml.p4d.24xlarge")
    assert "are 32 accelerators" in result.stdout
    file = tmp_path / "parameters.json"
    file.write_text('[{"ParameterKey": "Machine", "ParameterValue": "ml.p4d.24xlarge"}]')
    result = lichen(DEFAULTS, tmp_path, *where, "--parameters", str(file))
    assert "are 32 accelerators" in result.stdout


NAME = "chat\x1b[2K\x1b[1A\x1b]0;owned\x07\r\n\nNothing blocks this deployment.\u202e\ud800"
UNPRINTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]")


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html"])
def test_a_name_moves_no_cursor_and_forges_no_line(tmp_path: Path, form: str) -> None:
    kind = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    state = {
        "urn": f"urn:pulumi:prod::p::{kind}::{NAME}",
        "type": kind,
        "inputs": {
            "region": "ap-south-1",
            "productionVariants": [{"instanceType": "ml.g5.xlarge", "initialInstanceCount": 1}],
        },
    }
    document = json.dumps({"version": 3, "deployment": {"resources": [state]}})
    result = lichen(document, tmp_path, "--format", form, name="state.json")
    assert result.exit_code == 1
    assert not UNPRINTED.search(result.stdout)
    assert "\nNothing blocks" not in result.stdout
    assert r"\x1b[2K" in result.stdout


def test_a_report_that_cannot_be_written_is_a_wrong_input(tmp_path: Path) -> None:
    output = str(tmp_path / "no folder" / "report.json")
    result = lichen(LOOP, tmp_path, "--format", "json", "--output", output)
    assert result.exit_code == 2
    assert "cannot be written (No such file or directory)" in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "template.yaml",
            "Resources:\n  D:\n    Password: hunter2CANARY: x\n",
            "does not parse in line 3, column 28",
        ),
        (
            "preview.json",
            '{"config": {}, "steps": [{"op": "create", "urn": "u", "newState": '
            '{"urn": "u", "type": "t", "inputs": "hunter2CANARY"}}]}',
            "steps[0].newState.inputs: it is not a mapping",
        ),
        ("plan.json", "PK\x03\x04tfplan", "is a plan in Terraform's binary form"),
        ("plan.json", '{"a": [' * 5000, "is nested too deeply to read"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_place_alone(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    result = lichen(text, tmp_path, name=name)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "CANARY" not in result.output

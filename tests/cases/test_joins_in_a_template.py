"""What scales and watches an endpoint of a template, which names it by a function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

pytestmark = pytest.mark.usefixtures("fixed_tables")

BY_NAME = {
    "Fn::Sub": "!Sub endpoint/${Chat.EndpointName}/variant/large",
    "Fn::Join": '!Join ["/", [endpoint, !GetAtt Chat.EndpointName, variant, large]]',
    "Fn::Sub of a value": (
        '!Sub ["endpoint/${Name}/variant/large", {Name: !GetAtt Chat.EndpointName}]'
    ),
}


def template(resource: str, watched: str = "!GetAtt Chat.EndpointName") -> str:
    return f"""\
Resources:
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
      - {{VariantName: small, ModelName: m, InstanceType: ml.g5.xlarge, InitialInstanceCount: 1}}
      - {{VariantName: large, ModelName: m, InstanceType: ml.p4d.24xlarge, InitialInstanceCount: 1}}
  Chat:
    Type: AWS::SageMaker::Endpoint
    Properties: {{EndpointConfigName: !GetAtt Config.EndpointConfigName}}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: sagemaker
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      ResourceId: {resource}
      MinCapacity: 3
      MaxCapacity: 4
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SageMaker
      MetricName: Invocation5XXErrors
      Dimensions:
      - {{Name: EndpointName, Value: {watched}}}
      - {{Name: VariantName, Value: large}}
      Statistic: Average
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0.05
      AlarmActions: ["arn:aws:sns:eu-north-1:111122223333:people"]
"""


def messages(text: str, folder: Path, rule: str) -> list[str]:
    path = folder / "template.yaml"
    path.write_text(text)
    arguments = ["check", str(path), "--region", "eu-north-1", "--format", "json"]
    report = json.loads(CliRunner().invoke(main, arguments).stdout)
    return [
        f"{each['resource']}: {each['message']}"
        for each in (*report["findings"], *report["unverified"])
        if each["rule"] == rule
    ]


@pytest.mark.parametrize("resource", BY_NAME.values(), ids=BY_NAME)
def test_the_variant_that_a_target_names_is_found(resource: str, tmp_path: Path) -> None:
    found = messages(template(resource), tmp_path, "too-many-accelerators")
    (target,) = [message for message in found if message.startswith("Target")]
    assert "at least 3 machines with 8 NVIDIA A100" in target
    assert "set MaxCapacity to at most 1 and set MinCapacity to at most 1" in target


def test_a_target_of_a_variant_that_is_not_named_yet_is_unverified(tmp_path: Path) -> None:
    resource = "!Sub endpoint/${Chat.EndpointName}/variant/${Config.Name}"
    found = messages(template(resource), tmp_path, "too-many-accelerators")
    (target,) = [message for message in found if message.startswith("Target")]
    assert "cannot be checked yet" in target


def test_an_alarm_on_the_name_of_an_endpoint_rings(tmp_path: Path) -> None:
    text = template(BY_NAME["Fn::Sub"])
    assert not messages(text, tmp_path, "alarm-that-cannot-ring")


def test_an_alarm_on_the_arn_of_an_endpoint_never_has_data(tmp_path: Path) -> None:
    text = template(BY_NAME["Fn::Sub"], watched="!Ref Chat")
    (found,) = messages(text, tmp_path, "alarm-that-cannot-ring")
    assert "EndpointName is the endpoint's ARN, which Ref gives" in found


def test_an_alarm_on_a_variant_that_the_endpoint_does_not_have(tmp_path: Path) -> None:
    text = template(BY_NAME["Fn::Sub"]).replace("Value: large", "Value: other")
    (found,) = messages(text, tmp_path, "alarm-that-cannot-ring")
    assert "VariantName names no variant of its endpoint" in found

"""CloudFormation templates read into resources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lichen_policies.dialects import read
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import is_unknown

from lichen.document import InputError

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Machine:
    Type: String
    Default: ml.g5.xlarge
Resources:
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      KmsKeyId: !GetAtt Key.Arn
      ProductionVariants:
        - ModelName: !Ref Model
          InstanceType: ml.g5.12xlarge
          InitialInstanceCount: "4"
          VariantName: !If [Big, all, some]
        - ModelName: chat
          InstanceType: !Ref Machine
          VariantName: !Sub "${AWS::StackName}-b"
          InitialInstanceCount: 1
          AcceleratorType: !Ref AWS::NoValue
      Tags:
        - {Key: "lichen:model", Value: meta-llama/Llama-3.1-8B}
  Key:
    Type: AWS::KMS::Key
"""


@pytest.fixture
def chat(tmp_path: Path) -> Resource:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    chat, key = read(path)
    assert key.properties == {}
    return chat


def test_literals_are_read_at_their_line(chat: Resource) -> None:
    assert (chat.type, chat.address) == ("AWS::SageMaker::EndpointConfig", "Chat")
    assert (chat.dialect, chat.region) == ("cloudformation", None)
    assert chat.line is not None
    assert TEMPLATE.splitlines()[chat.line - 1] == "  Chat:"
    first, _ = chat.properties["ProductionVariants"]
    assert (first["InstanceType"], first["InitialInstanceCount"]) == ("ml.g5.12xlarge", "4")
    assert chat.properties["Tags"][0]["Key"] == "lichen:model"


def test_functions_and_parameters_are_unknown(chat: Resource) -> None:
    first, second = chat.properties["ProductionVariants"]
    for value in (
        chat.properties["KmsKeyId"],
        first["ModelName"],
        first["VariantName"],
        second["InstanceType"],
        second["VariantName"],
    ):
        assert is_unknown(value)
    assert second["AcceleratorType"] is None


def test_json_reads_alike_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    variant = {"InstanceType": {"Ref": "Machine"}, "InitialInstanceCount": 1}
    resource = {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {"ProductionVariants": [variant]},
    }
    path.write_text(json.dumps({"Outputs": {"Chat": 1}, "Resources": {"Chat": resource}}, indent=1))
    (chat,) = read(path)
    assert chat.line == 6
    assert is_unknown(chat.properties["ProductionVariants"][0]["InstanceType"])


def test_a_resource_without_a_type_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Chat: {}\n")
    with pytest.raises(InputError, match=r"Resources\.Chat: is not a resource\. Fix: give"):
        read(path)

"""CloudFormation's functions, conditions, loops and parameters, as far as a template gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import DeploymentInput, cloudformation_parameters, read
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, is_unknown

from lichen.document import InputError

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::LanguageExtensions
Parameters:
  Machine: {Type: String, Default: ml.g5.xlarge}
  Stage: {Type: String, AllowedValues: [dev, test]}
  Only: {Type: String, AllowedValues: [ml.g5.xlarge]}
  Count: {Type: Number}
  Names: {Type: CommaDelimitedList}
  Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
Mappings:
  Sizes:
    eu-north-1: {machine: ml.g5.xlarge, same: 3}
    us-east-1: {machine: ml.p4d.24xlarge, same: 3}
Conditions:
  Never: !Equals [!Ref Stage, prod]
  Always: !Not [!Condition Never]
  InEurope: !Equals [!Ref "AWS::Region", eu-north-1]
  Many: !Equals [!Ref Count, 4]
  ManyInEurope: !And [!Condition Many, !Condition InEurope]
  Circle: !Not [!Condition Circle]
Resources:
"""


def resources(tmp_path: Path, text: str, **given: Any) -> dict[str, Resource]:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE + text)
    return {found.address: found for found in read(path, given=DeploymentInput(**given))}


def value(tmp_path: Path, written: str, **given: Any) -> Any:
    text = f"  R:\n    Type: AWS::EC2::Instance\n    Properties:\n      Value: {written}\n"
    return resources(tmp_path, text, **given)["R"].properties["Value"]


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("!Sub 'ml.${Size}'", None),
        ("!Sub ['ml.${Size}', {Size: g5.xlarge}]", "ml.g5.xlarge"),
        ("!Sub '${AWS::Region}a ${!Literal}'", "eu-north-1a ${Literal}"),
        ("!Join ['.', [ml, g5, xlarge]]", "ml.g5.xlarge"),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("!FindInMap [Sizes, !Ref 'AWS::Region', machine]", "ml.g5.xlarge"),
        ("!FindInMap [Sizes, elsewhere, machine, {DefaultValue: x}]", "x"),
        ("!FindInMap [Sizes, !Ref Count, same]", 3),
        ("!FindInMap [Sizes, !Ref Count, machine]", None),
        ("!If [InEurope, 1, 2]", 1),
        ("!If [Never, 1, 2]", 2),
        ("!If [Many, 4, '4']", 4),
        ("!If [Many, 4, 1]", None),
        ("!If [Circle, 4, 1]", None),
        ("!Ref Only", "ml.g5.xlarge"),
        ("!Ref Image", None),
        ("'{{resolve:ssm:/machine}}'", None),
        ("!Sub '{{resolve:ssm:/${AWS::Region}}}'", None),
        ("!Ref AWS::NoValue", None),
        ("[1, !Ref AWS::NoValue, 2]", [1, 2]),
        ("!Base64 abc", "YWJj"),
        ("{Fn::Length: [1, 2]}", 2),
        ("!Select [5, [a]]", None),
        ("!Join nonsense", None),
        ("!Cidr [a, 1, 2]", None),
        ("{Fn::Transform: {Name: AWS::Include}, Other: 1}", None),
    ],
)
def test_a_value_is_known_as_far_as_the_template_gives_it(
    tmp_path: Path, written: str, known: object
) -> None:
    found = value(tmp_path, written, region="eu-north-1")
    assert (None if is_unknown(found) else found) == known


@pytest.mark.parametrize(
    ("written", "because", "references"),
    [
        ("!Ref Cluster", AFTER_DEPLOYMENT, ("Cluster",)),
        ("!GetAtt Cluster.Arn", AFTER_DEPLOYMENT, ("Cluster",)),
        ("{Fn::GetAtt: [Cluster, Arn]}", AFTER_DEPLOYMENT, ("Cluster",)),
        ("!Sub '${Cluster}/${Other.Arn}'", AFTER_DEPLOYMENT, ("Cluster", "Other")),
        ("!If [Many, !Ref Cluster, x]", "depends on the condition Many", ("Cluster",)),
        (
            "!Ref Machine",
            "is the parameter Machine, whose default a deployment may replace "
            "(lichen check --parameter Machine=VALUE gives it)",
            (),
        ),
        ("!Ref AWS::Region", "is set by the region of the deployment, which nothing states", ()),
    ],
)
def test_what_is_unknown_says_why_and_what_it_is_made_of(
    tmp_path: Path, written: str, because: str, references: tuple[str, ...]
) -> None:
    found = value(tmp_path, written)
    assert is_unknown(found)
    assert (found.because, found.references) == (because, references)


def test_a_value_that_the_deployment_gives_is_known(tmp_path: Path) -> None:
    given: Mapping[str, str] = {"Machine": "ml.p4d.24xlarge", "Names": "a, b", "Count": "4"}
    assert value(tmp_path, "!Ref Machine", parameters=given) == "ml.p4d.24xlarge"
    assert value(tmp_path, "!Ref Names", parameters=given) == ["a", "b"]
    assert value(tmp_path, "!If [Many, yes, no]", parameters=given) is True


def test_branches_agree_on_what_both_say(tmp_path: Path) -> None:
    found = value(
        tmp_path,
        "!If [Many, {a: 1, b: [x, y], d: 1}, {a: 1, b: [x], c: {e: 2}}]",
    )
    assert found["a"] == 1
    assert found["b"][0] == "x"
    assert all(map(is_unknown, (found["b"][1], found["c"], found["d"])))


CONDITIONAL = """\
  Never: {Type: AWS::EC2::Instance, Condition: Never}
  Always: {Type: AWS::EC2::Instance, Condition: Always}
  Europe: {Type: AWS::EC2::Instance, Condition: InEurope}
  Open: {Type: AWS::EC2::Instance, Condition: ManyInEurope}
"""


def test_what_a_false_condition_never_makes_is_no_resource(tmp_path: Path) -> None:
    here = resources(tmp_path, CONDITIONAL, region="eu-north-1")
    assert {name: found.only_if for name, found in here.items()} == {
        "Always": "",
        "Europe": "",
        "Open": "ManyInEurope",
    }
    assert set(resources(tmp_path, CONDITIONAL, region="us-east-1")) == {"Always"}
    nowhere = resources(tmp_path, CONDITIONAL)
    assert nowhere["Europe"].only_if == "InEurope"


LOOP = """\
  Fn::ForEach::Outer:
    - Size
    - [xlarge, 2xlarge]
    - Fn::ForEach::Inner:
        - Name
        - !Ref Names
        - Node${Name}${Size}:
            Type: AWS::EC2::Instance
            Properties: {InstanceType: !Sub "g5.${Size}", Name: !Ref Name}
"""


def test_loops_are_expanded(tmp_path: Path) -> None:
    found = resources(tmp_path, LOOP, parameters={"Names": "a,b"})
    assert set(found) == {"Nodeaxlarge", "Nodebxlarge", "Nodea2xlarge", "Nodeb2xlarge"}
    assert found["Nodeb2xlarge"].properties == {"InstanceType": "g5.2xlarge", "Name": "b"}
    assert found["Nodeb2xlarge"].line == found["Nodeaxlarge"].line == TEMPLATE.count("\n") + 7


def test_the_body_of_a_loop_over_what_is_not_known_is_judged_once(tmp_path: Path) -> None:
    found = resources(tmp_path, LOOP)
    assert set(found) == {"Node${Name}xlarge", "Node${Name}2xlarge"}
    assert found["Node${Name}xlarge"].properties["InstanceType"] == "g5.xlarge"
    assert is_unknown(found["Node${Name}xlarge"].properties["Name"])


def test_a_loop_without_end_is_refused(tmp_path: Path) -> None:
    body: dict[str, object] = {"A": {"Type": "AWS::SQS::Queue"}}
    for depth in range(6):
        body = {f"Fn::ForEach::L{depth}": [f"V{depth}", list("abcdefghij"), body]}
    with pytest.raises(InputError, match="makes more than 10,000 copies"):
        resources(tmp_path, f"  {json.dumps(body)[1:-1]}\n")


SERVERLESS = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: [AWS::Serverless-2016-10-31, MyMacro]
Globals: {Function: {MemorySize: 1024, Tags: {a: b}, Layers: [x]}}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Tags: {c: d}, Layers: [y], Timeout: 3}}
"""


def test_sam_s_globals_are_its_functions_own_and_a_macro_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(SERVERLESS)
    function, macro = read(path)
    assert function.properties == {
        "MemorySize": 1024,
        "Tags": {"a": "b", "c": "d"},
        "Layers": ["x", "y"],
        "Timeout": 3,
    }
    assert macro.type == "Transform MyMacro"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '[{"ParameterKey": "Machine", "ParameterValue": "m"}]'),
        ("a.json", '{"Parameters": {"Machine": "m"}}'),
        ("a.json", '["Machine=m"]'),
        ("a.yaml", "Machine: m"),
        ("a.toml", "Machine = 'm'"),
    ],
)
def test_files_of_parameters(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert cloudformation_parameters.of(path) == {"Machine": "m"}
    assert cloudformation_parameters.of(path, ["Machine=n"]) == {"Machine": "n"}


def test_a_value_that_is_used_again_is_not_given(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"ParameterKey": "Machine", "UsePreviousValue": true}]')
    assert cloudformation_parameters.of(path) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"A": {"b": "CANARY"}}', "A: is neither text nor a number"),
        ('["CANARY"]', "[0]: is not NAME=VALUE"),
        ('[{"Key": "CANARY"}]', "[0]: is no parameter"),
        ('"CANARY"', "is no file of parameters"),
    ],
)
def test_a_wrong_file_of_parameters_names_the_entry(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        cloudformation_parameters.of(path)
    assert sentence in str(refused.value)
    assert "CANARY" not in str(refused.value)


def test_a_parameter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'Machne' is not a parameter .* did you mean 'Machine'"):
        resources(tmp_path, CONDITIONAL, parameters={"Machne": "x"}, exact=True)

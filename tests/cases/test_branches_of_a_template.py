"""Values behind conditions that nobody can evaluate, judged in every way they may turn out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

pytestmark = pytest.mark.usefixtures("fixed_tables")

RULE = "too-many-accelerators"
HEAD = """\
Parameters: {Env: {Type: String, Default: dev}, Size: {Type: String, Default: s}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
  IsLarge: !Equals [!Ref Size, l]
Resources:
"""


def endpoint(machine: str, count: str, name: str = "Config", condition: str = "") -> str:
    made = f"    Condition: {condition}\n" if condition else ""
    return f"""\
  {name}:
    Type: AWS::SageMaker::EndpointConfig
{made}    Properties:
      ProductionVariants:
      - {{VariantName: a, ModelName: m, InstanceType: {machine}, InitialInstanceCount: {count}}}
"""


def verdicts(resources: str, folder: Path, head: str = HEAD) -> list[tuple[str, str, str]]:
    """Of the rule: the resource, whether it is a finding, and the message."""
    path = folder / "template.yaml"
    path.write_text(head + resources)
    arguments = ["check", str(path), "--region", "eu-north-1", "--format", "json"]
    report = json.loads(CliRunner().invoke(main, arguments).stdout)
    return [
        (each["resource"], each["verdict"], each["message"])
        for each in (*report["findings"], *report["unverified"])
        if each["rule"] == RULE
    ]


def test_what_offends_in_every_branch_is_a_finding(tmp_path: Path) -> None:
    text = endpoint("!If [IsProd, ml.p4d.24xlarge, ml.g5.12xlarge]", "!If [IsProd, 2, 3]")
    ((_, verdict, message),) = verdicts(text, tmp_path)
    assert verdict == "fail"
    assert "are 16 accelerators" in message or "are 12 accelerators" in message
    assert message.endswith("every branch offends; this is one of them.")


def test_what_offends_in_one_branch_is_unverified(tmp_path: Path) -> None:
    text = endpoint("!If [IsProd, ml.p4d.24xlarge, ml.g5.xlarge]", "!If [IsProd, 2, 1]")
    ((_, verdict, message),) = verdicts(text, tmp_path)
    assert verdict == "unverified"
    assert "depends on the condition IsProd" in message


def test_what_is_fine_in_every_branch_passes(tmp_path: Path) -> None:
    assert not verdicts(endpoint("!If [IsProd, ml.g5.2xlarge, ml.g5.xlarge]", "1"), tmp_path)


def test_conditions_that_exclude_each_other_do_so_in_every_branch(tmp_path: Path) -> None:
    machine = "!If [IsProd, ml.g5.xlarge, !If [IsDev, ml.g5.xlarge, ml.p4d.24xlarge]]"
    assert not verdicts(endpoint(machine, "1"), tmp_path)


def test_only_branches_in_which_a_resource_is_made_count(tmp_path: Path) -> None:
    text = endpoint("!If [IsProd, ml.p4d.24xlarge, ml.g5.xlarge]", "2", condition="IsProd")
    ((_, verdict, message),) = verdicts(text, tmp_path)
    assert verdict == "fail"
    assert "It is made only where the condition IsProd holds." in message


def test_branches_of_several_conditions(tmp_path: Path) -> None:
    text = endpoint("!If [IsProd, ml.p4d.24xlarge, ml.g5.48xlarge]", "!If [IsLarge, 4, 2]")
    ((_, verdict, _),) = verdicts(text, tmp_path)
    assert verdict == "fail"


def test_too_many_conditions_leave_a_value_unverified(tmp_path: Path) -> None:
    names = [f"C{number}" for number in range(12)]
    conditions = "".join(f"  {name}: !Equals [!Ref {name}, y]\n" for name in names)
    parameters = ", ".join(f"{name}: {{Type: String}}" for name in names)
    head = HEAD.replace("Parameters: {", f"Parameters: {{{parameters}, ").replace(
        "Resources:\n", f"{conditions}Resources:\n"
    )
    resources = "".join(
        endpoint(f"!If [{name}, ml.p4d.24xlarge, ml.g5.48xlarge]", "4", name=f"R{name}")
        for name in names
    )
    found = verdicts(resources, tmp_path, head)
    assert [verdict for _, verdict, _ in found] == ["unverified"] * len(names)


ALLOWED = """\
Parameters:
  Env: {{Type: String, Default: dev, AllowedValues: [dev, prod]}}
  Machine: {{Type: String, Default: ml.g5.xlarge, AllowedValues: [{machines}]}}
  Count: {{Type: Number, Default: 1}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
"""


def test_what_is_fine_with_every_allowed_value_passes(tmp_path: Path) -> None:
    head = ALLOWED.format(machines="ml.g5.xlarge, ml.g5.2xlarge, ml.m5.large")
    assert not verdicts(endpoint("!Ref Machine", "2"), tmp_path, head)


def test_what_offends_with_every_allowed_value_is_a_finding(tmp_path: Path) -> None:
    head = ALLOWED.format(machines="ml.g5.48xlarge, ml.p4d.24xlarge")
    ((_, verdict, message),) = verdicts(endpoint("!Ref Machine", "2"), tmp_path, head)
    assert verdict == "fail"
    assert "are 16 accelerators" in message


def test_what_offends_with_one_allowed_value_is_unverified(tmp_path: Path) -> None:
    head = ALLOWED.format(machines="ml.g5.xlarge, ml.p4d.24xlarge")
    ((_, verdict, message),) = verdicts(endpoint("!Ref Machine", "2"), tmp_path, head)
    assert verdict == "unverified"
    assert "is the parameter Machine" in message


def test_a_parameter_with_any_value_stays_unverified(tmp_path: Path) -> None:
    head = ALLOWED.format(machines="ml.g5.xlarge, ml.g5.2xlarge")
    ((_, verdict, message),) = verdicts(endpoint("!Ref Machine", "!Ref Count"), tmp_path, head)
    assert verdict == "unverified"
    assert "is the parameter" in message


def test_a_condition_holds_as_its_parameter_s_value_says(tmp_path: Path) -> None:
    head = ALLOWED.format(machines="ml.g5.xlarge, ml.g5.2xlarge")
    machine = "!If [IsProd, ml.g5.xlarge, ml.g5.2xlarge]"
    assert not verdicts(endpoint(machine, "!If [IsProd, 2, 1]"), tmp_path, head)


def test_a_value_that_is_given_is_the_value(tmp_path: Path) -> None:
    head = ALLOWED.format(machines="ml.g5.xlarge, ml.p4d.24xlarge")
    path = tmp_path / "template.yaml"
    path.write_text(head + endpoint("!Ref Machine", "2"))
    given = ["--region", "eu-north-1", "--parameter", "Machine=ml.g5.xlarge", "--format", "json"]
    report = json.loads(CliRunner().invoke(main, ["check", str(path), *given]).stdout)
    assert not [each for each in report["unverified"] if each["rule"] == RULE]

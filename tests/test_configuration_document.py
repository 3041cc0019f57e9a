"""Every command, file and text that docs/configuration.md shows, used as a reader would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.crossguard.policy import CONFIGURATION, configuration

from docs.renew import TODAY
from tests.cases.test_lichen_yaml import planned

DOCUMENT = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = BLOCK.findall(DOCUMENT)
CODE = {" ".join(found.split()) for found in re.findall(r"`([^`]+)`", BLOCK.sub("", DOCUMENT))}
TEXT = "owner=search until=2027-03-31 reason=moves with the contract"
LABEL = "owner_3dsearch_20until_3d2027-03-31_20reason_3dmoves"

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: dev, annotations: {}}
spec:
  template:
    spec:
      nodeSelector: {topology.kubernetes.io/region: ap-south-1}
      containers: [{name: server, image: "vllm/vllm-openai:v0.9.1", args: [--max-model-len, "8"]}]
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixed_tables: None) -> None:
    """A project below its organisation, with all that the document's lichen.yaml names."""
    project = tmp_path / "project"
    (project / "own-rules").mkdir(parents=True)
    (project / "own-tables").mkdir()
    (tmp_path / "organisation.yaml").write_text("projects_may_exempt_in: [dev]\n")
    monkeypatch.chdir(project)
    monkeypatch.delenv("LICHEN_CONFIG", raising=False)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", TODAY)


def lichen(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def shown(language: str) -> str:
    """The one block of a language."""
    (text,) = [text for found, text in BLOCKS if found == language]
    return text


def test_its_lichen_yaml_is_read() -> None:
    Path("lichen.yaml").write_text(shown("yaml"))
    run = lichen("rules")
    assert run.exit_code == 0, run.stderr
    run = lichen("check", planned(Path(), region="eu-north-1"), "--format", "json")
    assert run.exit_code == 0, run.stderr
    configured = json.loads(run.stdout)["configured"]
    assert [Path(name).name for name in configured["files"]] == ["organisation.yaml", "lichen.yaml"]


def new_rule() -> Result:
    Path("lichen.yaml").write_text("rules: own-rules\n")
    return lichen("rules", "new", "too-many-machines")


def rules_tested() -> Result:
    new_rule()
    return lichen("rules", "test")


def schema() -> Result:
    new_rule()
    run = lichen("rules", "--format", "schema")
    assert "too-many-machines" in json.dumps(json.loads(run.stdout))
    return run


def fix() -> Result:
    path = Path("manifest.yaml")
    text = (
        "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: gpu}\nspec:\n"
        "  template: {spec: {requirements: [{key: karpenter.k8s.aws/instance-category, "
        "operator: In, values: [g]}]}}\n  disruption: {consolidateAfter: Never}\n"
    )
    path.write_text(text)
    run = lichen("check", path, "--fix", "--yes")
    assert path.read_text() == text.replace("Never", "10m")
    return run


COMMANDS: dict[str, Callable[[], Result]] = {
    "lichen rules --format schema": schema,
    "lichen rules new NAME": new_rule,
    "lichen rules test": rules_tested,
    "lichen check --fix": fix,
}


def test_every_command_is_here() -> None:
    assert set(COMMANDS) == {code for code in CODE if code.startswith("lichen ")}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str) -> None:
    run = COMMANDS[command]()
    assert run.exit_code == 0, run.stderr


def exempted(path: Path) -> list[str]:
    run = lichen("check", path, "--format", "json", "--environment", "dev")
    assert run.exit_code == 0, run.stderr
    report = json.loads(run.stdout)
    assert "dirty-region" not in {found["rule"] for found in report["findings"]}
    return [found["rule"] for found in report["exempted"]]


def test_its_comment_exempts() -> None:
    path = Path("manifest.yaml")
    path.write_text(MANIFEST.replace("spec:\n  template", f"{shown('hcl')}spec:\n  template"))
    assert exempted(path) == ["dirty-region"]


def test_its_annotation_exempts() -> None:
    assert {"lichen.dev/exempt.dirty-region", TEXT} <= CODE
    pods = yaml.safe_load(MANIFEST)
    pods["metadata"]["annotations"] = {"lichen.dev/exempt.dirty-region": TEXT}
    path = Path("manifest.yaml")
    path.write_text(yaml.safe_dump(pods))
    assert exempted(path) == ["dirty-region"]


def previewed(kind: str, inputs: dict[str, Any]) -> Path:
    urn = f"urn:pulumi:dev::chat::{kind}::chat"
    state = {"urn": urn, "custom": True, "type": kind, "inputs": inputs}
    path = Path("preview.json")
    path.write_text(json.dumps({"steps": [{"op": "create", "urn": urn, "newState": state}]}))
    return path


def test_its_tag_and_its_label_exempt() -> None:
    assert {"lichen:exempt.dirty-region", "lichen-exempt-dirty-region", LABEL} <= CODE
    machine = {"region": "ap-south-1", "instanceType": "g5.xlarge"}
    tags = {"lichen:exempt.dirty-region": TEXT}
    path = previewed("aws:ec2/instance:Instance", machine | {"tags": tags})
    assert exempted(path) == ["dirty-region"]
    machine = {"zone": "asia-south1-a", "machineType": "g2-standard-4"}
    labels = {"lichen-exempt-dirty-region": LABEL}
    path = previewed("gcp:compute/instance:Instance", machine | {"labels": labels})
    assert exempted(path) == ["dirty-region"]


def test_its_row_s_parts_and_its_pattern_hold() -> None:
    parts = ("rule", "resource", "owner", "reason", "approver", "expires")
    assert {*parts, "aws_instance.chat[0]"} <= CODE
    plan = planned(Path(), address="aws_sagemaker_endpoint_configuration.chat[0]")
    row = {"rule": "dirty-region", "resource": "aws_sagemaker_endpoint_configuration.chat[0]",
           "owner": "a", "reason": "b", "approver": "c", "expires": "2027-03-31"}  # fmt: skip
    assert set(row) == set(parts)
    Path("lichen.yaml").write_text(yaml.safe_dump({"exemptions": [row]}))
    assert exempted(plan) == ["dirty-region"]


def test_the_pack_takes_its_configuration() -> None:
    (text,) = [code for code in CODE if code.startswith("{")]
    given = json.loads(text)
    assert set(given) == {CONFIGURATION}
    schema = configuration().config_schema
    assert schema is not None
    assert set(given[CONFIGURATION]) <= set(schema.properties)

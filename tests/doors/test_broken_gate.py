"""No door is green because something in the gate is broken: a rule, its file, a reader, a table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2 as rpc

from tests.doors.checkov.engine import checkov
from tests.policies.rules_folder import PAGE
from timing.pack_process import ENDPOINT_CONFIGURATION, running

RULE = (
    PAGE
    + """
from lichen_policies.facts import Located
from lichen_policies.rule import rule


@rule(severity="low", dev="mandatory", staging="mandatory", prod="mandatory", theme="serving")
def broken(fact: Located, known):
    {body}
"""
)

BODIES = {
    "raises": "raise KeyError(1)",
    "loops": "while True: pass",
    "gives nonsense": "return 4",
    "does not load": "def judge(:",
}
CHAT = "aws_sagemaker_endpoint_configuration"
VARIANT = {"instance_type": "ml.inf2.xlarge", "initial_instance_count": 1, "model_name": "m"}
MAIN = f"""
provider "aws" {{
  region = "eu-north-1"
}}
resource "{CHAT}" "chat" {{
  production_variants {{
    model_name             = "m"
    instance_type          = "ml.inf2.xlarge"
    initial_instance_count = 1
  }}
}}
"""
PULUMI = {
    "region": "eu-north-1",
    "productionVariants": [
        {"instanceType": "ml.inf2.xlarge", "initialInstanceCount": 1, "modelName": "m"}
    ],
}


def plan(folder: Path) -> Path:
    """A Terraform plan of one endpoint that no rule stops."""
    resource = {"address": f"{CHAT}.chat", "mode": "managed", "type": CHAT, "name": "chat"}
    change = {"actions": ["create"], "before": None, "after": {"production_variants": [VARIANT]}}
    region = {"expressions": {"region": {"constant_value": "eu-north-1"}}}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [{**resource, "change": {**change, "after_unknown": {}}}],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", **region}},
            "root_module": {"resources": [{**resource, "provider_config_key": "aws"}]},
        },
    }
    path = folder / "plan.json"
    path.write_text(json.dumps(document))
    return path


def organisation(folder: Path, body: str) -> Path:
    """A lichen.yaml that names a folder with one broken rule."""
    (folder / "own").mkdir()
    (folder / "own" / "broken.py").write_text(RULE.format(body=body))
    (folder / "lichen.yaml").write_text("rules: own\n")
    return folder / "lichen.yaml"


def lichen(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lichen_doors.command", *map(str, arguments)],
        cwd=Path(__file__).anchor,  # `python -m` looks where it stands before PYTHONPATH
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", BODIES)
def test_the_command_ends_2_with_the_rule_s_name(tmp_path: Path, name: str) -> None:
    config = organisation(tmp_path, BODIES[name])
    done = lichen("check", plan(tmp_path), "--config", config)
    assert done.returncode == 2
    assert "lichen: broken, so it judged nothing: broken." in done.stderr
    assert "1 resource judged" in done.stdout  # the rest of the report is there
    assert "cannot be checked: the rule " in done.stdout


def test_every_format_is_written_before_it_ends(tmp_path: Path) -> None:
    config = organisation(tmp_path, BODIES["raises"])
    printed = {
        form: lichen("check", plan(tmp_path), "--config", config, "--format", form)
        for form in ("json", "sarif")
    }
    assert {done.returncode for done in printed.values()} == {2}
    (unverified,) = (
        row for row in json.loads(printed["json"].stdout)["unverified"] if row["rule"] == "broken"
    )
    assert (unverified["broken"], unverified["level"]) == (True, "mandatory")
    results = json.loads(printed["sarif"].stdout)["runs"][0]["results"]
    assert [row["level"] for row in results if row["ruleId"] == "broken"] == ["error"]


def test_a_broken_rule_that_is_off_does_not_stop(tmp_path: Path) -> None:
    config = organisation(tmp_path, BODIES["raises"])
    config.write_text("rules: own\nlevels: {broken: disabled}\n")
    done = lichen("check", plan(tmp_path), "--config", config)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", BODIES)
def test_crossguard_stops_with_the_rule_s_name(tmp_path: Path, name: str) -> None:
    config = organisation(tmp_path, BODIES[name])
    project = tmp_path / "project"
    project.mkdir()
    with running(project=project, stack="prod", LICHEN_CONFIG=str(config)) as pack:
        pack.configure()
        response = pack.analyze(ENDPOINT_CONFIGURATION, PULUMI)
    (found,) = [each for each in response.diagnostics if each.policyName == "broken"]
    assert found.enforcementLevel == rpc.MANDATORY
    assert "Unverified: cannot be checked: the rule " in found.message


@pytest.mark.xdist_group("checkov")
@pytest.mark.parametrize("name", BODIES)
def test_checkov_fails_the_rule_s_own_check(tmp_path: Path, name: str) -> None:
    config = organisation(tmp_path, BODIES[name])
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "main.tf").write_text(MAIN)
    run = checkov(
        "--directory",
        tmp_path / "stack",
        "--framework",
        "terraform",
        "--soft-fail-on",
        "CKV2_LICHEN_*_ADVICE,CKV2_LICHEN_*_UNVERIFIED",
        environment={"LICHEN_CONFIG": str(config)},
    )
    assert run.exit_code == 1
    (message,) = run.of("FAILED")["CKV2_LICHEN_BROKEN", f"{CHAT}.chat"]
    assert "broken" in message
    assert "CKV2_LICHEN_DIRTY_REGION" in {record.check for record in run.records}


def with_own_rows(folder: Path, rows: str) -> Path:
    (folder / "own").mkdir()
    (folder / "own" / "regions.csv").write_text(rows)
    (folder / "lichen.yaml").write_text("catalogue: own\n")
    return plan(folder)


WRONG_ROWS = "name,pue,pue_source\nap-south-1,9,aws-ec2\n"


def test_a_wrong_cell_of_an_own_table_ends_2_though_no_rule_needs_it(tmp_path: Path) -> None:
    done = lichen("check", with_own_rows(tmp_path, WRONG_ROWS))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lichen: own/regions.csv: row 2, pue: '9' where ")


def test_a_pack_with_a_wrong_own_table_does_not_start(tmp_path: Path) -> None:
    with_own_rows(tmp_path, WRONG_ROWS)
    with (
        pytest.raises(RuntimeError, match=r"own/regions\.csv: row 2, pue"),
        running(project=tmp_path) as pack,
    ):
        pack.analyze(ENDPOINT_CONFIGURATION, PULUMI)


def copied(folder: Path) -> Path:
    """A copy of the engine and the rules, whose tables may be spoiled."""
    for part in ("lichen", "policies", "doors"):
        skipped = shutil.ignore_patterns("__pycache__", ".compiled")
        shutil.copytree(ROOT / part, folder / part, ignore=skipped)
    return folder


ROOT = Path(__file__).parents[2]


def roots(tree: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(str(tree / part) for part in (".", "policies", "doors"))}


@pytest.mark.xdist_group("checkov")
@pytest.mark.parametrize(
    ("rest", "wrong"),
    [(b"\nap-south-1,", "ends inside a row"), (b"\n", "row_counts.csv counts")],
    ids=["inside a row", "at a row's border"],
)
def test_a_table_that_is_cut_short_stops_every_door(
    tmp_path: Path, rest: bytes, wrong: str
) -> None:
    tree = copied(tmp_path / "tree")
    table = tree / "lichen" / "catalogue" / "published" / "readings.csv"
    table.write_bytes(table.read_bytes()[:20_000].rpartition(b"\n")[0] + rest)
    done = lichen("check", plan(tmp_path), **roots(tree))
    assert done.returncode == 2
    assert done.stderr.startswith("lichen: readings.csv: ")
    assert wrong in done.stderr
    project = tmp_path / "project"
    project.mkdir()
    with (
        running(tree / "policies" / "crossguard", project=project, **roots(tree)) as pack,
        pytest.raises(grpc.RpcError) as refused,
    ):
        pack.analyze(ENDPOINT_CONFIGURATION, PULUMI)
    assert wrong in refused.value.details()  # type: ignore[attr-defined]
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "main.tf").write_text(MAIN)
    run = checkov("--directory", tmp_path / "stack", environment=roots(tree))
    assert run.exit_code == 1
    ((message,),) = run.of("FAILED").values()  # once, whichever rule is asked first
    assert wrong in message


@pytest.mark.parametrize("name", ["lichen_policies", "lichen_doors", "yaml", "msgspec"])
def test_the_pack_imports_nothing_from_the_project_that_it_judges(
    tmp_path: Path, name: str
) -> None:
    """The engine starts the pack there, and ``python -m`` looks for modules there first."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('the project was imported')\n")
    bad = [{**PULUMI["productionVariants"][0], "instanceType": "ml.p4d.24xlarge"}]  # type: ignore[dict-item]
    bad[0]["initialInstanceCount"] = 50
    if name == "yaml":  # the SDK itself imports it, before any line of a pack runs
        with (
            pytest.raises(RuntimeError, match=r"the project was imported|took the place of"),
            running(project=tmp_path) as pack,
        ):
            pack.info()
        return
    with running(project=tmp_path, stack="prod") as pack:
        response = pack.analyze(ENDPOINT_CONFIGURATION, {**PULUMI, "productionVariants": bad})
    assert "too-many-accelerators" in {found.policyName for found in response.diagnostics}

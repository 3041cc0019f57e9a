"""What `lichen check` prints of real plans: text, JSON that its schema describes, SARIF."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from lichen_doors.command import main
from lichen_doors.report import findings, sarif
from lichen_doors.report.document import as_json
from lichen_doors.report.lines import plain
from lichen_policies.registry import rules
from lichen_policies.verdict import Report, Saves, Verdict

ROOT = Path(__file__).parents[3]
CONFIGURATION = """\
exemptions:
  - rule: dirty-region
    resource: "*.late"
    owner: search
    reason: the customer's data may not leave the country
    approver: ada
    expires: 9999-12-31
  - rule: idle-floor
    resource: "*"
    owner: search
    reason: a launch
    approver: ada
    expires: 2020-01-31
"""

Golden = Callable[[str, str], None]
Printed = Callable[..., tuple[int, str]]


@pytest.fixture
def printed(
    tmp_path: Path,
    terraform_plan: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    fixed_tables: None,
) -> Printed:
    """`lichen check` in a folder that holds a wasteful, an open and a clean plan."""
    for stack in ("wasteful", "unknown", "clean"):
        shutil.copy(terraform_plan(stack), tmp_path / f"{stack}.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str, configuration: str = "") -> tuple[int, str]:
        (tmp_path / "lichen.yaml").write_text(configuration)
        done = CliRunner().invoke(main, ["check", *arguments])
        # A table fills its lines with spaces, which nobody sees.
        return done.exit_code, "".join(f"{line.rstrip()}\n" for line in done.output.splitlines())

    return run


def test_what_blocks_is_shown_with_its_fix(printed: Printed, golden: Golden) -> None:
    code, text = printed("wasteful.json", "unknown.json")
    golden("check/stopped.txt", text)
    assert code == 1
    assert max(map(len, text.splitlines())) <= 80


def test_exemptions_are_shown_in_force_and_expired(printed: Printed, golden: Golden) -> None:
    code, text = printed("unknown.json", configuration=CONFIGURATION)
    golden("check/exempted.txt", text)
    assert code == 1, "an exemption past its last day is a finding that blocks"


def test_what_cannot_be_checked_blocks_where_that_is_configured(printed: Printed) -> None:
    code, text = printed(
        "unknown.json", "--environment", "dev", configuration="unverified: mandatory\n"
    )
    assert code == 3
    assert "2 unverified results block this deployment." in text


def test_a_plan_without_findings(printed: Printed, golden: Golden) -> None:
    code, text = printed("clean.json")
    golden("check/clean.txt", text)
    assert code == 0


def test_json_is_as_its_schema_says(printed: Printed) -> None:
    _, text = printed("wasteful.json", "unknown.json", "--format", "json")
    document = json.loads(text)
    schema = json.loads((ROOT / "docs" / "schemas" / "check.json").read_text())
    Draft202012Validator(schema).validate(document)
    # A variant and the target that scales it are one finding.
    (chips,) = (f for f in document["findings"] if f["rule"] == "too-many-accelerators")
    assert chips["resource"] == "aws_sagemaker_endpoint_configuration.chat"
    assert chips["file"] == "wasteful.json"
    assert chips["path"].startswith("production_variants[0]")
    assert document["not_judged"] == {"terraform_data": 2}
    fixes = {fix["resource"]: fix for fix in document["fixes"]}
    assert set(fixes) == {finding["resource"] for finding in document["findings"]}
    fix = fixes["aws_sagemaker_endpoint_configuration.chat"]
    assert [conflict["path"] for conflict in fix["conflicts"]] == [
        "production_variants[0].instance_type"
    ]
    savings = [f["saves"]["usd_month"] for f in document["findings"]]
    assert fix["saves"]["usd_month"] == max(usd for usd in savings if usd is not None)
    stopping = [f for f in document["findings"] if f["level"] in ("mandatory", "remediate")]
    assert document["summary"]["stopping"] == len(stopping) > 0


def test_sarif_is_whole(printed: Printed, golden: Golden) -> None:
    _, text = printed("wasteful.json", "--format", "sarif")
    golden("check/stopped.sarif", text)
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    described = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == list(rules())
    for result in run["results"]:
        assert described[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"] != described[result["ruleIndex"]]["shortDescription"]
        assert result["partialFingerprints"]["lichen/v1"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "wasteful.json"
        assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_a_fingerprint_outlives_the_run_and_the_place_of_the_plan(printed: Printed) -> None:
    def prints(path: str) -> list[str]:
        document = json.loads(printed(path, "--format", "json")[1])
        return [finding["fingerprint"] for finding in document["findings"]]

    Path("moved").mkdir()
    shutil.copy("wasteful.json", "moved/again.json")
    first = prints("wasteful.json")
    assert first == prints("moved/again.json")
    assert len(set(first)) == len(first) > 1


def verdict(**fields: Any) -> Verdict:
    return msgspec.structs.replace(
        Verdict(
            rule="dirty-region",
            verdict="fail",
            level="mandatory",
            severity="high",
            resource="t.n",
            type="t",
            message="It is; the limit. Fix: change it.",
            fix="change it",
            fingerprint="0123456789abcdef",
        ),
        **fields,
    )


def report(*, found: tuple[Verdict, ...] = (), unverified: tuple[Verdict, ...] = ()) -> Report:
    return Report(
        findings=found,
        unverified=unverified,
        exempted=(),
        expired=(),
        not_judged={},
        judged=1,
        passed=0,
    )


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (verdict(), "error"),
        (verdict(severity="low"), "error"),
        (verdict(level="advisory"), "warning"),
        (verdict(level="advisory", severity="low"), "note"),
        (verdict(level="advisory", verdict="unverified"), "note"),
        (verdict(verdict="unverified"), "error"),
    ],
)
def test_a_sarif_level_is_what_the_finding_does(found: Verdict, level: str) -> None:
    of_one = report(found=(found,)) if found.verdict == "fail" else report(unverified=(found,))
    log = json.loads(sarif.as_sarif(of_one, rules()))
    assert log["runs"][0]["results"][0]["level"] == level


def test_a_finding_in_a_program_is_at_its_line() -> None:
    found = verdict(file="infra/__main__.py", line=12)
    log = json.loads(sarif.as_sarif(report(found=(found,)), rules()))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "infra/__main__.py"},
        "region": {"startLine": 12},
    }


def test_an_alert_is_the_same_however_its_file_is_typed(tmp_path: Path) -> None:
    here, runner = Path.cwd(), tmp_path / "runner-1"
    typed = ("infra/plan.json", str(here / "infra/plan.json"), f"../{here.name}/infra/plan.json")
    outside = (str(runner / "plan.json"), str(tmp_path / "runner-2" / "plan.json"))

    def marks(files: Iterable[str]) -> set[str]:
        logs = [json.loads(sarif.as_sarif(report(found=(verdict(file=file),)), rules()))
                for file in files]  # fmt: skip
        return {
            log["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"]
            for log in logs
        }

    assert len(marks(typed)) == len(marks(outside)) == 1
    assert len(marks((*typed, *outside, "other.json"))) == 3


def test_two_findings_of_a_plan_can_be_told_apart() -> None:
    left, right = (
        verdict(file="two machines.json", resource=f"aws_instance.{name}", fingerprint=name)
        for name in ("left", "right")
    )
    log = json.loads(sarif.as_sarif(report(found=(left, right, right)), rules()))
    results = log["runs"][0]["results"]
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert [re.sub("[0-9a-f]{8}:", ":", each) for each in hashes] == [
        "left:1",
        "right:1",
        "right:2",
    ]
    (elsewhere,) = json.loads(
        sarif.as_sarif(report(found=(verdict(file="other.json", fingerprint="left"),)), rules())
    )["runs"][0]["results"]
    # The same offence in another file is another alert, whatever becomes of this one.
    assert elsewhere["partialFingerprints"]["primaryLocationLineHash"] not in hashes
    assert elsewhere["partialFingerprints"]["lichen/v1"] == "left"
    for result, name in zip(results, ("left", "right", "right"), strict=True):
        assert result["message"]["text"].startswith(f"aws_instance.{name}: ")
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "two%20machines.json"


def test_an_exempted_finding_is_suppressed_with_its_reason(printed: Printed) -> None:
    _, text = printed("unknown.json", "--format", "sarif", configuration=CONFIGURATION)
    results = json.loads(text)["runs"][0]["results"]
    (suppressed,) = [result for result in results if "suppressions" in result]
    (suppression,) = suppressed["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"].startswith("the customer's data may not leave")


def test_json_keeps_what_cannot_be_computed_null() -> None:
    document = json.loads(as_json(report(found=(verdict(saves=Saves(usd_month=2.5)),))))
    assert document["findings"][0]["saves"] == {"gco2e_month": None, "usd_month": 2.5}


@pytest.mark.parametrize(
    ("found", "unverified", "outcome"),
    [
        ((), (), "Nothing blocks this deployment."),
        ((verdict(level="advisory"),), (), "Nothing blocks this deployment."),
        ((verdict(),), (), "1 finding blocks this deployment."),
        ((verdict(), verdict()), (), "2 findings block this deployment."),
        (
            (verdict(),),
            (verdict(verdict="unverified"),),
            "1 finding and 1 unverified result block this deployment.",
        ),
    ],
)
def test_the_last_line_says_what_blocks(
    found: tuple[Verdict, ...], unverified: tuple[Verdict, ...], outcome: str
) -> None:
    text = plain(findings.lines(report(found=found, unverified=unverified)), 80)
    assert text.splitlines()[-1] == outcome


def test_a_finding_about_no_resource_is_the_whole_deployment_s() -> None:
    found = report(found=(verdict(resource="", type=""),))
    text = plain(findings.lines(found), 80)
    assert text.startswith("The whole deployment\n")
    log = json.loads(sarif.as_sarif(found, rules()))
    (location,) = log["runs"][0]["results"][0]["locations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "deployment"


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_report_for_a_person_says_what_was_not_judged_and_what_has_ended(
    printed: Printed, tmp_path: Path, form: str
) -> None:
    (tmp_path / "notes.txt").write_text("none of them")
    for stack in ("wasteful", "unknown"):
        (tmp_path / f"{stack}.json").unlink()
    of_nothing = CONFIGURATION.replace('resource: "*"', "resource: none")
    _, report = printed(".", "--format", form, configuration=of_nothing)
    said = " ".join(report.replace("\\", "").split())
    assert "2 other files are no deployments." in said
    assert "from idle-floor ended on 2020-01-31: ask ada to renew it" in said

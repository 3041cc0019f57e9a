"""Reports that a platform reads: JUnit, GitLab's Code Quality, Markdown for a pull request, and a
baseline."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.report.code_quality import as_code_quality
from lichen_doors.report.junit import as_junit
from lichen_doors.report.markdown import MOST_CHARACTERS, as_markdown, code, escaped
from lichen_policies.verdict import Skipped, Verdict

from tests.doors.report.made import made_report, made_verdict

ODD = "a`b</summary><img src=x>\n- [x](http://e.vil) @all #1 \x1b[31m]]>"
MACHINE = """
  {name}:
    Type: AWS::EC2::Instance
    Properties: {{InstanceType: {machine}, Tags: [{{Key: env, Value: prod}}]}}
"""


def verdict(**changes: object) -> Verdict:
    odd = {"resource": ODD, "type": "t", "file": "stack.yaml", "line": 3}
    return made_verdict(**{**odd, "message": f"{ODD} is wrong", **changes})


def lichen(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def template(folder: Path, **machines: str) -> Path:
    path = folder / "stack.yaml"
    every = "".join(MACHINE.format(name=name, machine=kind) for name, kind in machines.items())
    path.write_text(f"Resources:{every}")
    return path


def test_junit_fails_what_blocks_and_skips_what_does_not() -> None:
    text = as_junit(
        made_report(
            verdict(),
            verdict(level="advisory"),
            verdict(verdict="unverified", level="advisory"),
            skipped=(Skipped(file="b.yaml", because="does not parse", broken=True),),
        )
    )
    root = ElementTree.fromstring(text)
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["4", "1", "1"]
    assert [suite.get("skipped") for suite in root] == ["2", "0"]
    assert [suite.get("name") for suite in root] == ["stack.yaml", "b.yaml"]
    (failure,) = root.iter("failure")
    assert failure.text is not None
    assert "\x1b" not in failure.text
    assert failure.text.startswith("stack.yaml:3: ")


def test_junit_of_nothing_is_one_test_that_passed() -> None:
    (suite,) = ElementTree.fromstring(as_junit(made_report()))
    assert (suite.get("tests"), len(suite[0])) == ("1", 0)


def test_code_quality_has_no_fingerprint_twice() -> None:
    issues = json.loads(
        as_code_quality(
            made_report(
                verdict(),
                verdict(line=9),
                verdict(level="advisory"),
                verdict(is_old=True),
                verdict(verdict="unverified", level="advisory"),
                skipped=(Skipped(file="b.yaml", because="does not parse", broken=True),),
            )
        )
    )
    assert [issue["severity"] for issue in issues] == [
        "critical",
        "critical",
        "major",
        "info",
        "blocker",
    ]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert issues[0]["location"] == {"path": "stack.yaml", "lines": {"begin": 3}}


def test_nothing_in_a_document_is_markup() -> None:
    text = as_markdown(made_report(verdict(), verdict(what=ODD, limit=ODD, level="advisory")))
    outside = re.sub(r"(`+).*?\1", "", text)  # code is shown as it is
    assert "<img" not in outside.replace("\\<", "")
    assert not re.search(r"@\w|#\d|(?<!\\)\]\(|http://", outside)
    assert outside.count("</summary>") == 1  # our own
    assert "\x1b" not in text


@pytest.mark.parametrize("text", ["plain", "a`b", "``", "`"])
def test_code_is_fenced_by_more_than_it_holds(text: str) -> None:
    fence = re.match("`+", code(text))
    assert fence is not None
    assert fence[0] not in text


def test_escaped_text_says_the_same() -> None:
    assert escaped("a *b* at 1.5 kg") == "a \\*b\\* at 1.5 kg"


def test_a_comment_stays_within_what_a_platform_takes() -> None:
    many = [verdict(resource=f"r{number}", message="x" * 500) for number in range(500)]
    text = as_markdown(made_report(*many))
    assert len(text) < MOST_CHARACTERS + 1_000
    assert "more parts of this report did not fit" in text


def test_only_what_is_new_blocks(tmp_path: Path) -> None:
    before = template(tmp_path, One="p5.48xlarge", Two="p5.48xlarge")
    baseline = tmp_path / "baseline.json"
    first = lichen(before, "--region", "ap-south-1", "--format", "json", "--output", baseline)
    assert first.exit_code == 1
    again = lichen(before, "--region", "ap-south-1", "--baseline", baseline)
    assert again.exit_code == 0, again.output
    after = template(tmp_path, One="p5.48xlarge", Three="p5.48xlarge")
    run = lichen(after, "--region", "ap-south-1", "--baseline", baseline, "--format", "json")
    assert run.exit_code == 1
    document = json.loads(run.stdout)
    by_resource = {each["resource"]: each["is_old"] for each in document["findings"]}
    assert by_resource == {"One": True, "Three": False}
    assert {each["resource"] for each in document["gone"]} == {"Two"}
    sarif = json.loads(
        lichen(after, "--region", "ap-south-1", "--baseline", baseline, "--format", "sarif").stdout
    )
    states = {result["baselineState"] for result in sarif["runs"][0]["results"]}
    assert states == {"new", "unchanged"}
    comment = lichen(
        after, "--region", "ap-south-1", "--baseline", baseline, "--format", "markdown"
    ).stdout
    assert "`Three`" in comment
    assert "`One`" not in comment
    assert "of `Two`" in comment


def test_a_month_as_it_is_has_what_the_fix_saves(tmp_path: Path) -> None:
    path = template(tmp_path, One="p5.48xlarge", Two="p9.enormous")
    run = lichen(path, "--region", "ap-south-1", "--format", "json")
    document = json.loads(run.stdout)
    (month,) = document["months"]  # of a machine that nobody knows there is none
    assert (month["resource"], month["file"], month["line"]) == ("One", str(path), 2)
    (fix,) = [each for each in document["fixes"] if each["resource"] == "One"]
    assert 0 < fix["saves"]["gco2e_month"]["likely"] < month["gco2e_month"]["likely"]
    assert month["usd_month"] > 10_000


def test_a_finding_that_has_grown_is_new(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    small = template(tmp_path, One="g5.48xlarge")
    lichen(small, "--region", "eu-north-1", "--format", "json", "--output", baseline)
    run = lichen(
        template(tmp_path, One="p5.48xlarge"), "--region", "ap-south-1", "--baseline", baseline
    )
    assert run.exit_code == 1


def test_an_old_finding_of_one_file_is_not_that_of_another(tmp_path: Path) -> None:
    """Two files may have resources of one name: each file's own finding is old first."""
    one, two = (tmp_path / name for name in ("one", "two"))
    for folder in (one, two):
        folder.mkdir()
    baseline = tmp_path / "baseline.json"
    template(two, One="p5.48xlarge")
    lichen(tmp_path, "--region", "ap-south-1", "--format", "json", "--output", baseline)
    template(one, One="p5.48xlarge")  # read before the old one
    run = lichen(*(one, two, "--region", "ap-south-1", "--baseline", baseline, "--format", "json"))
    by_file = {each["file"]: each["is_old"] for each in json.loads(run.stdout)["findings"]}
    assert {Path(file).parent.name: old for file, old in by_file.items()} == {
        "one": False,
        "two": True,
    }
    (two / "stack.yaml").rename(two / "renamed.yaml")
    assert lichen(two, "--region", "ap-south-1", "--baseline", baseline).exit_code == 0


@pytest.mark.parametrize("text", ["{}", "[]", '{"findings": 1, "unverified": []}', "{"])
def test_what_is_no_report_is_no_baseline(tmp_path: Path, text: str) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text(text)
    run = lichen(template(tmp_path, One="t4g.small"), "--baseline", baseline)
    assert run.exit_code == 2
    assert str(baseline) in run.output


def planned(folder: Path, **actions: str) -> Path:
    """A plan of machines in a dirty region, each with what happens to it."""
    arn = "arn:aws:ec2:ap-south-1:1:instance/i"
    after = {"instance_type": "p5.48xlarge", "arn": arn, "tags": {"env": "prod"}}
    changes = [
        {
            "address": f"aws_instance.{name}",
            "mode": "managed",
            "type": "aws_instance",
            "name": name,
            "change": {"actions": [action], "after": after},
        }
        for name, action in actions.items()
    ]
    path = folder / "plan.json"
    path.write_text(json.dumps({"format_version": "1.2", "resource_changes": changes}))
    return path


def test_only_what_changes_is_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    plan = planned(tmp_path, old="no-op", new="create", more="update")
    whole = json.loads(lichen(plan, "--format", "json").stdout)
    run = lichen(plan, "--only-changes", "--format", "json")
    assert run.exit_code == 1
    document = json.loads(run.stdout)
    assert {each["resource"] for each in document["findings"]} == {
        "aws_instance.new",
        "aws_instance.more",
    }
    assert document["hidden"] == len(whole["findings"]) - len(document["findings"]) > 0
    run = lichen(planned(tmp_path, old="no-op"), "--only-changes")
    assert run.exit_code == 0
    assert "on resources that do not change: not shown." in run.output


def test_a_template_does_not_say_what_changes(tmp_path: Path) -> None:
    run = lichen(template(tmp_path, One="c7g.large"), "--only-changes")
    assert run.exit_code == 2
    assert "does not say what the deployment changes" in run.output

"""An organisation's own rules: made, tested, and never run from a file that was only found."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main

from tests.cases.test_lichen_yaml import planned

EVIL = "open('ran', 'w').close()\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixed_tables: None) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LICHEN_CONFIG", raising=False)
    (tmp_path / "lichen.yaml").write_text("rules: own\n")


def lichen(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_skeleton_works_and_its_cases_hold() -> None:
    made = lichen("rules", "new", "too-many-machines")
    assert made.exit_code == 0, made.stderr
    assert sorted(path.name for path in Path("own").iterdir()) == [
        "too-many-machines.yaml",
        "too_many_machines.py",
    ]
    tested = lichen("rules", "test")
    assert tested.exit_code == 0, tested.stdout
    assert tested.stdout.endswith("3 cases, all right.\n")
    assert "too-many-machines" in lichen("rules").stdout
    assert "Resource that runs more" in lichen("explain", "too-many-machines").stdout


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Too Many", "'Too Many' is no name of a rule."),
        ("dirty-region", "there is a rule 'dirty-region' already"),
    ],
)
def test_a_name_that_cannot_be_made(name: str, sentence: str) -> None:
    run = lichen("rules", "new", name)
    assert run.exit_code == 2
    assert sentence in run.stderr


def test_a_case_that_does_not_hold_ends_1_with_what_the_rule_says() -> None:
    lichen("rules", "new", "too-many-machines")
    cases = Path("own/too-many-machines.yaml")
    cases.write_text(
        cases.read_text().replace("initial_instance_count: 10}", "initial_instance_count: 12}")
    )
    run = lichen("rules", "test", "too-many-machines")
    assert run.exit_code == 1
    assert "wrong  too-many-machines: as many as are allowed (terraform)" in run.stdout
    assert "expected pass, and it is fail" in run.stdout
    assert "it says: 12 machines may run; the limit is 10." in run.stdout
    assert run.stdout.endswith("3 cases, 1 wrong.\n")


def test_messages_are_compared_and_renewed() -> None:
    lichen("rules", "new", "too-many-machines")
    rule = Path("own/too_many_machines.py")
    rule.write_text(rule.read_text().replace("machines may run", "machines can run"))
    assert lichen("rules", "test").exit_code == 1
    assert lichen("rules", "test", "--renew").exit_code == 0
    assert lichen("rules", "test").exit_code == 0
    assert "11 machines can run" in Path("own/too-many-machines.yaml").read_text()


def test_a_rule_without_cases_or_with_a_mistake_is_refused() -> None:
    lichen("rules", "new", "too-many-machines")
    Path("own/too-many-machines.yaml").unlink()
    assert "the rule has no cases" in lichen("rules", "test").stderr
    Path("own/too_many_machines.py").write_text("x = ")
    run = lichen("rules", "test")
    assert run.exit_code == 2
    assert "too_many_machines.py" in run.stderr


def test_an_own_rule_s_level_and_limit_are_set_and_a_typo_is_refused() -> None:
    lichen("rules", "new", "too-many-machines")
    Path("lichen.yaml").write_text(
        "rules: own\nlevels: {too-many-machines: disabled}\n"
        "limits: {too-many-machines: {machines: 3}}\n"
    )
    assert "too-many-machines is disabled in" in lichen("rules").stdout.replace("\n", " ")
    Path("lichen.yaml").write_text("rules: own\nlimits: {too-many-machines: {machine: 3}}\n")
    assert "did you mean 'machines'?" in lichen("rules").stderr


def test_a_file_that_was_only_found_runs_nothing_and_the_gate_does_not_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "own").mkdir(parents=True)
    (project / "own" / "evil.py").write_text(EVIL)
    plan = planned(project, "rules: own", region="eu-north-1")
    run = lichen("check", plan)
    assert run.exit_code == 2
    assert "name the file by --config or LICHEN_CONFIG" in run.stderr
    assert not (tmp_path / "ran").exists()


def test_a_project_s_rules_under_an_organisation_s_file_run_nothing_and_that_is_said(
    tmp_path: Path,
) -> None:
    (tmp_path / "organisation.yaml").write_text("{}")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "evil.py").write_text(EVIL)
    plan = planned(tmp_path, "rules: own\nlevels: {evil: mandatory}", region="eu-north-1")
    run = lichen("check", plan, "--config", "organisation.yaml")
    assert run.exit_code == 0, run.stderr
    told = " ".join(run.stdout.split())
    assert "Rules of lichen.yaml do not hold: they are Python, which runs only from" in told
    assert not (tmp_path / "ran").exists()


def test_a_rule_of_an_organisation_that_breaks_is_no_pass(tmp_path: Path) -> None:
    lichen("rules", "new", "too-many-machines")
    rule = Path("own/too_many_machines.py")
    rule.write_text(
        rule.read_text().replace(
            "    if fact.machines is None", "    1 / 0\n    if fact.machines is None"
        )
    )
    plan = planned(tmp_path, region="eu-north-1")
    run = lichen("check", plan)
    assert "too-many-machines" in run.stdout + run.stderr
    assert "ZeroDivisionError" in run.stdout + run.stderr

"""A lichen.yaml under another: it tightens, it does not loosen, and the report says what holds."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.configuration import Configuration, read
from lichen_policies.configured import configured
from lichen_policies.gate import Gate
from lichen_policies.registry import rules

from lichen.document import InputError

TODAY = datetime.date(2026, 11, 23)
DIRTY = rules()["dirty-region"]
MANY = rules()["too-many-accelerators"]
ROW = "{rule: dirty-region, resource: x, owner: a, reason: b, approver: c, expires: 2027-01-01}"


def layered(tmp_path: Path, organisation: str, project: str) -> Configuration:
    """A project's file under an organisation's."""
    (tmp_path / "organisation.yaml").write_text(organisation)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "lichen.yaml").write_text(project)
    return read(
        tmp_path / "project" / "lichen.yaml", above=tmp_path / "organisation.yaml", today=TODAY
    )


def chips(configuration: Configuration, environment: Any = "prod") -> int:
    limits: Any = configuration.limits(MANY, environment)
    return int(limits.chips)


@pytest.mark.parametrize(
    ("organisation", "project", "does"),
    [
        ("mandatory", "disabled", "mandatory"),
        ("advisory", "mandatory", "mandatory"),
        ("disabled", "advisory", "advisory"),
        ("disabled", None, "disabled"),
        (None, "advisory", "mandatory"),
        (None, "disabled", "mandatory"),
        ("{prod: advisory, mandatory_from: 2026-11-01}", "advisory", "mandatory"),
        ("advisory", "{mandatory_from: 2026-11-01}", "mandatory"),
    ],
)
def test_a_project_may_tighten_a_level_and_not_loosen_it(
    tmp_path: Path, organisation: str | None, project: str | None, does: str
) -> None:
    texts = [
        "{}" if level is None else f"levels: {{dirty-region: {level}}}"
        for level in (organisation, project)
    ]
    assert layered(tmp_path, *texts).level(DIRTY, "prod") == does


@pytest.mark.parametrize(
    ("organisation", "project", "holds"),
    [
        ("{chips: 16}", "{chips: 4}", 4),
        ("{chips: 16}", "{chips: 32}", 16),
        ("{}", "{chips: 32}", 8),
        ("{prod: {chips: 16}}", "{chips: 12}", 12),
        ("{chips: 16}", "{prod: {chips: 2}}", 2),
    ],
)
def test_a_project_may_tighten_a_limit_and_not_loosen_it(
    tmp_path: Path, organisation: str, project: str, holds: int
) -> None:
    texts = [f"limits: {{too-many-accelerators: {each}}}" for each in (organisation, project)]
    assert chips(layered(tmp_path, *texts)) == holds


def test_unverified_regions_tables_and_exemptions_of_a_project(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "own").mkdir()
    (tmp_path / "project").rename(tmp_path / "kept")
    project = f"""
unverified: advisory
regions: [ap-south-1, eu-north-1]
catalogue: ../kept/own
exemptions: [{ROW}]
"""
    found = layered(tmp_path, "unverified: mandatory\nregions: [eu-north-1, eu-west-1]", project)
    assert found.unverified_level("prod") == "mandatory"
    assert found.regions == ("eu-north-1",)
    assert found.catalogue is read(None).catalogue
    assert found.exemptions("prod") == ()
    assert found.exemptions(None) == ()
    assert [row.rule for row in found.exemptions("dev")] == ["dirty-region"]


def test_the_organisation_says_where_projects_may_exempt(tmp_path: Path) -> None:
    found = layered(tmp_path, "projects_may_exempt_in: [prod]", f"exemptions: [{ROW}]")
    assert found.exemptions("dev") == ()
    assert len(found.exemptions("prod")) == 1


def test_a_file_alone_may_exempt_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "lichen.yaml"
    path.write_text(f"exemptions: [{ROW}]")
    assert len(read(path).exemptions("prod")) == 1


def test_what_a_file_extends_stands_above_it(tmp_path: Path) -> None:
    (tmp_path / "top.yaml").write_text("levels: {dirty-region: mandatory}")
    (tmp_path / "middle.yaml").write_text("extends: top.yaml\nlevels: {idle-floor: mandatory}")
    (tmp_path / "stack").mkdir()
    path = tmp_path / "stack" / "lichen.yaml"
    path.write_text("extends: ../middle.yaml\nlevels: {dirty-region: disabled}")
    found = read(path, today=TODAY)
    assert [layer.path.name for layer in found.layers] == ["top.yaml", "middle.yaml", "lichen.yaml"]
    assert found.level(DIRTY, "dev") == "mandatory"
    assert found.level(rules()["idle-floor"], "dev") == "mandatory"


@pytest.mark.parametrize(
    ("extends", "sentence"),
    [
        ("nowhere.yaml", "extends: there is no file of that path. Fix: name a lichen.yaml by its"),
        ("lichen.yaml", "extends: that file extends this one."),
        ("''", "extends: is empty"),
        ("3", "extends: 3 is not text"),
    ],
)
def test_what_cannot_be_extended(tmp_path: Path, extends: str, sentence: str) -> None:
    path = tmp_path / "lichen.yaml"
    path.write_text(f"extends: {extends}")
    with pytest.raises(InputError) as refused:
        read(path)
    assert sentence in str(refused.value)


def test_a_mistake_in_any_file_names_that_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        layered(tmp_path, "levels: {dirty-region: mandatry}", "{}")
    assert str(refused.value).startswith(str(tmp_path / "organisation.yaml"))


def test_the_report_names_the_files_what_they_moved_and_what_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = layered(
        tmp_path,
        "levels: {idle-floor: disabled}\nlimits: {too-many-accelerators: {prod: {chips: 64}}}",
        "levels: {dirty-region: disabled, idle-floor: advisory}\n"
        "limits: {too-many-accelerators: {chips: 128, dev: {chips: 1}}}\n"
        f"exemptions: [{ROW}]\nregions: [eu-north-1]\n",
    )
    assert configured(found).texts == (
        "Configured by organisation.yaml, over project/lichen.yaml.",
        "Moved: too-many-accelerators.chips is 1 in dev (by default 2); "
        "too-many-accelerators.chips is 64 in prod (by default 8).",
        "Set besides: regions of project/lichen.yaml.",
        "Levels.dirty-region of project/lichen.yaml does not hold: organisation.yaml is stricter "
        "in dev, staging and prod.",
        "Limits.too-many-accelerators.chips of project/lichen.yaml does not hold: it is not "
        "stricter than organisation.yaml in staging and prod.",
        "Exemptions of project/lichen.yaml do not hold: projects_may_exempt_in of "
        "organisation.yaml does not name prod.",
    )


def test_a_rule_that_is_turned_off_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lichen.yaml").write_text("levels: {dirty-region: disabled}")
    found = Gate.near(tmp_path, today=TODAY).configured()
    assert found.files == ("lichen.yaml",)
    assert [each.text for each in found.moved] == [
        "dirty-region is disabled in dev, staging (by default advisory)",
        "dirty-region is disabled in prod (by default mandatory)",
    ]


def test_the_environment_names_the_organisation_s_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "organisation.yaml").write_text("levels: {dirty-region: mandatory}")
    (tmp_path / "lichen.yaml").write_text("levels: {dirty-region: disabled}")
    monkeypatch.setenv("LICHEN_CONFIG", str(tmp_path / "organisation.yaml"))
    assert Gate.near(tmp_path, today=TODAY).level(DIRTY, "dev") == "mandatory"
    monkeypatch.setenv("LICHEN_CONFIG", str(tmp_path / "gone.yaml"))
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read"):
        Gate.near(tmp_path)

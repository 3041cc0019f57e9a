"""docs/rules/parity.md through the real doors: each cell is what the door does.

A failing example of each rule in each dialect is written as a document. One process of `lichen
check`, one of Checkov for each region and environment, and one process of the pack judge them all,
on the fixed tables.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from lichen_policies.cases import TODAY, Case
from lichen_policies.registry import rules

from docs.rule_pages import DOORS, Door, cases, matrix
from tests.doors import deployments
from tests.doors.checkov.engine import CHECKS, ROOT, checkov
from tests.fixed import FIXED, fixed
from timing.pack_process import Pack, running

pytestmark = pytest.mark.xdist_group("checkov")

CHECK, CROSSGUARD, CHECKOV = DOORS
"""The doors, as the page names them."""

NEEDS_ITS_OWN = {
    "expired-exemption",
    "orphaned-exemption",
    "previous-generation",
    "stale-carbon-data",
}
"""Rules whose examples need a lichen.yaml, or tables of another day: they are judged under
:data:`OWN_CONFIGURATION`, with figures of electricity that are ten years older."""

OWN_CONFIGURATION = """\
exemptions:
  - {rule: idle-floor, resource: "*hat*", owner: search, reason: moves, approver: lead,
     expires: 2026-11-22}
  - {rule: idle-floor, resource: elsewhere, owner: search, reason: moves, approver: lead,
     expires: 2099-01-01}
limits:
  previous-generation: {less_pct: 1, dearer_pct: 60}
"""


class Where(NamedTuple):
    """The region and the environment that a run of a door is given, and whether it is one of
    :data:`NEEDS_ITS_OWN`."""

    region: str | None
    environment: str | None
    own: bool = False


SAYS_ITSELF = ("terraform", "pulumi")
"""Dialects whose documents say the region of their providers, but Azure's, which have none."""

STOCKHOLM = "eu-north-1"

RUNS_OF_CHECKOV = 4
"""Places in which Checkov judges: the first have all but a few examples, and each takes seconds."""


class Chosen(NamedTuple):
    """A failing example, the file that has it, and where it is judged."""

    case: Case
    path: Path
    where: Where


def where_of(case: Case) -> Where:
    first = case.resources[0]
    own = case.dialect in SAYS_ITSELF and not first.type.startswith("azure")
    region = None if own else deployments.region_of(first)
    return Where(region, first.environment, case.rule in NEEDS_ITS_OWN)


def candidates(rule: str, dialect: str) -> list[Case]:
    """The failing examples that a document alone can show."""
    return [
        case
        for case in cases(rule)
        if case.verdict == "fail"
        and case.dialect == dialect
        and (rule in NEEDS_ITS_OWN or (not case.layers and case.today == TODAY))
        and (where_of(case).region or STOCKHOLM) in fixed().regions
    ]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine with the fixed tables, which goes before the installed one."""
    tree = tmp_path_factory.mktemp("engine")
    skipped = shutil.ignore_patterns("__pycache__", ".compiled", "published", "derived", "measured")
    shutil.copytree(ROOT / "lichen", tree / "lichen", ignore=skipped)
    shutil.copytree(FIXED, tree / "lichen" / "catalogue", dirs_exist_ok=True)
    return tree


@pytest.fixture(scope="module")
def aged(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the figures of ten years earlier."""
    aged = tmp_path_factory.mktemp("aged")
    shutil.copytree(tree, aged, dirs_exist_ok=True)
    sources = aged / "lichen" / "catalogue" / "sources.toml"
    sources.write_text(sources.read_text().replace('fetched = "202', 'fetched = "201'))
    return aged


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Chosen]:
    """An example for each rule and dialect that has one, in as few places as cover all."""
    folder = tmp_path_factory.mktemp("deployments")
    open_cells = {
        (rule, dialect): found
        for rule in rules()
        for dialect in CHECK.dialects
        if (found := candidates(rule, dialect))
    }
    picked: dict[tuple[str, str], Chosen] = {}
    while open_cells:
        places = Counter(
            where for found in open_cells.values() for where in {where_of(each) for each in found}
        )
        where = min(places, key=lambda place: (-places[place], str(place)))
        for cell, found in list(open_cells.items()):
            here = [case for case in found if where_of(case) == where]
            if here:
                rule, dialect = cell
                path = deployments.written(here[0], folder / f"{rule}-{dialect}")
                if where.own:
                    (path.parent / "lichen.yaml").write_text(OWN_CONFIGURATION)
                picked[cell] = Chosen(here[0], path, where)
                del open_cells[cell]
    return picked


def by_place(chosen: dict[tuple[str, str], Chosen]) -> dict[Where, list[tuple[str, str]]]:
    places: dict[Where, list[tuple[str, str]]] = {}
    for cell, one in chosen.items():
        places.setdefault(one.where, []).append(cell)
    return places


def places_of_checkov(
    chosen: dict[tuple[str, str], Chosen],
) -> dict[Where, list[tuple[str, str]]]:
    """The places in which Checkov judges: the first few, and those with a lichen.yaml."""
    places = by_place(chosen)
    first = list(places)[:RUNS_OF_CHECKOV]
    return {where: cells for where, cells in places.items() if where in first or where.own}


def roots(tree: Path) -> str:
    return os.pathsep.join(map(str, (tree, *(ROOT / part for part in ("policies", "doors")))))


@pytest.fixture(scope="module")
def checked(tree: Path, aged: Path, chosen: dict[tuple[str, str], Chosen]) -> set[tuple[str, str]]:
    """The cells in which `lichen check` finds the rule's offence."""
    found: set[tuple[str, str]] = set()
    for (region, environment, own), cells in by_place(chosen).items():
        options = ["--region", region] if region else []
        options += ["--environment", environment] if environment else []
        for some in [[cell] for cell in cells] if own else [cells]:
            paths = [str(chosen[cell].path) for cell in some]
            lichen = [sys.executable, "-m", "lichen_doors.command", "check", "--format", "json"]
            done = subprocess.run(
                [*lichen, *options, *paths],
                cwd=aged if own else tree,
                env={**os.environ, "PYTHONPATH": roots(aged if own else tree)},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode in (0, 1), done.stderr
            # What is said of a run, such as of a row of lichen.yaml, is in no file of resources.
            said = {
                (each["rule"], chosen[some[0]].path.parent.name if own else cell_of(each["file"]))
                for each in json.loads(done.stdout)["findings"]
            }
            found |= {cell for cell in some if (cell[0], chosen[cell].path.parent.name) in said}
    return found


def cell_of(file: str | None) -> str:
    return Path(file or "").parent.name


@pytest.fixture(scope="module")
def run_by_checkov(
    tree: Path, aged: Path, chosen: dict[tuple[str, str], Chosen]
) -> set[tuple[str, str]]:
    """The cells in which Checkov fails a check of the rule."""
    found: set[tuple[str, str]] = set()
    for where, cells in places_of_checkov(chosen).items():
        folder = next(iter(chosen.values())).path.parents[1]
        place = folder.with_name("-".join((folder.name, *map(str, where))))
        for cell in cells:
            if cell[1] in CHECKOV.dialects:
                shutil.copytree(chosen[cell].path.parent, place / chosen[cell].path.parent.name)
        if not place.exists():
            continue
        variables = {"PYTHONPATH": roots(aged if where.own else tree)}
        variables |= {"LICHEN_REGION": where.region} if where.region else {}
        variables |= {"LICHEN_ENVIRONMENT": where.environment} if where.environment else {}
        run = checkov(
            "--directory", place, "--framework", "terraform_plan", "cloudformation", "kubernetes",
            environment=variables, checks=CHECKS,
        )  # fmt: skip
        said = {(each.check, cell_of(each.file)) for each in run.records if each.result == "FAILED"}
        for cell in cells:
            check = f"CKV2_LICHEN_{cell[0].upper().replace('-', '_')}"
            name = chosen[cell].path.parent.name
            if {(check, name), (f"{check}_ADVICE", name)} & said:
                found.add(cell)
    return found


@pytest.fixture(scope="module")
def analysed(
    tree: Path,
    aged: Path,
    chosen: dict[tuple[str, str], Chosen],
    tmp_path_factory: pytest.TempPathFactory,
) -> set[tuple[str, str]]:
    """The cells in which a process of the pack reports the rule's offence."""
    found: set[tuple[str, str]] = set()
    for own in (False, True):
        project = tmp_path_factory.mktemp("project")
        if own:
            (project / "lichen.yaml").write_text(OWN_CONFIGURATION)
        with running(project=project, PYTHONPATH=roots(aged if own else tree)) as pack:
            found |= {
                cell
                for cell, one in chosen.items()
                if one.where.own == own
                and cell[1] in CROSSGUARD.dialects
                and reports(pack, cell[0], one.case)
            }
    return found


def reports(pack: Pack, rule: str, case: Case) -> bool:
    """Whether the pack finds the rule's offence in the deployment of an example."""
    pack.configure_stack(deployments.stack_of(case))
    pack.configure()
    answers = [
        *map(pack.stub.Analyze, deployments.requests(case)),
        pack.stub.AnalyzeStack(deployments.whole_stack(case)),
    ]
    return any(
        each.policyName == rule and "cannot be checked" not in each.message
        for answer in answers
        for each in answer.diagnostics
    )


def expected(door: Door, chosen: dict[tuple[str, str], Chosen]) -> set[tuple[str, str]]:
    """The cells of the page that say yes for a door, of those with an example to show."""
    return {
        (rule, dialect)
        for rule, cells in matrix(rules()).items()
        for dialect in door.dialects
        if cells[door.name, dialect].judged and (rule, dialect) in chosen
    }


def test_lichen_check_finds_what_the_page_says(
    checked: set[tuple[str, str]], chosen: dict[tuple[str, str], Chosen]
) -> None:
    assert checked ^ expected(CHECK, chosen) == set()


def test_crossguard_finds_what_the_page_says(
    analysed: set[tuple[str, str]], chosen: dict[tuple[str, str], Chosen]
) -> None:
    assert analysed ^ expected(CROSSGUARD, chosen) == set()


def test_checkov_finds_what_the_page_says(
    run_by_checkov: set[tuple[str, str]], chosen: dict[tuple[str, str], Chosen]
) -> None:
    places = places_of_checkov(chosen)
    judged = {cell: one for cell, one in chosen.items() if one.where in places}
    assert len(judged) > 0.9 * len(chosen)
    assert run_by_checkov ^ expected(CHECKOV, judged) == set()


def test_every_rule_has_an_example_that_goes_through_the_doors(
    chosen: dict[tuple[str, str], Chosen],
) -> None:
    assert {rule for rule, _ in chosen} == set(rules())

"""What is kept of the rules is what their files say, today's and no older, and fails closed."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest
from lichen_policies import registry
from lichen_policies.facts import Resource
from lichen_policies.gate import Gate
from lichen_policies.registry import read_rules, rules
from lichen_policies.rule import Rule
from lichen_policies.rule_files import FOLDER, rule_files

POLICIES = FOLDER.parents[1]
ENDPOINT = Resource(
    type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    name="chat",
    address="chat",
    properties={
        "region": "eu-north-1",
        "productionVariants": [{"instanceType": "ml.inf2.xlarge", "initialInstanceCount": 2}],
    },
    dialect="pulumi",
    environment="prod",
)


def test_what_is_kept_is_what_every_file_says() -> None:
    kept, read = rules(), read_rules(FOLDER)
    assert list(kept) == list(read)
    for name, rule in read.items():
        for field in Rule.__struct_fields__:
            if field not in ("code", "kind"):  # which read the rule's file when they are asked
                mine, theirs = getattr(kept[name], field), getattr(rule, field)
                assert (mine, repr(mine)) == (theirs, repr(theirs)), (name, field)
        assert kept[name].judges is rule.judges
        assert kept[name].limits is rule.limits
        assert kept[name].defaults == rule.defaults
    assert any(rule.thresholds for rule in kept.values())


def printed(folder: Path, code: str) -> str:
    """What a new process prints that has the rules of a copy of the tree."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{folder / 'policies'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LOADED = (
    "import sys; from lichen_policies.registry import rules; "
    "print(rules()['far-ceiling'].severity, rules()['far-ceiling'].offence); "
    "print(sum(name.startswith('lichen_policies.rules.') for name in sys.modules))"
)


def test_a_second_start_imports_no_rule_and_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    for part in ("lichen", "policies"):
        skipped = shutil.ignore_patterns("__pycache__", ".compiled")
        shutil.copytree(POLICIES.parent / part, tmp_path / part, ignore=skipped)
    first, second = printed(tmp_path, LOADED), printed(tmp_path, LOADED)
    assert first.splitlines()[0] == second.splitlines()[0]
    assert int(first.splitlines()[1]) >= len(rules())
    assert second.splitlines()[1] == "0"
    file = tmp_path / "policies" / "lichen_policies" / "rules" / "far_ceiling.py"
    file.write_text(file.read_text().replace('severity="medium"', 'severity="low"'))
    assert printed(tmp_path, LOADED).startswith("low ")
    grid = tmp_path / "lichen" / "grid.py"  # of which a rule takes its limit
    grid.write_text(grid.read_text().replace("_KWH = 200.0", "_KWH = 151.0"))
    limits = "from lichen_policies.registry import rules; print(rules()['dirty-region'].defaults)"
    assert "151" in printed(tmp_path, limits)
    file.write_text("def broken(:\n")
    told = printed(
        tmp_path,
        "from lichen_policies.registry import rules; rule = rules()['far-ceiling']; "
        "print(rule.levels['dev'], rule.mistake)",
    )
    assert told.startswith("mandatory ")
    assert "importing the rule failed with SyntaxError" in told


@pytest.mark.parametrize("error", [ImportError("gone"), SystemExit(0)])
def test_a_rule_that_cannot_be_imported_after_all_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fails(_path: Path) -> object:
        raise error

    files = rule_files()
    registry._keep_rules(files.checksum, read_rules(FOLDER))
    known = registry._kept_rules(files)
    if known is None:
        pytest.skip("byte code may not be written here, so nothing is kept")
    monkeypatch.setattr(registry, "_imported", fails)
    report = Gate.near(tmp_path, rules=known).report([ENDPOINT])
    by_rule = {verdict.rule: verdict for verdict in report.unverified}
    found = by_rule["too-many-accelerators"]
    assert (found.broken, found.level) == (True, "mandatory")
    assert f"the rule too-many-accelerators failed with {type(error).__name__}" in found.message
    assert {"dirty-region", "too-many-accelerators"} <= set(report.broken)


def test_what_a_rule_declares_is_of_files_that_are_watched() -> None:
    """Rules and their pages are kept while no file of :func:`rule_files` changes, so a limit or a
    level may come from no other: the catalogue's and the sizing's code is not among them."""
    watched = set(rule_files().paths)
    declared = [
        (path.name, module)
        for path in sorted(FOLDER.glob("*.py"))
        for module in modules_declared_of(path)
    ]
    assert ("dirty_region.py", "lichen.grid") in declared
    files = {module: find_spec(module) for _, module in declared}
    assert [each for each in declared if getattr(files[each[1]], "origin", "") not in watched] == []


def modules_declared_of(path: Path) -> set[str]:
    """The modules of ours whose names a rule's file uses in its limits and in ``@rule(...)``."""
    tree = ast.parse(path.read_text())
    module_of = {
        alias.asname or alias.name: each.module
        for each in tree.body
        if isinstance(each, ast.ImportFrom) and each.module and each.module.startswith("lichen")
        for alias in each.names
    }
    declaring = [
        part
        for each in tree.body
        for part in (
            each.decorator_list
            if isinstance(each, ast.FunctionDef)
            else [each]
            if isinstance(each, ast.ClassDef) and each.name == "Limits"
            else []
        )
    ]
    names = {node.id for part in declaring for node in ast.walk(part) if isinstance(node, ast.Name)}
    return {module_of[name] for name in names & module_of.keys()}


def test_a_limit_is_declared_with_its_type_and_bounds() -> None:
    for rule in rules().values():
        fields = msgspec.structs.fields(rule.limits)
        assert [each.name for each in rule.thresholds] == [field.name for field in fields]
        assert [each.default for each in rule.thresholds] == [field.default for field in fields]

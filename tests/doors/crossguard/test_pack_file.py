"""The pack as one executable file, which the engine starts by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from lichen_doors.command import main

from lichen import __version__
from sandbox.errors import CommandFailed
from sandbox.world import QUIET, ROOT, World
from tests.stacks.project import copied_to

pytestmark = pytest.mark.xdist_group("deployment")


def written(path: Path) -> Path:
    ran = CliRunner().invoke(main, ["pack", "--file", str(path)])
    assert (ran.exit_code, ran.output) == (0, f"pulumi up --policy-pack {path}\n")
    return path


def test_the_engine_starts_the_file_and_it_stops_what_the_folder_stops(
    place: World, tmp_path: Path
) -> None:
    copied_to(tmp_path)
    # In the project itself, as the command's help has it: the engine starts a pack in its program.
    (tmp_path / "stacks" / "a folder").mkdir()
    file = written(tmp_path / "stacks" / "a folder" / "lichen-pack")
    assert os.access(file, os.X_OK)
    place.stacks("wasteful", cwd=tmp_path)
    preview = ("pulumi", "preview", *QUIET[1:], "--stack", "wasteful", "--policy-pack")
    findings = []
    for pack in (file, ROOT / "policies" / "crossguard"):
        with pytest.raises(CommandFailed) as stopped:
            place.run(*preview, pack, cwd=tmp_path)
        printed = str(stopped.value)
        assert f"lichen@v{__version__}" in printed
        findings.append([line for line in printed.splitlines() if "- [mandatory]" in line])
    assert findings[0] == findings[1] != []


def test_its_version_is_the_packs() -> None:
    said = yaml.safe_load((ROOT / "policies" / "crossguard" / "PulumiPolicy.yaml").read_text())
    assert said["version"] == __version__


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["pack", "--file", str(tmp_path / "none" / "pack")])
    assert ran.exit_code == 2
    assert "cannot be written" in ran.output


def test_the_file_starts_no_module_of_the_folder_that_it_is_in(tmp_path: Path) -> None:
    file = written(tmp_path / "pack")
    assert f'exec\' "{sys.executable}" -Iu' in file.read_text()

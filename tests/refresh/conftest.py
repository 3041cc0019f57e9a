"""What the refreshes' tests share: a copy of the tables to bring up, and a console that is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lichen.catalogue import DIRECTORY
from lichen.catalogue.schema import path_of
from refresh import answer_cache, apply


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed tables, in a directory of its own."""
    monkeypatch.setattr(answer_cache, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(apply, "WORKLOADS", tmp_path / "workloads")  # none: placing takes a second
    directory = tmp_path / "lichen" / "catalogue"
    shutil.copytree(DIRECTORY, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return directory


@pytest.fixture
def rows_of(tables: Path) -> Callable[[str], set[str]]:
    """The rows of a table now, as text."""
    return lambda name: set(path_of(name, tables).read_text().splitlines())

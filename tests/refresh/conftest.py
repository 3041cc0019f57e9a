"""What the refreshes' tests share: a copy of the tables to bring up, and a console that is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lichen.catalogue import DIRECTORY
from refresh import kept, settle


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the installed tables, in a directory of its own."""
    monkeypatch.setattr(kept, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(settle, "WORKLOADS", tmp_path / "workloads")  # none: placing takes a second
    directory = tmp_path / "lichen" / "catalogue"
    shutil.copytree(DIRECTORY, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return directory


@pytest.fixture
def rows_of(tables: Path) -> Callable[[str], set[str]]:
    """The rows of a table now, as text."""
    return lambda name: set((tables / f"{name}.csv").read_text().splitlines())

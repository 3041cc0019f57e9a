"""A copy of the tables that a test may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lichen.catalogue import DIRECTORY


@pytest.fixture
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed tables in a directory of their own, without the copies made for speed."""
    directory = tmp_path_factory.mktemp("tables") / "catalogue"
    shutil.copytree(DIRECTORY, directory, ignore=shutil.ignore_patterns(".compiled", "*.py"))
    return directory

"""What the system says of files is believed only where no change can hide behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lichen import unchanged
from lichen.unchanged import Unchanged


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as settled."""
    monkeypatch.setattr(unchanged, "_SETTLED_S", -60.0)
    path = tmp_path / "table.csv"
    path.write_text("a,1\n")
    return path


def state(file: Path, start: int = 0) -> Unchanged:
    return Unchanged(file.with_name("table.state"), [str(file)], start)


def test_a_record_holds_until_the_file_changes(file: Path) -> None:
    assert not state(file).holds
    state(file).record()
    assert state(file).holds
    assert not state(file, start=1).holds
    file.write_text("a,22\n")
    assert not state(file).holds


def test_a_change_of_the_same_size_that_sets_its_date_back_is_seen(file: Path) -> None:
    before = file.stat()
    state(file).record()
    while os.stat(file).st_ctime_ns == before.st_ctime_ns:  # the clocks of file systems are coarse
        file.write_text("a,2\n")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert not state(file).holds


def test_another_file_in_its_place_is_seen(file: Path) -> None:
    state(file).record()
    other = file.with_name("other.csv")
    other.write_text("a,1\n")
    other.replace(file)
    assert not state(file).holds


def test_a_file_that_just_changed_is_not_settled(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may change again within the same tick of the file system's clock."""
    monkeypatch.setattr(unchanged, "_SETTLED_S", 60.0)
    state(file).record()
    assert not file.with_name("table.state").exists()


def test_what_changed_after_the_state_was_taken_is_not_recorded_as_read(file: Path) -> None:
    taken = state(file)
    file.write_text("a,333\n")
    taken.record()
    assert not state(file).holds


def test_a_missing_file_and_a_spoiled_record_do_not_hold(file: Path) -> None:
    state(file).record()
    record = file.with_name("table.state")
    record.write_bytes(b"")
    assert not state(file).holds
    state(file).record()
    file.unlink()
    assert not state(file).holds

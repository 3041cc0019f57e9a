"""A sample of `make mutations`: the same files in every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations import MUTATIONS, tried, wrong_with

SAMPLE = 150


def test_a_changed_document_is_judged_or_refused(tmp_path: Path) -> None:
    wrong = [each for each in tried(SAMPLE, "sample", tmp_path) if each is not None]
    assert wrong == []


def test_a_wrong_answer_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lichen_policies.dialects import folders

    def broken(*_arguments: object) -> None:
        raise KeyError("a mistake of ours")

    path = tmp_path / "stack.yaml"
    path.write_text("Resources: {}")
    monkeypatch.setattr(folders, "read_all", broken)
    assert "KeyError" in wrong_with(path, "text")
    assert set(MUTATIONS) >= {"truncated", "flipped", "swapped", "deepened", "doubled", "encoded"}

"""As many files as `make mutations` makes, the same in every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations import MUTATIONS, tried, wrong_with

FILES, PARTS = 2_000, 4
"""All parts together take some 30 s on two cores."""


@pytest.mark.parametrize("part", range(PARTS))
def test_a_changed_document_is_judged_or_refused(part: int, tmp_path: Path) -> None:
    every = tried(FILES // PARTS, f"sample {part}", tmp_path)
    assert [each for each in every if each is not None] == []


def test_a_wrong_answer_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lichen_policies.dialects import folders

    def broken(*_arguments: object) -> None:
        raise KeyError("a mistake of ours")

    path = tmp_path / "stack.yaml"
    path.write_text("Resources: {}")
    monkeypatch.setattr(folders, "read_all", broken)
    assert "KeyError" in wrong_with(path, "text")
    assert set(MUTATIONS) >= {"truncated", "flipped", "swapped", "deepened", "doubled", "encoded"}

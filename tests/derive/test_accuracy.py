"""The report on accuracy goes where the documents are, and its text is what they show."""

from __future__ import annotations

from pathlib import Path

from derive.fit import accuracy


def test_the_report_is_written_to_the_documents_of_the_repository() -> None:
    root = Path(__file__).parents[2]
    assert root / "docs" == accuracy.DOCS
    assert (accuracy.DOCS / "accuracy.md").is_file()

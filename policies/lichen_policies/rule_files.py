"""The files that the rules are made of, known without importing one of them."""

from __future__ import annotations

from pathlib import Path

from lichen_policies.kept import Files, python_files

FOLDER = Path(__file__).parent / "rules"


def rule_files(*more: str) -> Files:
    """The rules' files, those of what they are made of, and ``more``."""
    package = FOLDER.parent
    return Files(
        (
            *python_files(str(package), below=False),
            *python_files(str(FOLDER)),
            *python_files(str(package / "facts"), below=False),
            *python_files(str(package / "facts" / "kinds")),
            *more,
        )
    )

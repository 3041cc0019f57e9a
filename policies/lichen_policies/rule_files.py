"""The files that the rules are made of, known without importing one of them."""

from __future__ import annotations

from pathlib import Path

import lichen
from lichen_policies.kept import Files, python_files

FOLDER = Path(__file__).parent / "rules"
ENGINE = Path(lichen.__file__).parent


def rule_files(*more: str) -> Files:
    """The rules' files, those of what they are made of, and ``more``: limits of rules come from the
    engine's own modules too."""
    package = FOLDER.parent
    return Files(
        (
            *python_files(str(package), below=False),
            *python_files(str(FOLDER)),
            *python_files(str(package / "facts"), below=False),
            *python_files(str(package / "facts" / "kinds")),
            *python_files(str(ENGINE), below=False),
            *python_files(str(ENGINE / "clouds")),
            *more,
        )
    )

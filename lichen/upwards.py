"""The file of a name that holds for a folder: the nearest one, from there upwards."""

from __future__ import annotations

from pathlib import Path

CONFIGURATION = "lichen.yaml"
"""The configuration of what is in its folder and below."""


def find_upwards(name: str, start: Path) -> Path | None:
    """The nearest file of a name, from a file or folder upwards."""
    start = start.resolve()
    return next(
        (path for folder in (start, *start.parents) if (path := folder / name).is_file()), None
    )

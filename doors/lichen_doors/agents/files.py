"""The files that an agent may name: those below the folder where the server runs."""

from __future__ import annotations

from pathlib import Path

from lichen.document import InputError


def within_folder(name: str, field: str) -> Path:
    """The file or folder ``name``; links are followed first.

    Raises :class:`InputError` with the field where it is outside the folder, or is not there.
    """
    path = inside(name, field)
    if not path.exists():
        raise InputError(
            "is not there", fix="name a file of the folder that this server reads", field=field
        )
    return path


def inside(name: str | Path, field: str) -> Path:
    """The same of what need not be there."""
    folder = Path.cwd().resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise InputError(
            "is outside the folder that this server reads",
            fix="name a file of that folder, or start lichen mcp --folder with another one",
            field=field,
        )
    return path.relative_to(folder)

"""One edit of a file's text, and the text of a file."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Edit(msgspec.Struct, frozen=True):
    """The characters of a file from ``start`` to ``end``, and what is written in their place."""

    file: Path
    start: int
    end: int
    text: str


class NoPlace(Exception):
    """A value has no place in a file that can be written; the reason is for a person."""


def read_text(file: Path) -> str:
    """A file's text with its line ends as they are."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return opened.read()
    except (OSError, UnicodeDecodeError):
        raise NoPlace(f"{file} cannot be read as text") from None

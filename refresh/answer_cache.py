"""Answers kept until a refresh is done, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from lichen.whole_file import write_whole

T = TypeVar("T")

KEPT = Path(__file__).parent / ".kept"


class AnswerCache:
    """Answers of one source, of one day, one file each; thrown away when the refresh is done."""

    def __init__(self, source: str, today: date, directory: Path | None = None) -> None:
        self._directory = (directory or KEPT) / source / today.isoformat()

    def once(self, name: str, kind: type[T], ask: Callable[[], T]) -> T:
        """The answer kept under a name, or the one that ``ask`` gives now."""
        path = self._directory / f"{name}.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            answer = ask()
        self._directory.mkdir(parents=True, exist_ok=True)
        write_whole(path, msgspec.json.encode(answer).decode())
        return answer

    def forget(self) -> None:
        shutil.rmtree(self._directory.parent, ignore_errors=True)

"""What was read of Python files, kept beside Python's byte code so that a start need not import
them.

The files are what is believed: a copy holds only under the checksum of their whole content, which
is not read again while the files are unchanged (:mod:`lichen.unchanged`). Where none holds, the
files are imported; where it cannot be written, they are imported each time.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from lichen.unchanged import Unchanged
from lichen.whole_file import write_whole

T = TypeVar("T")

_CHECKSUM_BYTES = 4
_PYTHON = zlib.crc32(sys.version.encode())


class Files:
    """Python files that something is read of."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = tuple(paths)

    @cached_property
    def checksum(self) -> bytes:
        """Of the files' names and content, and of the Python that runs them."""
        total = _PYTHON
        for path in self.paths:
            with open(path, "rb", buffering=0) as file:
                total = zlib.crc32(file.read(), zlib.crc32(path.encode(), total))
        return total.to_bytes(_CHECKSUM_BYTES, "big")


def python_files(folder: str, *, below: bool = True) -> list[str]:
    """The Python files in a folder, and ``below`` it, in the order of their names."""
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found.append(entry.path)
            elif below and entry.name != "__pycache__" and entry.is_dir():
                found += python_files(entry.path)
    return sorted(found)


def kept(folder: Path, name: str, files: Files, type_: type[T]) -> T | None:
    """What is kept beside the byte code of a folder, made of these files; None where nothing
    holds."""
    import msgspec  # a text needs none

    content = kept_text(folder, name, files)
    with suppress(msgspec.MsgspecError):
        return None if content is None else msgspec.msgpack.decode(content, type=type_)
    return None


def keep(folder: Path, name: str, checksum: bytes, value: object) -> None:
    """Keep a value under the checksum of its files beside the byte code of a folder, where byte
    code may be written."""
    import msgspec

    keep_text(folder, name, checksum, msgspec.msgpack.encode(value))


def kept_text(folder: Path, name: str, files: Files) -> bytes | None:
    """The same of a text, or of other bytes."""
    copy = _copy(folder, name)
    unchanged = Unchanged(copy.with_suffix(".state"), (*files.paths, str(copy)), _PYTHON)
    with suppress(OSError):
        content = copy.read_bytes()
        holds = unchanged.holds
        if holds or content[:_CHECKSUM_BYTES] == files.checksum:
            if not holds and not sys.dont_write_bytecode:
                unchanged.record()
            return content[_CHECKSUM_BYTES:]
    return None


def keep_text(folder: Path, name: str, checksum: bytes, text: bytes) -> None:
    """The same of a text, or of other bytes."""
    if sys.dont_write_bytecode:
        return
    copy = _copy(folder, name)
    with suppress(OSError):
        copy.parent.mkdir(exist_ok=True)
        write_whole(copy, checksum + text)


def _copy(folder: Path, name: str) -> Path:
    return folder / "__pycache__" / f"{name}.kept"

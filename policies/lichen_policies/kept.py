"""What was read of Python files, kept beside Python's byte code so that a start need not import
them.

The files are what is believed: a copy holds only under the checksum of their whole content. Where
none holds, the files are imported; where it cannot be written, they are imported each time.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from lichen.whole_file import write_whole

T = TypeVar("T")

_CHECKSUM_BYTES = 4


def checksum_of(paths: Iterable[str]) -> bytes:
    """Of the files' names and content, and of the Python that runs them."""
    total = zlib.crc32(f"{sys.version}\n{msgspec.__version__}".encode())
    for path in paths:
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


def kept(folder: Path, name: str, checksum: bytes, type_: type[T]) -> T | None:
    """What is kept beside the byte code of a folder; None where nothing holds."""
    with suppress(OSError, msgspec.MsgspecError):
        content = (folder / "__pycache__" / f"{name}.msgpack").read_bytes()
        if content[:_CHECKSUM_BYTES] == checksum:
            return msgspec.msgpack.decode(content[_CHECKSUM_BYTES:], type=type_)
    return None


def keep(folder: Path, name: str, checksum: bytes, value: object) -> None:
    """Keep a value beside the byte code of a folder, where byte code may be written."""
    if sys.dont_write_bytecode:
        return
    copy = folder / "__pycache__" / f"{name}.msgpack"
    with suppress(OSError):
        copy.parent.mkdir(exist_ok=True)
        write_whole(copy, checksum + msgspec.msgpack.encode(value))

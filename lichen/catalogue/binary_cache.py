"""The binary form of a table: a copy for speed, never an authority.

The CSV files are what is edited, reviewed and believed. Beside them, ``.compiled/`` has each
table as MessagePack under the checksum of the CSV files (and of the code that joins them) that it
was made from, and its own. A copy of which one differs is made anew; where the directory cannot be
written, the CSV files are read each time. The wheel carries the copies (``hatch_build.py``).
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from lichen.catalogue.schema import path_of
from lichen.whole_file import write_whole

_CHECKSUM_BYTES = 4
_CHUNK_BYTES = 65_536
"""Enough for few reads, and little enough that the same memory is used for each."""


def _checksum_of(paths: Iterable[Path], start: int) -> int:
    for path in paths:
        with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK_BYTES):
                start = zlib.crc32(chunk, start)
    return start


_CODE = _checksum_of(sorted(Path(__file__).parent.glob("*.py")), 0)
"""Checksum of these modules at import, so that no other code reads a copy than wrote it."""


def binary_of(
    directory: Path,
    name: str,
    tables: Iterable[str],
    row: type[msgspec.Struct],
    build: Callable[[], Any],
) -> bytes:
    """The MessagePack of what ``build`` makes of ``tables``: the copy where one fits, else anew."""
    copy = directory / ".compiled" / f"{name}.msgpack"
    checksum = _checksum(directory, tables, row)
    with contextlib.suppress(OSError), copy.open("rb", buffering=0) as file:
        if file.read(_CHECKSUM_BYTES) == checksum:
            its_own, content = file.read(_CHECKSUM_BYTES), file.read()
            if its_own == _bytes(zlib.crc32(content)):
                return content
    content = msgspec.msgpack.encode(build())
    if checksum == _checksum(directory, tables, row):  # no table was changed meanwhile
        with contextlib.suppress(OSError):
            copy.parent.mkdir(exist_ok=True)
            write_whole(copy, checksum + _bytes(zlib.crc32(content)) + content)
    return content


def _checksum(directory: Path, tables: Iterable[str], row: type[msgspec.Struct]) -> bytes:
    shape = zlib.crc32(repr((row.__struct_fields__, row.__annotations__)).encode(), _CODE)
    total = _checksum_of([path_of(name, directory) for name in tables], shape)
    return _bytes(total)


def _bytes(checksum: int) -> bytes:
    return checksum.to_bytes(_CHECKSUM_BYTES, "big")

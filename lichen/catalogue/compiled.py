"""The binary form of a table: a copy for speed, never an authority.

The CSV files are what is edited, reviewed and believed. Beside them, ``.compiled/`` holds each
table as MessagePack under the checksum of the CSV files (and of the code that joins them) that it
was made from. A copy whose checksum differs is made anew; where the directory cannot be written,
the CSV files are read each time. The wheel carries the copies (``hatch_build.py``).
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

_CODE = ("__init__.py", "compiled.py", "csv_table.py", "tables.py")
_CHECKSUM_BYTES = 4


def packed(directory: Path, name: str, tables: Iterable[str], build: Callable[[], Any]) -> bytes:
    """The MessagePack of what ``build`` makes of ``tables``, made only where none fits them."""
    copy = directory / ".compiled" / f"{name}.msgpack"
    checksum = _checksum(directory, tables)
    with contextlib.suppress(OSError):
        data = copy.read_bytes()
        if data[:_CHECKSUM_BYTES] == checksum:
            return data[_CHECKSUM_BYTES:]
    content = msgspec.msgpack.encode(build())
    with contextlib.suppress(OSError):
        _keep(copy, checksum + content)
    return content


def _checksum(directory: Path, tables: Iterable[str]) -> bytes:
    code = Path(__file__).parent
    total = 0
    for path in [code / name for name in _CODE] + [directory / f"{name}.csv" for name in tables]:
        with contextlib.suppress(OSError):
            total = zlib.crc32(path.read_bytes(), total)
    return total.to_bytes(_CHECKSUM_BYTES, "big")


def _keep(copy: Path, data: bytes) -> None:
    """Write whole or not at all: another process may read or write the same copy."""
    copy.parent.mkdir(exist_ok=True)
    temporary = copy.with_suffix(f".{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(copy)
    finally:
        temporary.unlink(missing_ok=True)

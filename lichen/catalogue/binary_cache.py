"""The binary form of a table: a copy for speed, never an authority.

The CSV files are what is edited, reviewed and believed. Beside them, ``.compiled/`` has each
table as MessagePack under the checksum of the CSV files (and of the code that joins them) that it
was made from, and its own. A copy of which one differs is made anew; where the directory cannot be
written, the CSV files are read each time. Files that did not change since they were compared are
not read again (:mod:`lichen.unchanged`). The wheel carries the copies (``hatch_build.py``).
"""

from __future__ import annotations

import contextlib
import mmap
import os
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from lichen.catalogue.schema import path_of
from lichen.unchanged import Unchanged, state_of
from lichen.whole_file import write_whole

T = TypeVar("T")

_CHECKSUM_BYTES = 4
_CHUNK_BYTES = 65_536
"""Enough for few reads, and little enough that the same memory is used for each."""


def decoded(
    directory: Path,
    name: str,
    tables: Iterable[str],
    row: type[msgspec.Struct],
    build: Callable[[], object],
    type_: type[T],
) -> T:
    """What ``build`` makes of ``tables``, as ``type_``: of the copy where one fits, else anew.

    A view in it is one of the file, of which only what is used is read.
    """
    content = _content_of(directory, name, tables, row, build)
    return msgspec.msgpack.decode(content, type=type_)


def _content_of(
    directory: Path,
    name: str,
    tables: Iterable[str],
    row: type[msgspec.Struct],
    build: Callable[[], object],
) -> memoryview:
    copy = directory / ".compiled" / f"{name}.msgpack"
    paths = [str(path_of(table, directory)) for table in tables]
    written = repr((row.__struct_fields__, row.__annotations__)).encode()
    shape, code = zlib.crc32(written), _state_of_code()
    state = None if code is None else zlib.crc32(written, code)
    unchanged = Unchanged(copy.with_suffix(".state"), (*paths, str(copy)), state)
    kept = _view_of(copy)
    if kept is not None and unchanged.holds:
        return kept[2 * _CHECKSUM_BYTES :]
    checksum = _checksum(paths, shape)
    if kept is not None and kept[:_CHECKSUM_BYTES] == checksum:
        its_own, content = kept[_CHECKSUM_BYTES:][:_CHECKSUM_BYTES], kept[2 * _CHECKSUM_BYTES :]
        if its_own == _bytes(zlib.crc32(content)):
            unchanged.record()
            return content
    made = msgspec.msgpack.encode(build())
    if checksum == _checksum(paths, shape):  # no table was changed meanwhile
        with contextlib.suppress(OSError):
            copy.parent.mkdir(exist_ok=True)
            write_whole(copy, checksum + _bytes(zlib.crc32(made)) + made)
    return memoryview(made)


@cache
def _code() -> tuple[str, ...]:
    """These modules: no other code reads a copy than wrote it."""
    folder = os.path.dirname(__file__)
    names = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    return tuple(os.path.join(folder, name) for name in names)


@cache
def _state_of_code() -> int | None:
    """The state of these modules: of when a table was first read, however they change while what
    was imported of them runs."""
    return state_of(_code())


def _view_of(copy: Path) -> memoryview | None:
    with (
        contextlib.suppress(OSError, ValueError),
        copy.open("rb", buffering=0) as file,
    ):  # or it is empty
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return None


def _checksum(paths: Iterable[str], start: int) -> bytes:
    for path in (*_code(), *paths):
        with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK_BYTES):
                start = zlib.crc32(chunk, start)
    return _bytes(start)


def _bytes(checksum: int) -> bytes:
    return checksum.to_bytes(_CHECKSUM_BYTES, "big")

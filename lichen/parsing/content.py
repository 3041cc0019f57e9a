"""A file's bytes and its text: of a file, a pipe or what is piped in."""

from __future__ import annotations

import codecs
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from lichen.input_error import InputError

STDIN = Path("-")
"""The path that means what is piped into the command."""

MOST_MIB = 256
"""The largest file that is read, in MiB: some 500,000 resources in JSON."""

_WAIT_S = 2.0
"""How long a named pipe may have no writer before nobody is waited for."""

_READ: ContextVar[dict[Path, None] | None] = ContextVar("files_read", default=None)

_MAY: ContextVar[Callable[[Path], bool] | None] = ContextVar("may_read", default=None)

_ARCHIVES: Mapping[bytes, str] = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
}


@contextmanager
def only_read(may: Callable[[Path], bool]) -> Iterator[None]:
    """Meanwhile :func:`content_of` refuses a file of which ``may`` says no, links followed: a
    document may name others."""
    before = _MAY.set(may)
    try:
        yield
    finally:
        _MAY.reset(before)


@contextmanager
def files_read() -> Iterator[Mapping[Path, None]]:
    """The files that are read meanwhile, each once, in their order: a document may name others.
    What is piped in is no file."""
    read: dict[Path, None] = {}
    before = _READ.set(read)
    try:
        yield read
    finally:
        _READ.reset(before)


_SPLIT = "split it into several files"


def too_large(most_mib: int, fix: str = _SPLIT) -> InputError:
    """The refusal of more than ``most_mib`` MiB."""
    return InputError(f"is larger than {most_mib} MiB, more than is read", fix=fix)


def content_of(path: Path, most_mib: int = MOST_MIB, fix: str = _SPLIT) -> bytes:
    """A file's bytes; :class:`InputError` where it cannot be read, or is larger than ``most_mib``:
    then it is not read, and ``fix`` says what to do.

    A pipe is read once something writes to it, and refused where nothing does.
    """
    may = _MAY.get()
    if may is not None and not may(path.resolve()):
        raise InputError(
            "is outside the folder that is read", fix="name a file that is inside of it"
        )
    most = most_mib << 20
    if path == STDIN and sys.stdin is None:
        raise InputError("standard input is closed", fix="pipe a document in, or name a file")
    try:
        content = sys.stdin.buffer.read(most + 1) if path == STDIN else _read(path, most + 1)
    except _TooLarge:
        raise too_large(most_mib, fix) from None
    except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
        why = getattr(error, "strerror", None) or "it is no path"
        raise InputError(f"cannot be read ({why})", fix="check the path") from None
    if len(content) > most:
        raise too_large(most_mib, fix)
    if path != STDIN and (read := _READ.get()) is not None:
        read[path] = None
    return content


class _TooLarge(Exception):
    """A file has more bytes than are read, by its size: it is not read to be refused."""


def _read(path: Path, most: int) -> bytes:
    # A named pipe without a writer would block the call that opens it.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_size >= most:
            raise _TooLarge
        first = _first_of_pipe(descriptor) if stat.S_ISFIFO(found.st_mode) else b""
        os.set_blocking(descriptor, True)
        return first + file.read(most - len(first))


def _first_of_pipe(descriptor: int) -> bytes:
    """The first bytes of a pipe, or none yet where somebody holds it open to write."""
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        try:
            if first := os.read(descriptor, 1 << 16):
                return first
        except BlockingIOError:
            return b""
        time.sleep(0.02)
    raise InputError("is a pipe that nothing writes to", fix="start what writes to it first")


def text_of(content: bytes) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a mark of its byte order.

    :class:`InputError` for an archive, and for what is no text.
    """
    for magic, what in _ARCHIVES.items():
        if content.startswith(magic):
            raise InputError(f"is {what}, not a document", fix="unpack it first")
    if content[257:262] == b"ustar":
        raise InputError("is a tar archive, not a document", fix="unpack it first")
    try:
        return content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"is not UTF-8 text: byte {error.start + 1:,}, in line {line:,}, does not belong",
            fix="save it as UTF-8",
        ) from None


def _encoding(content: bytes) -> str:
    """A shell may have redirected a program's output as UTF-16. Documents begin in ASCII."""
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(content) > 1 and (content[0] == 0) != (content[1] == 0):
        return "utf-16-be" if content[0] == 0 else "utf-16-le"
    return "utf-8"


def text_in(path: Path, most_mib: int) -> str:
    """The text of a file; an :class:`InputError` names the file."""
    try:
        return text_of(content_of(path, most_mib))
    except InputError as error:
        raise error.within(str(path)) from None

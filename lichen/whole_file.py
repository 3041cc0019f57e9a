"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from lichen.input_error import InputError

_STREAMS = (Path("/dev"), Path("/proc"))
"""Where paths are not of files but of what a process has open, such as /dev/stdout."""


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file beside its place and rename it there; a reader sees the old one or the new one.

    A link stays one and a file keeps its mode. A device or a pipe is written as it is. A process
    that is killed half-way leaves the old file as it was, and the unfinished one beside it, whose
    name starts with a dot. OSError where the folder cannot be written, the links lead to none, or
    nothing reads the pipe.
    """
    data = content.encode() if isinstance(content, str) else content
    if _is_stream(path):
        _write_stream(path, data)
        return
    try:
        path = path.resolve()
    except RuntimeError:  # what Python 3.11 and 3.12 raise of a loop of links
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_asked(path: Path, content: bytes | str) -> None:
    """:func:`write_whole` for a file that a user named: :class:`InputError` where it cannot be."""
    try:
        write_whole(path, content)
    except OSError as error:
        if error.errno == errno.ENXIO and path.is_fifo():
            raise InputError(
                "is a pipe that nothing reads",
                fix="start what reads it first",
                document=str(path),
            ) from None
        raise InputError(
            f"cannot be written ({error.strerror})", fix="check the path", document=str(path)
        ) from None


def _is_stream(path: Path) -> bool:
    absolute = path.absolute()
    return any(absolute.is_relative_to(each) for each in _STREAMS) or (
        path.exists() and not path.is_file()
    )


def _write_stream(path: Path, data: bytes) -> None:
    # A named pipe without a reader would block the call that opens it: so it is ENXIO.
    flags = os.O_WRONLY | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "wb") as stream:
        os.set_blocking(stream.fileno(), True)
        stream.write(data)

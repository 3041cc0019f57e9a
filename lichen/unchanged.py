"""Whether files are as they were when they were last read whole.

What is made of files and kept must not be older than they are. Their content says so for certain,
and takes milliseconds to read. What the system says of each file is enough to see that nothing
happened to it since: its size, its number, and when it was last changed, a time that no program
can set back. A record of that is written only after the content was compared.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_SETTLED_S = 2.0
"""Seconds after a change in which a file may change again without another time: the clocks of file
systems are coarse, and may differ from ours."""


class Unchanged:
    """What is so of some files now, beside what a ``record`` has of them.

    ``start`` is the checksum of all else that must be as it was; None where nobody can say. Make it
    before the files are read: what changes meanwhile then differs from it.
    """

    def __init__(self, record: Path, files: Iterable[str], start: int | None = 0) -> None:
        now = None if start is None else state_of(files, start)
        self._record, self._now = record, None if now is None else now.to_bytes(4, "big")

    @property
    def holds(self) -> bool:
        """Whether the files are surely as the record has them."""
        with suppress(OSError):
            return self._now is not None and self._record.read_bytes() == self._now
        return False

    def record(self) -> None:
        """Record that the files fit as they are, where the record may be written."""
        if self._now is not None:
            with suppress(OSError):
                self._record.write_bytes(self._now)


def state_of(files: Iterable[str], start: int = 0) -> int | None:
    """A checksum of what the system says of some files; None where its word is not enough."""
    if sys.platform == "win32":  # it keeps no time of the last change
        return None
    settled_ns = time.time_ns() - int(_SETTLED_S * 1e9)
    try:
        for path in files:
            found = os.stat(path)
            if found.st_ctime_ns > settled_ns:
                return None
            state = path, found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns
            start = zlib.crc32(repr((*state, found.st_mtime_ns)).encode(), start)
    except OSError:
        return None
    return start

"""The largest document of each format that is read.

A bound is what judging takes some 1 GiB of memory for, of a document in which every resource has
findings. A MiB of it takes, as measured on 2026-11-27 (``make bench`` measures the largest):
81 MiB in YAML, 135 MiB in Terraform's language and 90 MiB in Bicep, whose syntax trees are kept.
JSON is read to :data:`lichen.parsing.content.MOST_MIB`: a plan of 200 MB takes 0.97 GiB.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lichen.input_error import InputError
from lichen.parsing.content import content_of, text_of, too_large


class Largest(NamedTuple):
    """How many MiB of a format are read, and what to do with more."""

    mib: int
    fix: str

    def content(self, path: Path) -> bytes:
        """A file's bytes; :class:`InputError` names it, before it is read where it is larger."""
        try:
            return content_of(path, self.mib, self.fix)
        except InputError as error:
            raise error.within(str(path)) from None

    def text(self, path: Path) -> str:
        """The text of :meth:`content`."""
        return text_of(self.content(path))

    def check(self, size: int) -> None:
        """Refuse so many bytes, or characters, at once."""
        if size > self.mib << 20:
            raise too_large(self.mib, self.fix)

    def check_files(self, files: Iterable[Path]) -> None:
        """Refuse files that are too large together."""
        self.check(sum(file.stat().st_size for file in files))


YAML = Largest(12, "split it into several files, or give it as JSON in a file named so")
HCL = Largest(6, "split it into several modules, or check its plan")
BICEP = Largest(10, "split it into modules, or check the JSON that bicep build writes")

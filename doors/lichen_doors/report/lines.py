"""Text with styles, before anything draws it.

A report to a pipe or a file, which is what a pipeline asks for, needs no more than this: what draws
colours takes longer to load than a small plan takes to judge.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from lichen.visible import visible

WIDTH = 80
"""Columns of a file, and of a pipe whose reader does not say."""
BETWEEN = 2
"""Blanks between two columns."""

_CONTROLS = dict.fromkeys(map(ord, "\a\b\v\f\r"))
"""What a terminal obeys and a text never needs: left out, as rich leaves it out."""


def columns() -> int:
    """The columns that the user asks for; those of a file where it is no number above 0."""
    written = os.environ.get("COLUMNS", "")
    return int(written) if written.isdecimal() and int(written) > 0 else WIDTH


class Words(NamedTuple):
    """Some words and their style, a name of :data:`lichen_doors.report.terminal.THEME`."""

    text: str
    style: str = ""


Line: TypeAlias = Sequence[Words]
"""Words one after the other, which are wrapped together; a line may hold line ends."""


class Rows(NamedTuple):
    """Marks, each with what it says beside it: the marks are in one column, what they say is
    wrapped in another."""

    rows: Sequence[tuple[Words, Line]]
    indent: int = 0

    @property
    def beside(self) -> int:
        """The width of the column of marks, in characters, with the blanks after it. No mark has a
        wide character: each is a word of ours."""
        return max((len(mark.text) for mark, _ in self.rows), default=0) + BETWEEN


def plain(parts: Iterable[Line | Rows], width: int) -> str:
    """Lines and rows as text of some width: no colour, and no space at a line's end."""
    lines: list[str] = []
    for part in parts:
        if not isinstance(part, Rows):
            lines += _folded(_joined(part), width)
            continue
        within = max(1, width - part.indent - part.beside)
        for mark, line in part.rows:
            before = " " * part.indent + mark.text.ljust(part.beside)
            for text in _folded(_joined(line), within):
                lines.append(before + text)
                before = " " * (part.indent + part.beside)
    return "".join(f"{visible(line).rstrip()}\n" for line in lines)


def _joined(line: Line) -> str:
    return "".join(words.text for words in line).translate(_CONTROLS).expandtabs()


def _folded(text: str, width: int) -> Iterator[str]:
    """A text in lines that are no wider, as rich wraps it."""
    for line in text.split("\n"):
        most = len(line) if line.isascii() else len(line) * 2  # no character is wider than that
        if most <= width:
            yield line.rstrip()
            continue
        if line.isascii() and line.isprintable():  # each character is as wide as any other
            ends = _ends(line, width)
        else:
            from rich._wrap import divide_line  # knows how wide each character is

            ends = divide_line(line, width, fold=True)
        start = 0
        for end in (*ends, len(line)):
            yield line[start:end].rstrip()
            start = end


def _ends(text: str, width: int) -> list[int]:
    """Where a text breaks, as rich breaks it: a word that no line has room for is cut."""
    ends: list[int] = []
    used = 0
    for found in re.finditer(r"\s*\S+\s*", text):
        start, word = found.start(), found[0]
        length = len(word.rstrip())
        if length <= width - used:
            used += len(word)
        elif length > width:
            cuts = range(start, found.end(), width)
            ends += [cut for cut in cuts if cut]
            used = found.end() - cuts[-1]
        elif used and start:
            ends.append(start)
            used = len(word)
    return ends

"""Benchmark tables as files: cases are read from a CSV, answers written as one."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TextIO

from lichen.document import InputError
from lichen.measured.answer import COLUMNS, NEEDED, Answer
from lichen.parsing.content import content_of, text_of
from lichen.whole_file import write_asked


def read_cases(path: Path) -> list[dict[str, str]]:
    """Rows of a file of cases; :class:`InputError` where it lacks a column that is needed."""
    try:
        reader = csv.DictReader(StringIO(text_of(content_of(path)), newline=""))
        rows = [
            {name: value or "" for name, value in row.items() if isinstance(name, str)}
            for row in reader
        ]
        columns = reader.fieldnames or []
    except InputError as error:
        raise error.within(str(path)) from None
    except csv.Error as error:
        raise InputError(f"is not a CSV table ({error})", document=str(path)) from None
    if lacking := [name for name in NEEDED if name not in columns]:
        raise InputError(
            f"has no column {', '.join(map(repr, lacking))}",
            fix=f"a table of cases has the columns {', '.join(NEEDED)}",
            document=str(path),
        )
    return rows


def write_answers(answers: Sequence[Answer], output: Path | None) -> None:
    """Answers as CSV, to a file or to the terminal; blank cells where nothing is predicted."""
    if output is None:
        _write(answers, sys.stdout)
        return
    text = StringIO()
    _write(answers, text)
    write_asked(output, text.getvalue())


def _write(answers: Sequence[Answer], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for answer in answers:
        writer.writerow(_cell(getattr(answer, column)) for column in COLUMNS)


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value

"""Typed rows back into a CSV table: whole or not at all, the same rows always the same bytes."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lichen.catalogue.csv_table import ENDS, columns_of
from lichen.catalogue.tables import JOINED, KEYS
from lichen.interval import Interval


def write_rows(path: Path, rows: Iterable[msgspec.Struct], row: type[msgspec.Struct]) -> None:
    """Replace the table by ``rows``, in their order; a reader sees the old one or the new one."""
    key = KEYS.get(path.stem, ())
    columns = columns_of(row, JOINED.get(path.stem, frozenset()))
    columns = [*key, *(column for column in columns if column not in key)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for each in rows:
        cells = _cells(each)
        writer.writerow({column: cells[column] for column in columns})
    write_whole(path, text.getvalue())


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and rename it there: killed half-way, the old one stands."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _cells(row: msgspec.Struct) -> Mapping[str, str]:
    cells: dict[str, str] = {}
    for name, value in msgspec.structs.asdict(row).items():
        if isinstance(value, Interval):
            for end in ENDS:
                cells[f"{name}_{end}"] = cell(getattr(value, end))
        else:
            cells[name] = cell(value)
            if value is None:
                cells |= {f"{name}_{end}": "" for end in ENDS}
    return cells


def cell(value: Any) -> str:
    """A value as its cell: unknown is blank, a whole number has no point, a list has ``;``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, tuple):
        return ";".join(value)
    return str(value)

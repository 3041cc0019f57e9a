"""Typed rows back into a CSV table: whole or not at all, the same rows always the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lichen.catalogue.csv_table import ENDS, columns_of
from lichen.catalogue.schema import TABLES
from lichen.interval import Interval
from lichen.whole_file import write_whole


def write_rows(path: Path, rows: Iterable[msgspec.Struct], row: type[msgspec.Struct]) -> None:
    """Replace the table by ``rows``, in their order; a reader sees the old one or the new one."""
    table = TABLES.get(path.stem)
    key, joined = (table.key, table.joined) if table else ((), frozenset[str]())
    columns = columns_of(row, joined)
    columns = [*key, *(column for column in columns if column not in key)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for each in rows:
        cells = _cells(each)
        writer.writerow({column: cells[column] for column in columns})
    write_whole(path, text.getvalue())


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

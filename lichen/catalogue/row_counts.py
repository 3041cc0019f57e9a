"""How many rows each table has at the least: one that lost rows is refused.

``row_counts.csv`` is beside the tables, and ``make rules`` renews it. A table that ends at a row's
border looks whole: only the number of its rows says that it is not. More rows than recorded
are no danger, so a row may be added by hand before the record is renewed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from lichen.catalogue.csv_table import read_rows
from lichen.catalogue.schema import MEASURED, SOURCES, TABLES, RowCount, path_of
from lichen.document import InputError
from lichen.whole_file import write_whole

FILE = "row_counts.csv"
COUNTED = (*TABLES, *MEASURED, SOURCES)
"""All that is counted: the tables, and the sections of sources.toml."""


def check(table: str, rows: int, directory: Path) -> None:
    """Refuse a table that has fewer rows than the record of its directory says."""
    expected = read(directory).get(table)
    file = path_of(table, directory).name
    if expected is None:
        raise InputError(f"it does not count {file}", fix="run: make rules", document=FILE)
    if rows < expected:
        raise InputError(
            f"has {rows} rows, and {FILE} counts {expected}",
            fix="restore the table: it is cut short (if rows were removed on purpose: make rules)",
            document=file,
        )


def read(directory: Path) -> Mapping[str, int]:
    """The recorded rows by table."""
    rows = read_rows(directory / FILE, RowCount, key=("table",))
    return {row["table"]: row["rows"] for row in rows}


def counted(directory: Path) -> dict[str, int]:
    """The rows that the tables of a directory have now."""
    paths = {table: path_of(table, directory) for table in sorted(COUNTED)}
    return {table: _rows_in(path) for table, path in paths.items() if path.exists()}


def text_of(counts: Mapping[str, int]) -> str:
    """A record as the text of its file."""
    return "".join(["table,rows\n", *(f"{table},{rows}\n" for table, rows in counts.items())])


def record(directory: Path) -> None:
    """Renew the record of a directory."""
    write_whole(directory / FILE, text_of(counted(directory)))


def _rows_in(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".toml":
            return sum(line.startswith("[") for line in file)
        return sum(1 for _ in csv.reader(file)) - 1

"""The fit's tables as files: four digits a number, the same rows always the same bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO

from lichen.catalogue import DIRECTORY
from lichen.catalogue.schema import path_of
from lichen.whole_file import write_whole


def write_table(table: str, rows: Iterable[dict[str, object]]) -> None:
    """Replace a table of the catalogue by rows, whose columns are those of the first."""
    rows = list(rows)
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path_of(table, DIRECTORY), text.getvalue())


def rounded(value: float) -> float:
    """Four significant digits: no figure of the fit is known to more."""
    return float(f"{value:.4g}")

"""Count the rows of every table anew: `python -m derive.row_counts`, after tables were written."""

from __future__ import annotations

from pathlib import Path

from lichen.catalogue import DIRECTORY, row_counts

FIXED = Path(__file__).resolve().parents[1] / "tests" / "catalogue_fixed"
"""The tables that tests are written against, which have a record too."""


def main() -> None:
    for directory in (DIRECTORY, FIXED):
        row_counts.record(directory)


if __name__ == "__main__":
    main()

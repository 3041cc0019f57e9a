"""A small catalogue that no refresh changes: exact figures in tests come from it.

``fixed()`` reads ``tests/catalogue_fixed/``. Its rows were taken from the installed tables on
2026-11-25: thirty-odd machines, sixteen regions, six models, and what these need. Only tests of the
tables themselves read the installed ones. ``python -m tests.fixed`` takes the rows of the same
machines, regions and models anew, and then each figure that a test holds must be read again: it is
for a change of a table's columns.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from lichen.catalogue import DIRECTORY, Catalogue, row_counts
from lichen.catalogue.schema import path_of

FIXED = Path(__file__).parent / "catalogue_fixed"

Row = Mapping[str, str]


@cache
def fixed() -> Catalogue:
    """The catalogue of fixed rows, the same object each time."""
    return Catalogue(FIXED)


def take() -> None:
    """Write ``tests/catalogue_fixed/`` anew, for the machines, regions and models that it has."""
    names = {
        table: {row["name"] for row in _rows(table, FIXED)}
        for table in ("machines", "regions", "models")
    }
    machines = [row for row in _rows("machines") if row["name"] in names["machines"]]
    chips = {row[column] for row in machines for column in ("accelerator", "cpu")}
    families = {row["family"] for row in _rows("chips") if row["name"] in chips}

    def of_machine(row: Row) -> bool:
        return row["machine"] in names["machines"]

    def in_region(row: Row) -> bool:
        return row["region"] in names["regions"]

    def of_family(row: Row) -> bool:
        return row["family"] in {"", *families}

    def named(table: str) -> Callable[[Row], bool]:
        return lambda row: row["name"] in names[table]

    zones = {row["grid_zone"] for row in _rows("regions") if row["name"] in names["regions"]}

    keep: dict[str, Callable[[Row], bool]] = {
        "grid_hours": lambda row: row["grid_zone"] in zones,
        "machines": named("machines"),
        "regions": named("regions"),
        "models": named("models"),
        "families": lambda row: row["model"] in names["models"],
        "chips": lambda row: row["name"] in chips,
        "estimates": of_machine,
        "offers": lambda row: of_machine(row) and in_region(row),
        "prices": lambda row: of_machine(row) and in_region(row),
        "regional_prices": lambda row: of_machine(row) and in_region(row),
        "rates": in_region,
        "sold": of_machine,
        "readings": in_region,
        "registries": in_region,
        "efficiencies": of_family,
        "spreads": of_family,
        "ratios": of_family,
        "markups": lambda row: not row["machine"] or of_machine(row),
    }
    whole = (
        "adjustments",
        "devices",
        "disks",
        "headrooms",
        "hostings",
        "images",
        "machine_images",
        "starts",
        "makes",
        "precisions",
        "listings",
        "residency",
        "retired",
        "routes",
        "stacks",
        "around",
        "powers",
        "egress",
        "egress_waivers",
    )
    for table in (*keep, *whole):
        wanted = keep.get(table, lambda row: True)
        rows = [row for row in _rows(table) if wanted(row)]
        path = path_of(table, FIXED)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    shutil.copy(DIRECTORY / "sources.toml", FIXED / "sources.toml")
    row_counts.record(FIXED)


def _rows(table: str, directory: Path = DIRECTORY) -> list[dict[str, str]]:
    with path_of(table, directory).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    take()

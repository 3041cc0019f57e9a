"""A small catalogue that no refresh changes: exact figures in tests come from it.

``fixed()`` reads ``tests/catalogue_fixed/``. Its rows were taken from the installed tables on
2026-11-25: thirty-odd machines, sixteen regions, six models, and what these need. Only tests of the
tables themselves read the installed ones. ``python -m tests.fixed`` takes the rows anew, and then
each figure that a test holds must be read again: it is for a change of a table's columns.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from lichen.catalogue import DIRECTORY, Catalogue
from lichen.catalogue.schema import path_of

FIXED = Path(__file__).parent / "catalogue_fixed"

MACHINES = frozenset(
    [
        "a2-highgpu-1g",
        "a2-highgpu-8g",
        "c4a-standard-4",
        "c5.xlarge",
        "c7g.2xlarge",
        "c7g.large",
        "c7g.xlarge",
        "c7g.16xlarge",
        "c8g.16xlarge",
        "c8g.large",
        "ct5lp-hightpu-1t",
        "ct5lp-hightpu-4t",
        "e2-standard-4",
        "g2-standard-4",
        "g2-standard-12",
        "g4dn.xlarge",
        "g4dn.12xlarge",
        "g5.xlarge",
        "g5.2xlarge",
        "g5.12xlarge",
        "g5.48xlarge",
        "g6.xlarge",
        "g6.12xlarge",
        "g6.48xlarge",
        "g6e.xlarge",
        "inf1.xlarge",
        "inf2.xlarge",
        "inf2.8xlarge",
        "inf2.24xlarge",
        "inf2.48xlarge",
        "m7i.4xlarge",
        "n1-standard-16",
        "p4d.24xlarge",
        "p5.48xlarge",
        "t3.micro",
        "trn1.32xlarge",
    ]
)
REGIONS = frozenset(
    [
        "ap-south-1",
        "ap-southeast-2",
        "asia-south1",
        "cn-north-1",
        "eu-central-1",
        "eu-north-1",
        "eu-south-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "europe-west4",
        "europe-west6",
        "us-central1",
        "us-east-1",
        "us-gov-west-1",
        "us-west-2",
    ]
)
MODELS = frozenset(
    [
        "BAAI/bge-reranker-base",
        "BAAI/bge-small-en-v1.5",
        "meta-llama/Llama-3.1-70B",
        "meta-llama/Llama-3.1-8B",
        "meta-llama/Llama-3.1-8B-Instruct",
        "meta-llama/Llama-3.2-1B",
    ]
)

Row = Mapping[str, str]


@cache
def fixed() -> Catalogue:
    """The catalogue of fixed rows, the same object each time."""
    return Catalogue(FIXED)


def take() -> None:
    """Write ``tests/catalogue_fixed/`` from the installed tables."""
    machines = [row for row in _rows("machines") if row["name"] in MACHINES]
    chips = {row[column] for row in machines for column in ("accelerator", "cpu", "processor")}
    families = {row["family"] for row in _rows("chips") if row["name"] in chips}
    in_region: Callable[[Row], bool] = lambda row: row["region"] in REGIONS  # noqa: E731
    of_family: Callable[[Row], bool] = lambda row: row["family"] in {"", *families}  # noqa: E731
    everything: Callable[[Row], bool] = lambda row: True  # noqa: E731
    keep: dict[str, Callable[[Row], bool]] = {
        "machines": lambda row: row["name"] in MACHINES,
        "chips": lambda row: row["name"] in chips,
        "estimates": lambda row: row["machine"] in MACHINES,
        "offers": lambda row: row["machine"] in MACHINES and in_region(row),
        "prices": lambda row: row["machine"] in MACHINES and in_region(row),
        "regions": lambda row: row["name"] in REGIONS,
        "readings": in_region,
        "models": lambda row: row["name"] in MODELS,
        "efficiencies": of_family,
        "spreads": of_family,
        "ratios": of_family,
        "markups": lambda row: not row["machine"] or row["machine"] in MACHINES,
        "registries": in_region,
    }
    keep |= dict.fromkeys(
        ["adjustments", "headrooms", "hostings", "images", "makes", "residency", "stacks"],
        everything,
    )
    for folder in ("published", "derived", ".compiled"):
        shutil.rmtree(FIXED / folder, ignore_errors=True)
    for table, wanted in keep.items():
        path = path_of(table, FIXED)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [row for row in _rows(table) if wanted(row)]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    shutil.copy(DIRECTORY / "sources.toml", FIXED / "sources.toml")


def _rows(table: str) -> list[dict[str, str]]:
    with path_of(table, DIRECTORY).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    take()

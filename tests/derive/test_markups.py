"""markups.csv is what derive/markups.py derives from the pairs of prices beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.csv_writer import write_rows
from derive.markups import read_and_derive
from lichen.catalogue import DIRECTORY, load
from lichen.catalogue.schema import Markup, PricePair, path_of
from lichen.interval import Interval


def test_the_table_is_what_is_derived(tmp_path: Path) -> None:
    derived = tmp_path / "markups.csv"
    write_rows(derived, read_and_derive(), Markup)
    assert derived.read_text() == path_of("markups", DIRECTORY).read_text(), (
        "run `python -m derive.markups`"
    )


def test_prices_of_two_sources_agree_but_where_they_were_cut() -> None:
    catalogue, cut = load(), {}
    for pair in catalogue.table("price_pairs", PricePair):
        base = catalogue.hostings[pair.hosting].base
        now = catalogue.price(pair.machine, pair.region, base)
        if now is not None and abs(now.usd_hour / pair.base_usd_hour - 1) > 0.01:
            cut[pair.machine] = round(now.usd_hour / pair.base_usd_hour, 2)
    assert cut == {"p4d.24xlarge": 0.67, "p5.48xlarge": 0.56}  # AWS cut them in June 2025


@pytest.mark.parametrize(
    ("machine", "hosting", "expected", "basis"),
    [
        ("inf2.xlarge", "sagemaker", Interval.exactly(1.3057), "published"),
        ("g5.4xlarge", "sagemaker", Interval(1.25, 1.25, 1.4), "derived"),
        ("c7g.xlarge", "sagemaker", Interval.exactly(1.1979), "assumed"),
        ("p4de.24xlarge", "sagemaker", Interval(1.15, 1.25, 1.4), "assumed"),
        ("g2-standard-4", "vertex", Interval.exactly(1.1502), "derived"),
        ("a3-highgpu-8g", "vertex", Interval(1.1407, 1.15, 1.1502), "assumed"),
    ],
)
def test_a_markup_is_the_machines_its_familys_or_its_kinds(
    machine: str, hosting: str, expected: Interval, basis: str
) -> None:
    found = load().markup(machine, hosting)
    assert (found.markup, found.basis) == (expected, basis)


@pytest.mark.parametrize(("machine", "hosting"), [("n2-standard-4", "vertex"),
                                                  ("g2-standard-4", "sagemaker"),
                                                  ("inf2.xlarge", "ec2")])  # fmt: skip
def test_no_markup_is_made_up(machine: str, hosting: str) -> None:
    assert load().markup(machine, hosting) is None


def test_a_hosting_without_prices_or_markup_has_no_price() -> None:
    """Prices of Vertex AI are known of machines with accelerators alone."""
    catalogue = load()
    assert catalogue.price("n2-standard-4", "us-central1", "compute-engine") is not None
    assert catalogue.price("n2-standard-4", "us-central1", "vertex") is None
    known = catalogue.price("g2-standard-12", "us-central1", "vertex")
    assert (known.usd_hour, known.basis) == (1.15069, "published")
    assert catalogue.hosts("vertex", catalogue.machine("g2-standard-4"))
    assert not catalogue.hosts("vertex", catalogue.machine("inf2.xlarge"))

"""One way to write a number, in reports and in rules' messages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lichen import units
from lichen.figures import (
    between,
    billions,
    co2e,
    figure,
    grams,
    kib,
    lasting,
    many,
    span,
    usd,
    whole,
)
from lichen.interval import Interval

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (figure(0), "0"),
        (figure(1234.4), "1,234"),
        (figure(12.34), "12.3"),
        (figure(1.234), "1.23"),
        (figure(0.1234), "0.123"),
        (figure(0.00012), "0.00012"),
        (usd(1126.4), "$1,126"),
        (usd(0.834), "$0.83"),
        (usd(0.00042), "$0.00042"),
        (usd(0), "$0"),
        (whole(1024), "1,024"),
        (whole(0.5), "0.5"),
        (many(1, "finding"), "1 finding"),
        (many(1200, "finding"), "1,200 findings"),
        (span(3.99, 14.9), "3.99 to 14.9"),
        (span(3.99, 14.9, "-"), "3.99-14.9"),
        (span(2, 2), "2.00"),
        (between(Interval(12.1, 18.2, 25.3), "ms"), "18.2 ms (12.1 to 25.3)"),
        (between(Interval(5, 5, 5), "W"), "5.00 W"),
        (lasting(Interval(54.3, 93.5, 214)), "93.5 ms (54.3 to 214)"),
        (lasting(Interval(9_424, 33_466, 92_701)), "33.5 s (9.42 to 92.7)"),
        (grams(850), "850 g"),
        (grams(13_100), "13.1 kg"),
        (grams(2_400_000), "2.40 t"),
        (co2e(Interval(3990, 8170, 14_900)), "8.17 kg CO2e (3.99 to 14.9)"),
        (billions(8.03e9), "8.03 B"),
        (billions(335e6), "335 M"),
        (kib(131072), "128 KiB"),
    ],
)
def test_a_number_is_written_in_one_way(text: str, expected: str) -> None:
    assert text == expected


def test_units_are_converted() -> None:
    assert units.kwh(500, hours=4) == 2
    assert units.kwh(Interval(1000, 2000, 3000)) == Interval(1, 2, 3)
    assert units.grams(1.5) == 1500


def test_no_message_or_report_has_a_style_of_its_own() -> None:
    """Dollars and kilograms that are not written by :mod:`lichen.figures`."""
    own = re.compile(r"\} ?(USD|kgCO2e)|\$\{|:[,.0-9]*g\} ?(USD|kg)")
    for folder in ("policies/lichen_policies/rules", "doors/lichen_doors"):
        for path in (ROOT / folder).rglob("*.py"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                assert not own.search(line), f"{path.name}:{number}: {line.strip()}"

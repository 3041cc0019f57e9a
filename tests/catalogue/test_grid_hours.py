"""The usual day of a grid: rows are whole, and the cleanest hours are those of the lowest mean."""

from __future__ import annotations

import datetime

import pytest

from lichen.catalogue import load
from lichen.catalogue.schema import GridHour
from lichen.grid_hours import cleanest, ratio_over, usual_day
from tests.fixed import fixed


def test_each_zone_has_every_hour_and_its_year_averages_to_one() -> None:
    catalogue = load()
    zones: dict[str, list[GridHour]] = {}
    for row in catalogue.table("grid_hours", GridHour):
        zones.setdefault(row.grid_zone, []).append(row)
    regions = {region.grid_zone for region in catalogue.regions.values()}
    assert set(zones) <= regions
    for zone, rows in zones.items():
        assert len(rows) == 12 * 24, zone
        assert sum(row.ratio for row in rows) / len(rows) == pytest.approx(1.0, abs=0.02), zone


def test_the_cleanest_hours_of_a_day() -> None:
    catalogue = fixed()
    day = usual_day(catalogue.region("us-west-2"), 5, catalogue)
    assert day is not None
    assert day.sources == ("greenpick-hours",)
    window = cleanest(day, 4)
    means = [sum(day.ratios[(start + h) % 24] for h in range(4)) / 4 for start in range(24)]
    assert window.ratio == pytest.approx(min(means))
    assert means[window.start_hour_utc] == window.ratio
    assert cleanest(day, 4, (9,)).start_hour_utc == 9
    assert cleanest(day, 24).ratio == pytest.approx(day.mean)


def test_hours_that_nobody_publishes_are_unknown() -> None:
    catalogue = fixed()
    mumbai = catalogue.region("ap-south-1")
    assert usual_day(mumbai, 1, catalogue) is None
    assert ratio_over(mumbai, datetime.datetime(2026, 1, 1), 3, catalogue) is None


def test_a_run_over_the_end_of_a_month_reads_both() -> None:
    catalogue = fixed()
    region = catalogue.region("us-east-1")
    start = datetime.datetime(2026, 1, 31, 23, 30, tzinfo=datetime.UTC)
    january, february = (usual_day(region, month, catalogue) for month in (1, 2))
    assert january is not None
    assert february is not None
    expected = (0.5 * january.ratios[23] + february.ratios[0]) / 1.5
    assert ratio_over(region, start, 1.5, catalogue) == pytest.approx(expected)

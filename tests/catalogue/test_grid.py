"""A region's class comes from all location averages, and says how far they agree."""

from __future__ import annotations

from collections import Counter

import pytest

from lichen.catalogue import load
from lichen.catalogue.schema import Reading, Region
from lichen.grid import classify


def region(*readings: Reading, grid: float | None = 100.0) -> Region:
    return Region(
        name="here-1", cloud="aws", partition="aws", place="Here", country="XX", grid_zone=None,
        latitude_deg=None, longitude_deg=None, location_source=None, grid_gco2e_kwh=grid,
        grid_year=2023, grid_source="a", readings=readings, pue=1.1, pue_year=2024,
        pue_scope="region", pue_source="a", wue_l_kwh=None, wue_year=None, wue_scope=None,
        wue_source=None, confidence="high",
    )  # fmt: skip


def reading(value: float, scope: str = "zone", method: str = "location-average") -> Reading:
    return Reading(value=value, year=2023, source="a", method=method, scope=scope)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("readings", "level", "agreement"),
    [
        ((reading(120), reading(80), reading(166, "state")), "low", "agreed"),
        ((reading(200), reading(199.9)), "low", "agreed"),
        ((reading(200.1), reading(400)), "medium", "agreed"),
        ((reading(400.1), reading(900)), "high", "agreed"),
        ((reading(120), reading(150), reading(250)), "low", "leaning"),
        ((reading(120), reading(450)), "low", "disputed"),
        ((reading(120),), "low", "leaning"),
        ((reading(120), reading(110, "country")), "low", "agreed"),
        (
            (reading(120), reading(300, "country"), reading(900, "interconnection")),
            "low",
            "leaning",
        ),
        ((reading(120, "country"), reading(110, "country")), "low", "leaning"),
        ((reading(120), reading(130), reading(800, method="marginal")), "low", "agreed"),
        ((reading(450), reading(430), reading(0, method="market-based")), "high", "agreed"),
    ],
)
def test_votes(readings: tuple[Reading, ...], level: str, agreement: str) -> None:
    grid = classify(region(*readings, grid=readings[0].value))
    assert (grid.level, grid.agreement) == (level, agreement), grid.because


def test_nothing_known_is_unknown() -> None:
    grid = classify(region(reading(0, method="market-based"), grid=None))
    assert (grid.level, grid.agreement) == ("unknown", "unknown")
    assert "no source" in grid.because


def test_thresholds_move() -> None:
    here = region(reading(120), reading(150))
    assert classify(here, low_max_gco2e_kwh=100).level == "medium"
    assert classify(here, low_max_gco2e_kwh=50, high_min_gco2e_kwh=110).level == "high"


def test_zone_beats_country_where_it_matters() -> None:
    regions = load().regions
    assert classify(regions["ca-west-1"]).level == "high"  # Alberta; Canada's average is 170
    assert classify(regions["ca-central-1"]).level == "low"
    oregon = classify(regions["us-west-2"])
    assert (oregon.level, oregon.agreement, oregon.low_votes) == ("low", "agreed", 3)
    assert {r.scope for r in oregon.readings[3:]} == {"country", "interconnection"}


def test_the_marginal_rate_would_turn_the_ranking_round() -> None:
    stockholm = load().regions["eu-north-1"]
    marginal = next(r for r in stockholm.readings if r.method == "marginal")
    assert marginal.value > 700
    assert classify(stockholm).level == "low"


def test_how_the_installed_regions_fall() -> None:
    classes = [classify(region) for region in load().regions.values()]
    assert Counter(grid.level for grid in classes) == {"low": 43, "medium": 38, "high": 63}
    agreement = Counter(grid.agreement for grid in classes)
    assert agreement == {"agreed": 106, "leaning": 31, "disputed": 7}


def test_electricity_maps_and_google_differ_by_half_only_where_known() -> None:
    """Google counts operation, Electricity Maps life cycles: far apart where the grid is clean."""
    apart = set()
    for here in load().regions.values():
        zone = {r.source: r.value for r in here.readings if r.method == "location-average"}
        if {"electricity-maps", "google-carbon"} <= set(zone):
            ratio = zone["google-carbon"] / zone["electricity-maps"]
            if not 0.5 <= ratio <= 1.5:
                apart.add(here.grid_zone)
    assert apart == {"CA-QC", "CH", "SE-SE3", "SE", "FR", "FI"}


def test_country_and_zone_differ_by_half_only_where_known() -> None:
    apart = set()
    for here in load().regions.values():
        country = next((r.value for r in here.readings if r.source == "owid-ember"), None)
        if country and here.grid_gco2e_kwh and not 0.5 <= here.grid_gco2e_kwh / country <= 2:
            apart.add(here.grid_zone)
    assert apart == {
        "CA-AB",
        "CA-QC",
        "CA-ON",
        "CH",
        "US-NW-BPAT",
        "US-NW-GCPD",
        "US-NW-WACM",
    }

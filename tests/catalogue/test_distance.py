"""Distances are great circles, and milliseconds an estimate above what light needs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.distance import FIBRE_KM_PER_MS, great_circle_km, round_trip_ms


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ("eu-west-3", "eu-central-1", 478),  # Paris, Frankfurt
        ("us-east-1", "us-west-2", 3700),
        ("ap-northeast-1", "us-west-2", 7800),
        ("ap-southeast-2", "eu-west-2", 16990),
        ("us-south1", "us-east5", 1480),  # Dallas, Columbus
    ],
)
def test_great_circles(a: str, b: str, km: float) -> None:
    regions = load().regions
    assert great_circle_km(regions[a], regions[b]) == pytest.approx(km, rel=0.03)


def test_never_faster_than_light_in_glass() -> None:
    regions = [r for r in load().regions.values() if r.partition == "aws"]
    for a in regions:
        for b in regions:
            km, ms = great_circle_km(a, b), round_trip_ms(a, b)
            assert km is not None
            assert ms is not None
            assert ms >= 2 * km / FIBRE_KM_PER_MS
            assert ms == round_trip_ms(b, a)


def test_at_home_it_is_nothing_and_nowhere_it_is_unknown() -> None:
    paris = load().regions["eu-west-3"]
    nowhere = replace(paris, name="acme-1", latitude_deg=None)
    assert round_trip_ms(paris, paris) == 0
    assert round_trip_ms(paris, nowhere) is None


def test_every_installed_region_has_a_place() -> None:
    assert [r.name for r in load().regions.values() if r.latitude_deg is None] == []

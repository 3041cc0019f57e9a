"""How far apart two regions are, as an estimate of the time that light needs and routes add."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from lichen.catalogue.schema import Region

EARTH_RADIUS_KM = 6371.0
FIBRE_KM_PER_MS = 200.0
"""Light in glass: about two thirds of its speed in vacuum."""

DETOUR = 1.6
"""Cables against the great circle: an estimate, and measured routes differ by half either way."""

EXCHANGE_MS = 2.0
"""What routers and the last hops add, at least."""


def great_circle_km(a: Region, b: Region) -> float | None:
    """Kilometres over the ground; ``None`` where a region's place is not known."""
    if (
        a.latitude_deg is None
        or a.longitude_deg is None
        or b.latitude_deg is None
        or b.longitude_deg is None
    ):
        return None
    north_a, north_b = radians(a.latitude_deg), radians(b.latitude_deg)
    east = radians(b.longitude_deg - a.longitude_deg)
    half = sin((north_b - north_a) / 2) ** 2 + cos(north_a) * cos(north_b) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))


def round_trip_ms(a: Region, b: Region) -> float | None:
    """There and back in milliseconds, estimated: not a measurement, and not the provider's word.

    Twice the great circle at the speed of light in glass, lengthened by ``DETOUR``, and
    ``EXCHANGE_MS``. 0 within a region; ``None`` where a region's place is not known.
    """
    if a.name == b.name:
        return 0.0
    distance_km = great_circle_km(a, b)
    if distance_km is None:
        return None
    return EXCHANGE_MS + 2 * distance_km * DETOUR / FIBRE_KM_PER_MS

"""How clean a region's grid is: its class, and how far the sources agree on it."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec

from lichen.catalogue.schema import Reading, Region

CarbonClass = Literal["low", "medium", "high", "unknown"]
Agreement = Literal["agreed", "leaning", "disputed", "unknown"]

LOW_MAX_GCO2E_KWH = 200.0
"""The bound of Google's own low-carbon label."""

HIGH_MIN_GCO2E_KWH = 400.0
"""Near the world's average."""

LOCAL = frozenset({"zone", "state", "region"})
"""Scopes that speak of the region's own grid; a country or an interconnection spans many."""


class RegionClass(msgspec.Struct, frozen=True, kw_only=True):
    """A region's class and the votes for it.

    ``readings`` are the location averages, those of the region's own grid before wider ones.
    A class is *agreed* when all sources of the region's own grid give it, two at least, or one
    that every wider average confirms; *leaning* when more than half of the votes do, or all but
    from too little; *disputed* otherwise.
    """

    level: CarbonClass
    agreement: Agreement
    low_votes: int
    medium_votes: int
    high_votes: int
    grid_gco2e_kwh: float | None
    readings: tuple[Reading, ...]
    because: str

    @property
    def surely_high(self) -> bool:
        """Whether all sources agree that it is high in carbon: the rule dirty-region blocks such a
        region in production, and a placement takes it only where nothing else is allowed."""
        return self.level == "high" and self.agreement == "agreed"


def carbon_class(
    grid_gco2e_kwh: float,
    *,
    low_max_gco2e_kwh: float = LOW_MAX_GCO2E_KWH,
    high_min_gco2e_kwh: float = HIGH_MIN_GCO2E_KWH,
) -> CarbonClass:
    """The class of one figure: low up to the first bound, high above the second."""
    if grid_gco2e_kwh <= low_max_gco2e_kwh:
        return "low"
    return "high" if grid_gco2e_kwh > high_min_gco2e_kwh else "medium"


@lru_cache(maxsize=512)
def classify(
    region: Region,
    *,
    low_max_gco2e_kwh: float = LOW_MAX_GCO2E_KWH,
    high_min_gco2e_kwh: float = HIGH_MIN_GCO2E_KWH,
) -> RegionClass:
    """The class that most location averages give, each source one vote.

    Readings of the region's own grid vote; those of its country or interconnection only where
    there are no others, and then the class is at most *leaning*. A tie goes to the class of the
    figure computed with. Market-based claims and marginal rates never vote.
    """

    def level(value: float) -> CarbonClass:
        return carbon_class(
            value, low_max_gco2e_kwh=low_max_gco2e_kwh, high_min_gco2e_kwh=high_min_gco2e_kwh
        )

    averages = [reading for reading in region.readings if reading.method == "location-average"]
    local = [reading for reading in averages if reading.scope in LOCAL]
    wider = [reading for reading in averages if reading.scope not in LOCAL]
    voters = local or wider
    votes: dict[CarbonClass, int] = {"low": 0, "medium": 0, "high": 0}
    for reading in voters:
        votes[level(reading.value)] += 1
    most = max(votes.values())
    leaders = [name for name, count in votes.items() if count == most]
    used = None if region.grid_gco2e_kwh is None else level(region.grid_gco2e_kwh)
    if not voters:
        chosen: CarbonClass = used or "unknown"
    else:
        chosen = used if used in leaders else leaders[-1]
    corroborated = len(voters) > 1 or {level(reading.value) for reading in wider} == {chosen}
    agreement = _agreement(most, len(voters), sound=bool(local) and corroborated)
    return RegionClass(
        level=chosen,
        agreement=agreement,
        low_votes=votes["low"],
        medium_votes=votes["medium"],
        high_votes=votes["high"],
        grid_gco2e_kwh=region.grid_gco2e_kwh,
        readings=(*local, *wider),
        because=_because(region, voters, bool(local), chosen, agreement, most),
    )


def _agreement(most: int, votes: int, *, sound: bool) -> Agreement:
    if votes == 0:
        return "unknown"
    if most == votes:
        return "agreed" if sound else "leaning"
    return "leaning" if most > votes / 2 else "disputed"


def _because(
    region: Region,
    voters: list[Reading],
    local: bool,
    level: CarbonClass,
    agreement: Agreement,
    most: int,
) -> str:
    if not voters:
        return f"no source gives a location-based average for {region.name}"
    values = sorted(reading.value for reading in voters)
    spread = f"{values[0]:.0f}" + (f" to {values[-1]:.0f}" if values[-1] > values[0] else "")
    scope = "the region's own grid" if local else "its country or interconnection (none is closer)"
    if len(voters) == 1:
        verdict = f"the one source of {scope} says {level}"
    elif most == len(voters):
        every = "both" if most == 2 else f"all {most}"
        verdict = f"{every} sources of {scope} say {level}"
    else:
        verdict = f"{most} of {len(voters)} sources of {scope} say {level}"
    return f"{verdict} ({agreement}): {spread} gCO2e/kWh"

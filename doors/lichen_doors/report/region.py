"""Everything known of one region: what each source says of its electricity, and how they vote.

It draws no table of rich, which takes longer to load than the answer to work out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Reading, Region
from lichen.emissions import effective_gco2e_kwh
from lichen.figures import figure
from lichen.grid import CarbonClass, RegionClass, classify
from lichen_doors.report.cell import bar, rounded
from lichen_doors.report.lines import BETWEEN, Line, Rows, Words

Row = dict[str, Any]
"""A row as programs read it: plain values by name."""
STYLE: Mapping[CarbonClass, str] = {
    "low": "good",
    "medium": "warn",
    "high": "bad",
    "unknown": "quiet",
}


def region_row(region: Region, grid: RegionClass) -> Row:
    """What a table of regions has of one."""
    values = [reading.value for reading in grid.readings]
    return {
        "region": region.name,
        "cloud": region.cloud,
        "place": region.place,
        "country": region.country,
        "class": grid.level,
        "agreement": grid.agreement,
        "votes": {"low": grid.low_votes, "medium": grid.medium_votes, "high": grid.high_votes},
        "grid_gco2e_kwh": region.grid_gco2e_kwh,
        "grid_year": region.grid_year,
        "grid_source": region.grid_source,
        "low_gco2e_kwh": min(values, default=None),
        "high_gco2e_kwh": max(values, default=None),
        "pue": region.pue,
        "pue_scope": region.pue_scope,
        "gco2e_it_kwh": rounded(effective_gco2e_kwh(region)),
        "wue_l_kwh": region.wue_l_kwh,
        "confidence": region.confidence,
    }


def story(catalogue: Catalogue, region: Region) -> Row:
    """A region as plain values."""
    grid = classify(region)
    return {
        "kind": "region",
        **region_row(region, grid),
        "because": grid.because,
        "readings": [
            msgspec.to_builtins(reading)
            | {"title": catalogue.sources[reading.source].title, "votes": reading in _votes(grid)}
            for reading in region.readings
        ],
        "grid_zone": region.grid_zone,
        "latitude_deg": region.latitude_deg,
        "longitude_deg": region.longitude_deg,
        "pue_year": region.pue_year,
        "pue_source": region.pue_source,
        "wue_year": region.wue_year,
        "offers": catalogue.count_offers_in(region.name),
        "own": catalogue.own("regions", region.name),
        "notes": region.notes,
    }


def _votes(grid: RegionClass) -> Sequence[Reading]:
    counted = grid.low_votes + grid.medium_votes + grid.high_votes
    return grid.readings[:counted]


def lines(catalogue: Catalogue, region: Region) -> Iterator[Line | Rows]:
    """All that is known of a region, for people."""
    grid = classify(region)
    yield (
        Words(region.name, "name"),
        Words(
            f"  {region.place}, {region.country or 'country unknown'}, {region.cloud}; grid zone "
            f"{region.grid_zone or 'unknown'}\n"
        ),
    )
    yield Words(f"{grid.level}-carbon grid", STYLE[grid.level]), Words(f": {grid.because}.\n")
    yield from _table(list(_readings(region, grid)))
    yield ()
    for line in _region_lines(catalogue, region):
        yield Rows(((Words(""), (Words(line),)),))


def _readings(region: Region, grid: RegionClass) -> Iterator[tuple[str, ...]]:
    """What each source says: the averages first, then what never ranks."""
    most = max((each.value for each in grid.readings), default=0.0)
    for reading in grid.readings:
        used = reading.source == region.grid_source
        votes = reading in _votes(grid)
        yield (
            f"{figure(reading.value)} g/kWh",
            bar(reading.value, most),
            "computed with" if used else "votes" if votes else "shown only",
            str(reading.year or "-"),
            reading.scope,
            reading.source,
        )
    for reading in region.readings:
        if reading.method == "location-average":
            continue
        unit = "%" if reading.method == "carbon-free" else "g/kWh"
        yield (
            f"{figure(reading.value)} {unit}",
            "",
            {"market-based": "claim", "marginal": "never ranks", "carbon-free": "share"}[
                reading.method
            ],
            str(reading.year or "-"),
            reading.method,
            reading.source,
        )


_HEADINGS = ("says", "", "", "year", "scope", "source")


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[Line]:
    """Rows under their headings: the first column to the right, the others to the left."""
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    for number, (first, *others) in enumerate((_HEADINGS, *rows)):
        cells = [first.rjust(widths[0])]
        cells += [each.ljust(width) for each, width in zip(others, widths[1:], strict=True)]
        yield (Words((" " * BETWEEN).join(cells).rstrip(), "" if number else "quiet"),)


def _region_lines(catalogue: Catalogue, region: Region) -> Iterator[str]:
    effective = effective_gco2e_kwh(region)
    if region.pue is not None:
        whose = "of this region" if region.pue_scope == "region" else "of the provider's fleet"
        yield f"PUE {region.pue:g}, {whose}, {region.pue_year} ({region.pue_source})"
    if effective is not None and region.grid_gco2e_kwh is not None:
        yield (
            f"{figure(region.grid_gco2e_kwh)} g/kWh x {region.pue:g} = {figure(effective)} g of "
            "CO2e for each kWh that a machine draws"
        )
    if region.wue_l_kwh is not None:
        yield f"water: {region.wue_l_kwh:g} litres per kWh, {region.wue_year}"
    yield f"{catalogue.count_offers_in(region.name)} machines of the catalogue are offered here"
    yield f"confidence {region.confidence}" + (f"; {region.notes}" if region.notes else "")
    if own := catalogue.own("regions", region.name):
        yield f"your own rows give {', '.join(own)}"

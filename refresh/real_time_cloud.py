"""The Real-Time Cloud table: PUE, water, Electricity Maps' annual averages, marginal rates, claims.

``python -m refresh.real_time_cloud``. Two of its habits are undone: an average that repeats the
year before's keeps its first year, and Google's rows, whose average is Google's own figure from
2024 on, say nothing of a zone (refresh/google_carbon.py reads those where they are published).
The marginal rate is read from its own column, not from ``grid-carbon-intensity``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import httpx
from msgspec.structs import replace

from lichen.catalogue.schema import Region, Source
from lichen.clouds import CLOUDS, REGIONAL
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, apply_reading, run, table

FILE = (
    "https://raw.githubusercontent.com/Green-Software-Foundation/real-time-cloud/main/"
    "Cloud_Region_Metadata.csv"
)
NAMES = {CLOUDS[name].full_name: name for name in REGIONAL}
AVERAGE = "grid-carbon-intensity-average-consumption-annual"
GOOGLES_OWN_FROM = 2024

SOURCE = Source(
    id="rtc",
    title="Cloud Region Metadata: PUE, WUE, market-based intensity, carbon-free shares, places",
    publisher="Green Software Foundation, Real-Time Cloud",
    where="GitHub Green-Software-Foundation/real-time-cloud, Cloud_Region_Metadata.csv",
    version="main",
    fetched="",
    licence="JDF 'as is'; no data licence named",
    used_for="regions; readings: market-based and carbon-free",
    max_age_days=730,
)
ELECTRICITY_MAPS = Source(
    id="electricity-maps",
    title="Annual average intensity by zone, life cycle, consumption",
    publisher="Electricity Maps, through the Real-Time Cloud project",
    where="GitHub Green-Software-Foundation/real-time-cloud, Cloud_Region_Metadata.csv",
    version="main",
    fetched="",
    licence="JDF 'as is'; no data licence named",
    used_for="readings: the figure computed with, for all three clouds",
    max_age_days=730,
)
WATTTIME = Source(
    id="watttime",
    title="Annual mean of marginal rates",
    publisher="WattTime, through the Real-Time Cloud project",
    where="GitHub Green-Software-Foundation/real-time-cloud, Cloud_Region_Metadata.csv",
    version="main",
    fetched="",
    licence="JDF 'as is'; no data licence named",
    used_for="readings: marginal rates, shown and never ranked by",
    max_age_days=730,
)

Row = dict[str, str]


def apply(pages: Pages, draft: Draft) -> list[str]:
    """The table's newest figures of every region of the catalogue."""
    text = pages.text("table", lambda web: get_text(web, FILE))
    rows = sorted(
        table(text, "year", "cloud-provider", "cloud-region", AVERAGE), key=lambda row: row["year"]
    )
    averages = _averages(rows)
    by_region: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["cloud-provider"] in NAMES:
            key = NAMES[row["cloud-provider"]], row["cloud-region"]
            by_region.setdefault(key, []).append(row)
    regions = draft.rows("regions", Region)
    for (name,), region in list(regions.items()):
        own_rows = by_region.get((region.cloud, name), [])
        regions[name,] = _with_overhead(region, own_rows)
        if region.grid_zone in averages:
            year, value = averages[region.grid_zone]
            apply_reading(draft, region, ELECTRICITY_MAPS, "location-average", "zone", value, year)
        for year, value in _newest(own_rows, "grid-carbon-intensity-marginal-consumption-annual"):
            apply_reading(draft, region, WATTTIME, "marginal", "zone", value, year)
        for year, value in _newest(own_rows, "provider-carbon-intensity-market-annual"):
            apply_reading(draft, region, SOURCE, "market-based", "region", value, year)
        if region.cloud != "google":
            for year, value in _newest(own_rows, "provider-cfe-annual"):
                apply_reading(draft, region, SOURCE, "carbon-free", "region", 100 * value, year)
    for source in (ELECTRICITY_MAPS, WATTTIME):
        draft.fetched(replace(source, fetched=pages.today.isoformat()))
    known = {(region.cloud, region.name) for region in regions.values()}
    unknown = sorted(name for cloud, name in set(by_region) - known)
    return [f"{name} is not in the catalogue: add its row" for name in unknown]


def _averages(rows: list[Row]) -> dict[str, tuple[int, float]]:
    """By Electricity Maps zone: the newest average, and the first year that has it."""
    averages: dict[str, tuple[int, float]] = {}
    for row in rows:
        googles = row["cloud-provider"] == "Google Cloud" and int(row["year"]) >= GOOGLES_OWN_FROM
        if googles or not row[AVERAGE] or not row["em-zone-id"]:
            continue
        zone, value = row["em-zone-id"], float(row[AVERAGE])
        before = averages.get(zone)
        if before is None or value != before[1]:
            averages[zone] = int(row["year"]), value
    return averages


def _with_overhead(region: Region, own_rows: list[Row]) -> Region:
    for year, pue in _newest(own_rows, "power-usage-effectiveness"):
        region = replace(region, pue=pue, pue_year=year, pue_scope="region", pue_source=SOURCE.id)
    for year, litres in _newest(own_rows, "water-usage-effectiveness"):
        region = replace(
            region, wue_l_kwh=litres, wue_year=year, wue_scope="region", wue_source=SOURCE.id
        )
    return region


def _newest(own_rows: list[Row], column: str) -> Iterator[tuple[int, float]]:
    """The last year's cell that is filled in, if there is one."""
    found = [(int(row["year"]), float(row[column])) for row in own_rows if row[column].strip()]
    yield from found[-1:]


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "real_time_cloud", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

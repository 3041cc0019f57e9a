"""Google's own table of its regions: grid intensity and carbon-free share, a file a year.

``python -m refresh.google_carbon``. The grid figure is of its zone, so the regions of other
clouds in the same zone get it as well; the carbon-free share is Google's alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import httpx

from lichen.catalogue.schema import Region, Source
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, apply_reading, run, table

FILES = "https://raw.githubusercontent.com/GoogleCloudPlatform/region-carbon-info/main/data/yearly"
GRID = "Grid carbon intensity (gCO2eq / kWh)"
FIRST_YEAR = 2024

SOURCE = Source(
    id="google-carbon",
    title="Carbon data of Google Cloud regions",
    publisher="Google",
    where="GitHub GoogleCloudPlatform/region-carbon-info, data/yearly",
    version="main",
    fetched="",
    licence="Apache-2.0",
    used_for="readings: zones (operational emissions only) and carbon-free shares",
    max_age_days=730,
)


def apply(pages: Pages, draft: Draft) -> list[str]:
    """The newest year's file, and its figures by region and by zone."""
    year, text = _newest(pages)
    rows = {
        row["Google Cloud Region"]: row
        for row in table(text, "Google Cloud Region", "Google CFE", GRID)
    }
    regions = list(draft.rows("regions", Region).values())
    by_zone: dict[str, list[float]] = {}
    for region in regions:
        if region.cloud == "google" and region.name in rows:
            row = rows[region.name]
            share, grid = (
                float(row["Google CFE"]),
                float(row["Grid carbon intensity (gCO2eq / kWh)"]),
            )
            apply_reading(draft, region, SOURCE, "carbon-free", "region", 100 * share, year)
            apply_reading(draft, region, SOURCE, "location-average", "zone", grid, year)
            if region.grid_zone:
                by_zone.setdefault(region.grid_zone, []).append(grid)
    for region in regions:
        found = by_zone.get(region.grid_zone or "")
        if region.cloud != "google" and found:
            mean = sum(found) / len(found)
            apply_reading(draft, region, SOURCE, "location-average", "zone", mean, year)
    known = {region.name for region in regions}
    return [f"{name} is not in the catalogue: add its row" for name in sorted(set(rows) - known)]


def _newest(pages: Pages) -> tuple[int, str]:
    """The last year that has a file: this year's and last year's may not be out yet."""
    for year in range(pages.today.year, FIRST_YEAR, -1):
        try:
            return year, _file(pages, year)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 404:
                raise
    return FIRST_YEAR, _file(pages, FIRST_YEAR)


def _file(pages: Pages, year: int) -> str:
    return pages.text(f"{year}", lambda web: get_text(web, f"{FILES}/{year}.csv"))


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "google_carbon", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

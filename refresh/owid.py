"""Countries' average intensity: Our World in Data's energy table, built from Ember's.

``python -m refresh.owid``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import httpx

from lichen.catalogue.schema import Region, Source
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, apply_reading, run, table

FILE = "https://raw.githubusercontent.com/owid/energy-data/master/owid-energy-data.csv"

SOURCE = Source(
    id="owid-ember",
    title="Country electricity mix and its intensity",
    publisher="Our World in Data and Ember",
    where="GitHub owid/energy-data, owid-energy-data.csv",
    version="master",
    fetched="",
    licence="CC-BY-4.0",
    used_for="readings: country averages",
    max_age_days=730,
)

ALPHA_3 = {
    "AE": "ARE", "AT": "AUT", "AU": "AUS", "BE": "BEL", "BH": "BHR", "BR": "BRA", "CA": "CAN",
    "CH": "CHE", "CL": "CHL", "CN": "CHN", "DE": "DEU", "DK": "DNK", "ES": "ESP", "FI": "FIN",
    "FR": "FRA", "GB": "GBR", "GR": "GRC", "HK": "HKG", "ID": "IDN", "IE": "IRL", "IL": "ISR",
    "IN": "IND", "IT": "ITA", "JP": "JPN", "KR": "KOR", "MX": "MEX", "MY": "MYS", "NL": "NLD",
    "NO": "NOR", "NZ": "NZL", "PL": "POL", "QA": "QAT", "SA": "SAU", "SE": "SWE", "SG": "SGP",
    "TH": "THA", "TW": "TWN", "US": "USA", "ZA": "ZAF",
}  # fmt: skip
"""The table's country codes by the catalogue's."""


def apply(pages: Pages, draft: Draft) -> list[str]:
    """The newest year that each country has a figure for."""
    text = pages.text("energy", lambda web: get_text(web, FILE))
    newest: dict[str, tuple[int, float]] = {}
    for row in table(text, "iso_code", "year", "carbon_intensity_elec"):
        if row["iso_code"] and row["carbon_intensity_elec"]:
            year, value = int(row["year"]), float(row["carbon_intensity_elec"])
            newest[row["iso_code"]] = max(newest.get(row["iso_code"], (0, 0.0)), (year, value))
    missing = set()
    for region in draft.rows("regions", Region).values():
        found = newest.get(ALPHA_3.get(region.country or "", ""))
        if found is None:
            missing.add(region.country or region.name)
            continue
        year, value = found
        apply_reading(draft, region, SOURCE, "location-average", "country", value, year)
    return [f"no figure for {country}" for country in sorted(missing)]


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "owid", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

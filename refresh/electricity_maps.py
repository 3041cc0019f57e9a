"""Electricity Maps' averages of last year, with the contract behind ``ELECTRICITY_MAPS_TOKEN``.

``python -m refresh.electricity_maps``. The commercial ``past-range`` interface gives ten days of
hours in one answer: a zone's year is 37 of them, kept as they come, so that an interrupted run goes
on where it stopped. What your contract lets you publish is yours to check; the rows name the source
``electricity-maps-api``, apart from the ones that the Real-Time Cloud project publishes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import httpx

from lichen.catalogue.schema import Region, Source
from lichen.document import InputError
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, apply_reading, run

ADDRESS = "https://api.electricitymaps.com/v3/carbon-intensity/past-range"
DAYS_AT_ONCE = 10
ENOUGH_OF_A_YEAR = 0.95

SOURCE = Source(
    id="electricity-maps-api",
    title="Hourly consumption intensity, life cycle, averaged over a year",
    publisher="Electricity Maps",
    where="api.electricitymaps.com/v3/carbon-intensity/past-range",
    version="live API",
    fetched="",
    licence="by your contract",
    used_for="readings: zones",
    max_age_days=400,
)


def apply(pages: Pages, draft: Draft) -> list[str]:
    token = os.environ.get("ELECTRICITY_MAPS_TOKEN")
    if not token:
        raise InputError("ELECTRICITY_MAPS_TOKEN is not set", fix="name your contract's token")
    year = pages.today.year - 1
    regions = list(draft.rows("regions", Region).values())
    notes = []
    for zone in sorted({region.grid_zone for region in regions if region.grid_zone}):
        try:
            hours = [value for first, last in _spans(year)
                     for value in _hours(pages, token, zone, first, last)]  # fmt: skip
        except httpx.HTTPStatusError as error:
            notes.append(f"{zone}: not in the contract ({error.response.status_code})")
            continue
        if len(hours) < ENOUGH_OF_A_YEAR * 8760:
            notes.append(f"{zone}: only {len(hours)} hours of {year}; left as it was")
            continue
        mean = sum(hours) / len(hours)
        for region in regions:
            if region.grid_zone == zone:
                apply_reading(draft, region, SOURCE, "location-average", "zone", mean, year)
    return notes


def _spans(year: int) -> Iterator[tuple[date, date]]:
    first = date(year, 1, 1)
    while first.year == year:
        last = min(first + timedelta(days=DAYS_AT_ONCE), date(year + 1, 1, 1))
        yield first, last
        first = last


def _hours(pages: Pages, token: str, zone: str, first: date, last: date) -> list[float]:
    def ask(web: httpx.Client) -> str:
        return get_text(
            web,
            ADDRESS,
            {"zone": zone, "start": f"{first}T00:00:00Z", "end": f"{last}T00:00:00Z"},
            {"auth-token": token},
        )

    notes = json.loads(pages.text(f"{zone} {first}", ask))["data"]
    return [hour["carbonIntensity"] for hour in notes if hour["carbonIntensity"] is not None]


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "electricity_maps", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

"""US states' average rate: the EIA's State Electricity Profiles, with the key in ``EIA_API_KEY``.

``python -m refresh.eia``. CO2 alone and generation inside the state, so a state that imports coal
power looks cleaner than it is; it votes as a state's reading beside eGRID's.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import httpx

from lichen.catalogue.schema import Region, Source
from lichen.document import InputError
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, apply_reading, run

ADDRESS = (
    "https://api.eia.gov/v2/electricity/state-electricity-profiles/emissions-by-state-by-fuel/data"
)
G_PER_LB = 453.59237

SOURCE = Source(
    id="eia",
    title="State Electricity Profiles, table 7: CO2 rate of all fuels",
    publisher="US Energy Information Administration",
    where="api.eia.gov/v2, by refresh/eia.py",
    version="live API",
    fetched="",
    licence="public domain",
    used_for="readings: US states",
    max_age_days=730,
)

STATES = {
    "us-east-1": "VA", "us-east-2": "OH", "us-west-1": "CA", "us-west-2": "OR",
    "us-gov-east-1": "OH", "us-gov-west-1": "OR", "us-central1": "IA", "us-central2": "OK",
    "us-east1": "SC", "us-east2": "GA", "us-east4": "VA", "us-east5": "OH", "us-south1": "TX",
    "us-west1": "OR", "us-west2": "CA", "us-west3": "UT", "us-west4": "NV", "eastus": "VA",
    "eastus2": "VA", "eastus3": "GA", "centralus": "IA", "northcentralus": "IL",
    "southcentralus": "TX", "westus": "CA", "westus2": "WA", "westus3": "AZ",
    "westcentralus": "WY",
}  # fmt: skip
"""The state that a region is in, by the place that its cloud names."""


def apply(pages: Pages, draft: Draft) -> list[str]:
    key = os.environ.get("EIA_API_KEY")
    if not key:
        raise InputError("EIA_API_KEY is not set", fix="register at eia.gov/opendata for a key")
    params = {
        "api_key": key, "frequency": "annual", "data[0]": "co2-rate-lbs-mwh",
        "facets[fuelid][]": "ALL", "sort[0][column]": "period", "sort[0][direction]": "desc",
        "length": "500",
    }  # fmt: skip
    text = pages.text("states", lambda web: get_text(web, ADDRESS, params))
    newest: dict[str, tuple[int, float]] = {}
    for row in json.loads(text)["response"]["data"]:
        if row["co2-rate-lbs-mwh"] is not None:
            found = int(row["period"]), float(row["co2-rate-lbs-mwh"]) * G_PER_LB / 1000
            newest.setdefault(row["stateid"], found)
    regions = draft.rows("regions", Region)
    for name, state in STATES.items():
        if (name,) in regions and state in newest:
            year, value = newest[state]
            region = regions[name,]
            apply_reading(draft, region, SOURCE, "location-average", "state", value, year)
    return []


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "eia", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

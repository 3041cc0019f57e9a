"""Azure: retail prices of the catalogue's machines, by region; no key is needed.

``python -m refresh.azure``. A price says that a size is sold in a region, not that there is room.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence

import httpx

from lichen.catalogue.schema import Machine, Price, Region, Source
from refresh.availability import apply_listing
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, run

ADDRESS = "https://prices.azure.com/api/retail/prices"

SOURCE = Source(
    id="azure-retail",
    title="Azure Retail Prices: virtual machines, Linux, consumption and spot",
    publisher="Microsoft",
    where="prices.azure.com/api/retail/prices, by refresh/azure.py",
    version="live API",
    fetched="",
    licence="facts of the API",
    used_for="prices",
    max_age_days=180,
)


HOSTING = "azure-vm"
"""A row of hostings.csv."""


def apply_prices(pages: Pages, draft: Draft) -> list[str]:
    """Each region's prices, page after page; a size that is sold in a new region is an offer."""
    machines, prices = draft.rows("machines", Machine), draft.rows("prices", Price)
    ours = {name for (name,), row in machines.items() if row.cloud == "azure"}
    for region in draft.rows("regions", Region).values():
        if region.cloud != "azure":
            continue
        on_demand: dict[str, float] = {}
        spot: dict[str, float] = {}
        for machine, is_spot, usd_hour in _prices(pages, region.name):
            if machine in ours:
                (spot if is_spot else on_demand)[machine] = usd_hour
        for machine, usd_hour in on_demand.items():
            key = (machine, region.name, HOSTING)
            before = prices.get(key)
            prices[key] = Price(
                machine=machine,
                region=region.name,
                hosting=HOSTING,
                usd_hour=usd_hour,
                spot_usd_hour=spot.get(machine, before.spot_usd_hour if before else None),
                as_of=pages.today.isoformat(),
                source=SOURCE.id,
            )
            apply_listing(draft, (machine, region.name), True, SOURCE.id)
    return []


def _prices(pages: Pages, region: str) -> Iterator[tuple[str, bool, float]]:
    """Size, whether it is spot, and USD an hour, of Linux machines sold by consumption."""
    wanted = (
        f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}' "
        "and priceType eq 'Consumption'"
    )
    address, params = ADDRESS, {"$filter": wanted, "currencyCode": "USD"}
    page = 0
    while address:
        text = pages.text(
            f"{region} {page}",
            lambda web, a=address, p=params: get_text(web, a, p),  # type: ignore[misc]
        )
        answer = json.loads(text)
        for item in answer["Items"]:
            linux = not item["productName"].endswith(("Windows", "CloudServices"))
            sold = "Low Priority" not in item["skuName"] and item["unitOfMeasure"] == "1 Hour"
            if linux and sold and item["retailPrice"] > 0:
                yield item["armSkuName"], "Spot" in item["skuName"], item["retailPrice"]
        address, params, page = answer.get("NextPageLink") or "", {}, page + 1


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "azure", about, apply_prices, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

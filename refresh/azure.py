"""Azure: retail prices of the catalogue's machines, by region; no key is needed.

``python -m refresh.azure``. A price says that a size is sold in a region, not that there is room.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence

import httpx
from msgspec.structs import replace

from lichen.catalogue.schema import Machine, Offer, Region, Source
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Asking, run

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


def lay(asking: Asking, draft: Draft) -> list[str]:
    """Each region's prices, page after page; a size that is sold in a new region is an offer."""
    machines, offers = draft.rows("machines", Machine), draft.rows("offers", Offer)
    mine = {name for (name,), row in machines.items() if row.cloud == "azure"}
    for region in draft.rows("regions", Region).values():
        if region.cloud != "azure":
            continue
        for machine, spot, usd_hour in _prices(asking, region.name):
            if machine not in mine:
                continue
            key = (machine, region.name)
            offer = offers.get(key) or Offer(machine=machine, region=region.name)
            others = tuple(name for name in offer.listed_by if name != SOURCE.id)
            price = {"spot_usd_hour": usd_hour} if spot else {"usd_hour": usd_hour}
            offers[key] = replace(
                offer, **price, price_as_of=asking.today.isoformat(), price_source=SOURCE.id,
                listed_by=(SOURCE.id, *others),
            )  # fmt: skip
    return []


def _prices(asking: Asking, region: str) -> Iterator[tuple[str, bool, float]]:
    """Size, whether it is spot, and USD an hour, of Linux machines sold by consumption."""
    wanted = (
        f"serviceName eq 'Virtual Machines' and armRegionName eq '{region}' "
        "and priceType eq 'Consumption'"
    )
    address, params = ADDRESS, {"$filter": wanted, "currencyCode": "USD"}
    page = 0
    while address:
        text = asking.text(
            f"{region} {page}",
            lambda web, a=address, p=params: get_text(web, a, p),  # type: ignore[misc]
        )
        told = json.loads(text)
        for item in told["Items"]:
            linux = not item["productName"].endswith(("Windows", "CloudServices"))
            sold = "Low Priority" not in item["skuName"] and item["unitOfMeasure"] == "1 Hour"
            if linux and sold and item["retailPrice"] > 0:
                yield item["armSkuName"], "Spot" in item["skuName"], item["retailPrice"]
        address, params, page = told.get("NextPageLink") or "", {}, page + 1


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "azure", about, lay, argv, transport)


if __name__ == "__main__":
    sys.exit(main())

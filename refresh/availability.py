"""One offer and its price brought to what its cloud's own API says of them."""

from __future__ import annotations

from msgspec.structs import replace

from lichen.catalogue.schema import PRICE_OF, Hosting, Offer, Price
from lichen.catalogue.sold import ways_priced, ways_unsold
from refresh.draft import Draft, Key


def apply_listing(draft: Draft, key: Key, listed: bool, source: str) -> None:
    """Name ``source`` among those that list the offer, or among those that do not.

    An offer that nobody lists any more is taken out, and its prices with it.
    """
    offers, prices = draft.rows("offers", Offer), draft.rows("prices", Price)
    offer = offers.get(key) or Offer(machine=key[0], region=key[1])
    others = tuple(name for name in offer.listed_by if name != source)
    apart = tuple(name for name in offer.not_listed_by if name != source)
    if listed:
        offers[key] = replace(offer, listed_by=(source, *others), not_listed_by=apart)
    elif others:
        offers[key] = replace(offer, listed_by=others, not_listed_by=(source, *apart))
    else:
        del offers[key]
        for price in draft.prices_of(key):
            del prices[price]


def put_price(draft: Draft, price: Price) -> list[str]:
    """Put a price into the draft; a price of a way of buying that does not exist is left out.

    A price list has the sum of a machine's parts also where the machine cannot be bought so.
    Gives what was left out, in sentences.
    """
    prices, key = draft.rows("prices", Price), (price.machine, price.region, price.hosting)
    hosting = draft.rows("hostings", Hosting)[price.hosting,]
    unsold = ways_unsold(price, hosting, draft.sales.get(price.machine))
    kept = replace(price, **{PRICE_OF[way]: None for way in unsold})
    if ways_priced(kept):
        prices[key] = kept
    else:
        prices.pop(key, None)
    return [
        f"{price.machine} in {price.region} has a price as {way}, and is not sold so (sold.csv)"
        for way in unsold
    ]

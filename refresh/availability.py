"""One offer brought to what its cloud's own API says of it."""

from __future__ import annotations

from msgspec.structs import replace

from lichen.catalogue.schema import Offer, Price
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

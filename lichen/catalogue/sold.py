"""How a machine can be bought in a region, from the rows of sold.csv."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lichen.catalogue.schema import PRICE_OF, Hosting, Price, Sale
from lichen.document import InputError
from lichen.words import WayOfBuying

TAKEN_BACK: frozenset[WayOfBuying] = frozenset({"spot", "flex-start"})
"""Ways of buying that end when the provider wants the machine back, or after a few days."""


class Sales(msgspec.Struct, frozen=True):
    """A machine's rows of sold.csv, by region, and those of all other regions that offer it."""

    by_region: dict[str, tuple[Sale, ...]]
    elsewhere: tuple[Sale, ...]

    def in_region(self, region: str) -> tuple[Sale, ...]:
        """The rows that hold in a region; empty where the provider does not sell it there."""
        return self.by_region.get(region, self.elsewhere)

    def ways(self, region: str) -> frozenset[WayOfBuying]:
        """The ways in which everybody can buy the machine in a region."""
        return frozenset(
            way
            for sale in self.in_region(region)
            if sale.access == "everybody"
            for way in sale.sold
        )

    def priced(self, region: str) -> frozenset[WayOfBuying]:
        """The ways in which a region has a price: also those that not everybody can buy."""
        return frozenset(way for sale in self.in_region(region) for way in sale.sold)

    def zones(self) -> tuple[str, ...]:
        """The zones where everybody can buy it, in the order of the table."""
        rows = (sale for sales in self.by_region.values() for sale in sales)
        return tuple(sale.zone for sale in rows if sale.zone and sale.access == "everybody")

    @property
    def source(self) -> str:
        """The source of the first row: where the list was read."""
        rows = (*(sale for sales in self.by_region.values() for sale in sales), *self.elsewhere)
        return rows[0].source


def sales_by_machine(rows: Iterable[Sale]) -> dict[str, Sales]:
    """Each machine's rows; of two for one machine, region and zone, the later one holds."""
    latest = {(row.machine, row.region, row.zone): row for row in rows}
    by_machine: dict[str, dict[str | None, list[Sale]]] = {}
    for row in latest.values():
        by_machine.setdefault(row.machine, {}).setdefault(row.region, []).append(row)
    return {
        machine: Sales(
            {region: tuple(sales) for region, sales in regions.items() if region is not None},
            tuple(regions.get(None, ())),
        )
        for machine, regions in by_machine.items()
    }


def ways_priced(price: Price) -> tuple[WayOfBuying, ...]:
    """The ways of buying that a row has a price of."""
    return tuple(way for way in PRICE_OF if price.of(way) is not None)


def ways_unsold(price: Price, hosting: Hosting, sales: Sales | None) -> tuple[WayOfBuying, ...]:
    """Those ways of buying that a row has a price of, and that do not exist.

    A hosting that says how it is sold speaks for itself; of the others, the machine's provider.
    """
    sold: frozenset[WayOfBuying] | None = frozenset(hosting.sold)
    if not sold:
        sold = None if sales is None else sales.priced(price.region)
    return () if sold is None else tuple(way for way in ways_priced(price) if way not in sold)


def check_price(price: Price, hosting: Hosting, sales: Sales | None) -> None:
    """Refuse a row without a price, or with a price of a way of buying that does not exist;
    :class:`InputError`."""
    offer = f"{price.machine} in {price.region} on {hosting.title}"
    if not ways_priced(price):
        raise InputError(
            f"{offer} has no price",
            fix=f"fill in one of {', '.join(PRICE_OF.values())}, or take the row out",
            document="prices.csv",
        )
    for way in ways_unsold(price, hosting, sales):
        raise InputError(
            f"{offer} is not sold as {way}",
            fix="move the price to the column of a way in which it is sold, or write how you buy "
            "it into sold.csv: machine, region, zone, sold, access, source",
            field=PRICE_OF[way],
            document="prices.csv",
        )

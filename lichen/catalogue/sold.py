"""How a machine can be bought in a region, from the rows of sold.csv."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lichen.catalogue.schema import Sale
from lichen.words import WayOfBuying


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

"""Derive regional_prices.csv: on-demand prices of offers that no price list has.

``python -m derive.regional_prices`` writes the table from the published prices. A machine that has
a price in other regions costs here what it costs there, times the ratio between the two regions.
The ratio is the median of the family's other machines: ``derived``. Where the family has no price
here, it is that of other families of the kind (cloud, architecture, with an accelerator or
without): ``assumed``. Nothing follows for a machine that has no price anywhere, or that its
provider does not sell on demand in the region.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import msgspec

from derive.csv_writer import write_rows
from lichen.catalogue import DIRECTORY
from lichen.catalogue.csv_table import read_rows
from lichen.catalogue.schema import (
    TABLES,
    Basis,
    Hosting,
    Machine,
    Offer,
    Price,
    RegionalPrice,
    Sale,
    path_of,
)
from lichen.catalogue.sold import Sales, sales_by_machine

SOURCE = "regional-ratio"
LEAST_FAMILIES = 2
"""Families of the kind that must agree before a ratio is taken from them."""

S = TypeVar("S", bound=msgspec.Struct)
Dollars = Mapping[str, float]
"""USD an hour by region."""


class _Priced(msgspec.Struct, frozen=True):
    """Every on-demand price by hosting and machine, and the groups that machines are in."""

    machines: Mapping[str, Machine]
    of: dict[tuple[str, str], dict[str, float]]

    def in_family(self, hosting: str, machine: Machine) -> list[Dollars]:
        """Prices of the family's other machines."""
        return [
            prices
            for (way, name), prices in self.of.items()
            if way == hosting
            and name != machine.name
            and self.machines[name].family == machine.family
        ]

    def of_kind(self, hosting: str, machine: Machine) -> list[list[Dollars]]:
        """Prices of the machines of the kind's other families, by family."""
        families: dict[str, list[Dollars]] = {}
        for (way, name), prices in self.of.items():
            other = self.machines[name]
            if way == hosting and other.family != machine.family and _kind(other) == _kind(machine):
                families.setdefault(other.family, []).append(prices)
        return list(families.values())


def regional_prices(
    machines: Iterable[Machine],
    offers: Iterable[Offer],
    prices: Iterable[Price],
    sold: Mapping[str, Sales],
    hostings: Iterable[Hosting],
) -> Iterator[RegionalPrice]:
    """A price of every offer that has none and whose price follows from other regions."""
    by_name = {machine.name: machine for machine in machines}
    bare = {hosting.name for hosting in hostings if hosting.base is None}
    priced = _Priced(by_name, {})
    for price in prices:
        if price.usd_hour is not None and price.hosting in bare:
            of_machine = priced.of.setdefault((price.hosting, price.machine), {})
            of_machine[price.region] = price.usd_hour
    wanted: dict[str, list[str]] = {}
    for offer in offers:
        wanted.setdefault(offer.machine, []).append(offer.region)
    for name, regions in wanted.items():
        machine = by_name[name]
        hosting = next((way for way in machine.hostings if way in bare), None)
        own = priced.of.get((hosting or "", name))
        if hosting is None or own is None:
            continue
        family, kind = priced.in_family(hosting, machine), priced.of_kind(hosting, machine)
        for region in regions:
            sales = sold.get(name)
            if region in own or (sales is not None and "on-demand" not in sales.ways(region)):
                continue
            found = estimate(own, region, family, kind)
            if found is not None:
                yield RegionalPrice(
                    machine=name,
                    region=region,
                    hosting=hosting,
                    usd_hour=round(found[0], 6),
                    basis=found[1],
                    source=SOURCE,
                )


def estimate(
    own: Dollars, region: str, family: Iterable[Dollars], kind: Iterable[Iterable[Dollars]]
) -> tuple[float, Basis] | None:
    """USD an hour in a region of a machine priced elsewhere, and how it is known."""
    found = _times_ratio(own, region, family)
    if found is not None:
        return found, "derived"
    by_family = [
        usd_hour for each in kind if (usd_hour := _times_ratio(own, region, each)) is not None
    ]
    return (median(by_family), "assumed") if len(by_family) >= LEAST_FAMILIES else None


def _times_ratio(own: Dollars, region: str, others: Iterable[Dollars]) -> float | None:
    """The median over other machines, and over the regions that both have a price in."""
    estimates = [
        usd_hour * other[region] / other[elsewhere]
        for other in others
        if region in other
        for elsewhere, usd_hour in own.items()
        if elsewhere in other
    ]
    return median(estimates) if estimates else None


def _kind(machine: Machine) -> tuple[str, str, bool]:
    return machine.cloud, machine.architecture, machine.accelerator is not None


def read_and_derive(directory: Path = DIRECTORY) -> list[RegionalPrice]:
    """The prices that follow from the tables in a directory, in the order of offers.csv."""
    sales = sales_by_machine(_rows("sold", Sale, directory))
    return list(
        regional_prices(
            _rows("machines", Machine, directory),
            _rows("offers", Offer, directory),
            _rows("prices", Price, directory),
            sales,
            _rows("hostings", Hosting, directory),
        )
    )


def _rows(name: str, row: type[S], directory: Path) -> list[S]:
    table = TABLES[name]
    found: list[dict[str, Any]] = read_rows(
        path_of(name, directory), row, key=table.key, joined=table.joined
    )
    return [row(**values) for values in found]


def main() -> None:
    write_rows(path_of("regional_prices", DIRECTORY), read_and_derive(), RegionalPrice)


if __name__ == "__main__":
    main()

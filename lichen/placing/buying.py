"""Whether an offer can be bought in a way that the workload allows, and at which price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import PRICE_OF, Hosting, Machine, Offer, Price, Retired
from lichen.catalogue.sold import TAKEN_BACK, Sales, ways_priced
from lichen.document import InputError
from lichen.placing.placement import Rejected
from lichen.words import WayOfBuying
from lichen.workload import Workload


class Bought(msgspec.Struct, frozen=True, gc=False):
    """The cheapest allowed way of buying a machine in a region, and its price."""

    price: Price
    sold: WayOfBuying
    usd_hour: float


def ways_to_buy(workload: Workload) -> tuple[WayOfBuying, ...]:
    """The ways of buying that a workload allows: in production, none that can be taken back."""
    ways = dict.fromkeys(workload.where.ways)
    if workload.environment == "prod":
        return tuple(way for way in ways if way not in TAKEN_BACK)
    return tuple(ways)


def check_sold(workload: Workload) -> None:
    """Refuse a production endpoint on nothing but machines that can be taken back;
    :class:`InputError`."""
    if not ways_to_buy(workload):
        raise InputError(
            f"a production endpoint may not run on {' or '.join(workload.where.ways)} alone: "
            "the provider can take such machines back",
            fix="add a way that stays, such as sold: [on-demand, spot], or leave where.sold out",
            field="where.sold",
        )


def ways_of_hosting(hosting: Hosting, allowed: tuple[WayOfBuying, ...]) -> tuple[WayOfBuying, ...]:
    """Those of the allowed ways in which a hosting can be bought."""
    return tuple(way for way in allowed if not hosting.sold or way in hosting.sold)


def why_retired(rows: Iterable[Retired]) -> str | None:
    """Why no placement takes a machine, where its hardware is retired."""
    for row in rows:
        if row.refused and row.stack is None and not row.works:
            return f"retired: {about_retired(row)}"
    return None


def about_retired(row: Retired) -> str:
    """What is retired, with the day and the source."""
    return f"{row.what} ({row.since}, {row.source})"


def bought_by_region(
    machine: str, hosting: Hosting, ways: tuple[WayOfBuying, ...], catalogue: Catalogue
) -> Mapping[str, Bought]:
    """How a machine is bought on a hosting, by region; those where it cannot be are left out."""
    found = catalogue.once(_bought_by_region)
    key = (machine, hosting.name, ways)
    if key not in found:
        found[key] = dict(_each_bought(machine, hosting, ways, catalogue))
    return found[key]


def _bought_by_region(
    catalogue: Catalogue,
) -> dict[tuple[str, str, tuple[WayOfBuying, ...]], Mapping[str, Bought]]:
    """What :func:`bought_by_region` has found of a catalogue."""
    return {}


def _each_bought(
    machine: str, hosting: Hosting, ways: tuple[WayOfBuying, ...], catalogue: Catalogue
) -> Iterator[tuple[str, Bought]]:
    sales = catalogue.sales_of(machine)
    for region, price in catalogue.prices_of(machine, hosting.name).items():
        itself = sales is None or (hosting.sold and price.basis == "published")
        sold = ways if itself or sales is None else sales.ways(region).intersection(ways)
        priced = [(usd, way) for way in ways if way in sold and (usd := price.of(way)) is not None]
        if priced:
            usd_hour, way = min(priced, key=lambda each: each[0])
            yield region, Bought(price, way, usd_hour)


def why_not_bought(
    machine: Machine,
    offers: Iterable[Offer],
    hosting: Hosting,
    ways: tuple[WayOfBuying, ...],
    catalogue: Catalogue,
) -> Iterator[Rejected]:
    """Why each of these offers of a machine cannot be bought on a hosting."""
    prices, sales = (
        catalogue.prices_of(machine.name, hosting.name),
        catalogue.sales_of(machine.name),
    )
    for offer in offers:
        barred = sales and _why_barred(machine, offer.region, sales, ways, catalogue)
        kind, reason = barred or ("unknown", _why_unpriced(prices.get(offer.region), prices, ways))
        yield Rejected(machine=machine.name, region=offer.region, kind=kind, reason=reason)


def _why_barred(
    machine: Machine,
    region: str,
    sales: Sales,
    ways: tuple[WayOfBuying, ...],
    catalogue: Catalogue,
) -> tuple[str, str] | None:
    """The kind of reason and the reason why a provider does not sell a machine so in a region."""
    rows = sales.in_region(region)
    if not rows:
        publisher = catalogue.sources[sales.source].publisher
        listed = ", ".join(sales.zones()) or "other regions"
        return "zone", (
            f"no {machine.accelerator or machine.name} can be made in {region}: "
            f"{publisher} lists {listed}"
        )
    sold = sales.ways(region)
    if not sold:
        zones = ", ".join(row.zone or region for row in rows)
        return "zone", f"{zones} {_ACCESS[rows[0].access]}"
    if not sold.intersection(ways):
        return "sold", f"sold only {sold_as(sold)}"
    return None


_ACCESS = {
    "allowlist": "is open to customers on an allowlist only",
    "single-tenant": "was dedicated to single customers, and the provider's page lists it no more",
}


def sold_as(ways: Iterable[WayOfBuying]) -> str:
    """``as spot or flex-start``: ways of buying in the order of the vocabulary."""
    return f"as {' or '.join(way for way in PRICE_OF if way in ways)}"


def _why_unpriced(
    price: Price | None, prices: Mapping[str, Price], ways: tuple[WayOfBuying, ...]
) -> str:
    if price is not None:
        return f"no price {sold_as(ways)} is known, only {sold_as(ways_priced(price))}"
    if not prices:
        return "price not known: the catalogue has none of this machine"
    return "price not known, and none follows from other regions"

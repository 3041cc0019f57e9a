"""How old each source's figures are, and which of them are too old to use without a warning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Offer, Price, Region, Source


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """A source's figures and their age in days.

    ``max_age_days`` is ``None`` for figures that do not age.
    """

    source: str
    title: str
    fetched: str
    age_days: int
    max_age_days: int | None
    used_for: str

    @property
    def stale(self) -> bool:
        return self.max_age_days is not None and self.age_days > self.max_age_days


def sources_by_age(catalogue: Catalogue, today: date) -> tuple[Age, ...]:
    """Every source's age on a day, the one furthest over its limit first."""
    ages = [_age(source, source.fetched, today) for source in catalogue.sources.values()]
    return tuple(sorted(ages, key=lambda age: (_left_days(age), age.source)))


def stale_sources(catalogue: Catalogue, today: date) -> tuple[Age, ...]:
    """The sources over their limit of age on a day."""
    return tuple(age for age in sources_by_age(catalogue, today) if age.stale)


def staleness_notes(
    catalogue: Catalogue,
    region: Region,
    machine: Machine,
    offer: Offer,
    price: Price | None,
    today: date,
) -> tuple[str, ...]:
    """The warnings of an answer that uses these rows; empty while they are fresh.

    A price is as old as its own date, where it has one; everything else as its source.
    """
    used: list[tuple[str, str | None, str | None]] = [
        ("grid intensity", region.grid_source, None),
        ("PUE", region.pue_source, None),
        *(() if price is None else _of_price(catalogue, price)),
        *(("availability", lister, None) for lister in offer.listed_by[:1]),
        ("machine's shape", machine.source, None),
    ]
    notes = []
    for what, source_id, as_of in used:
        if source_id is None:
            continue
        source = catalogue.sources[source_id]
        age = _age(source, as_of or source.fetched, today)
        if age.stale:
            notes.append(
                f"the {what} dates from {age.fetched} ({source_id}) and is older than its limit "
                f"of {age.max_age_days} days"
            )
    return tuple(notes)


def _of_price(catalogue: Catalogue, price: Price) -> Iterator[tuple[str, str, str | None]]:
    """A price and its date; one that follows from another is as old as that one, and its markup."""
    hosting = catalogue.hostings[price.hosting]
    if price.basis == "published" or hosting.base is None:
        yield "price", price.source, price.as_of
        return
    base = catalogue.price(price.machine, price.region, hosting.base)
    if base is not None:
        yield from _of_price(catalogue, base)
    yield f"{hosting.title} markup", price.source, price.as_of


def _age(source: Source, fetched: str, today: date) -> Age:
    return Age(
        source=source.id,
        title=source.title,
        fetched=fetched,
        age_days=(today - _day(fetched)).days,
        max_age_days=source.max_age_days,
        used_for=source.used_for,
    )


def _day(written: str) -> date:
    """A day; of a month or a year alone it is the first: a figure is never taken for younger."""
    year, month, day = (*written.split("-"), "1", "1")[:3]
    return date(int(year), int(month), int(day))


def _left_days(age: Age) -> float:
    return float("inf") if age.max_age_days is None else age.max_age_days - age.age_days

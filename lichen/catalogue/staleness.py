"""How old what we hold is, and what is too old to rest a decision on without saying so."""

from __future__ import annotations

from datetime import date

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Offer, Region, Source


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """A source's figures and their age in days.

    ``max_age_days`` is ``None`` for figures that do not age. ``tables`` are those that it feeds.
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


def ages(catalogue: Catalogue, today: date) -> tuple[Age, ...]:
    """Every source's age on a day, the one furthest past its age first."""
    held = [_age(source, source.fetched, today) for source in catalogue.sources.values()]
    return tuple(sorted(held, key=lambda age: (_left_days(age), age.source)))


def stale(catalogue: Catalogue, today: date) -> tuple[Age, ...]:
    """The sources past their age on a day."""
    return tuple(age for age in ages(catalogue, today) if age.stale)


def notes(
    catalogue: Catalogue, region: Region, machine: Machine, offer: Offer, today: date
) -> tuple[str, ...]:
    """What an answer that rests on these rows must say of their age; empty while they are fresh.

    A price is as old as its own date, where it has one; everything else as its source.
    """
    rests_on: dict[str, tuple[str, str | None]] = {}
    for what, named, as_of in (
        ("grid intensity", region.grid_source, None),
        ("PUE", region.pue_source, None),
        ("price", offer.price_source, offer.price_as_of),
        ("SageMaker price", offer.sagemaker_source, None),
        *(("availability", lister, None) for lister in offer.listed_by[:1]),
        ("shape", machine.source, None),
    ):
        if named is not None:
            rests_on[what] = (named, as_of)
    told = []
    for what, (source_id, as_of) in rests_on.items():
        source = catalogue.sources[source_id]
        age = _age(source, as_of or source.fetched, today)
        if age.stale:
            told.append(
                f"the {what} is of {age.fetched} ({source_id}), past its age of "
                f"{age.max_age_days} days"
            )
    return tuple(told)


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
    """A day, or the first of a month or a year where no more is told: never taken for younger."""
    year, month, day = (*written.split("-"), "1", "1")[:3]
    return date(int(year), int(month), int(day))


def _left_days(age: Age) -> float:
    return float("inf") if age.max_age_days is None else age.max_age_days - age.age_days

"""What is past its age is named, and an answer that rests on it says so."""

from __future__ import annotations

from datetime import date, timedelta

from lichen.catalogue import load
from lichen.catalogue.staleness import ages, notes, stale

FIRST = date(2026, 1, 22)
"""The day after the oldest price list was taken."""


def test_nothing_is_stale_on_its_first_day_and_all_that_ages_is_in_ten_years() -> None:
    catalogue = load()
    old = FIRST + timedelta(days=3650)
    aging = {source.id for source in catalogue.sources.values() if source.max_age_days is not None}
    assert {age.source for age in stale(catalogue, old)} == aging
    assert {age.source for age in stale(catalogue, FIRST)} == set()
    assert len(ages(catalogue, old)) == len(catalogue.sources)


def test_the_furthest_past_its_age_comes_first() -> None:
    found = stale(load(), date(2027, 3, 1))
    assert found[0].source == "vantage"
    assert found[0].age_days == 404
    assert all(age.age_days > (age.max_age_days or 0) for age in found)


def test_an_answer_says_which_of_its_rows_are_old() -> None:
    catalogue = load()
    offer = next(o for o in catalogue.offers_of("inf2.xlarge") if o.region == "us-west-2")
    rests = catalogue.region("us-west-2"), catalogue.machine("inf2.xlarge"), offer
    assert notes(catalogue, *rests, FIRST) == ()
    told = notes(catalogue, *rests, date(2026, 11, 23))
    assert told == ("the price is of 2026-01-21 (vantage), past its age of 180 days",)
    assert len(notes(catalogue, *rests, date(2029, 1, 1))) > 3


def test_a_price_dated_by_its_year_alone_is_taken_for_the_oldest() -> None:
    catalogue = load()
    offer = next(o for o in catalogue.offers_of("ct5lp-hightpu-1t") if o.price_as_of == "2026")
    rests = catalogue.region(offer.region), catalogue.machine(offer.machine), offer
    told = notes(catalogue, *rests, date(2026, 7, 2))
    assert told[0].startswith("the price is of 2026")

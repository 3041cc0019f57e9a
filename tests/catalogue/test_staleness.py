"""What is past its age is named, and an answer that rests on it says so."""

from __future__ import annotations

from datetime import date, timedelta

from lichen.catalogue import load
from lichen.catalogue.staleness import sources_by_age, stale_sources, staleness_notes

FIRST = date(2026, 1, 22)
"""The day after the oldest price list was taken."""


def test_nothing_is_stale_on_its_first_day_and_all_that_ages_is_in_ten_years() -> None:
    catalogue = load()
    old = FIRST + timedelta(days=3650)
    aging = {source.id for source in catalogue.sources.values() if source.max_age_days is not None}
    assert {age.source for age in stale_sources(catalogue, old)} == aging
    assert {age.source for age in stale_sources(catalogue, FIRST)} == set()
    assert len(sources_by_age(catalogue, old)) == len(catalogue.sources)


def test_the_furthest_past_its_age_comes_first() -> None:
    found = stale_sources(load(), date(2027, 3, 1))
    assert found[0].source == "vantage"
    assert found[0].age_days == 404
    assert all(age.age_days > (age.max_age_days or 0) for age in found)


def test_an_answer_says_which_of_its_rows_are_old() -> None:
    catalogue = load()
    offer = next(o for o in catalogue.offers_of("inf2.xlarge") if o.region == "us-west-2")
    price = catalogue.price("inf2.xlarge", "us-west-2", "sagemaker")
    rows = catalogue.region("us-west-2"), catalogue.machine("inf2.xlarge"), offer, price
    assert staleness_notes(catalogue, *rows, FIRST) == ()
    assert staleness_notes(catalogue, *rows, date(2026, 11, 23)) == (
        "the price dates from 2026-01-21 (vantage) and is older than its limit of 180 days",
    )
    late = staleness_notes(catalogue, *rows, date(2029, 1, 1))
    assert (
        "the SageMaker markup dates from 2026-11-22 (fmbench) and is older than its limit of "
        "365 days"
    ) in late
    assert len(late) > 3


def test_a_price_dated_by_its_year_alone_is_taken_for_the_oldest() -> None:
    catalogue = load()
    prices = catalogue.prices_of("ct5lp-hightpu-1t", "tpu-vm").values()
    price = next(price for price in prices if price.as_of == "2026")
    offers = catalogue.offers_of("ct5lp-hightpu-1t")
    offer = next(offer for offer in offers if offer.region == price.region)
    rows = catalogue.region(price.region), catalogue.machine(price.machine), offer, price
    assert staleness_notes(catalogue, *rows, date(2026, 7, 2))[0] == (
        "the price dates from 2026 (skypilot-tpu) and is older than its limit of 180 days"
    )

"""A refresh takes over what an API lists, and brings back nothing that cannot be bought."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Offer, Price
from lichen.placing.buying import bought_by_region
from refresh import aws, google, google_api
from refresh.availability import put_price
from refresh.draft import Draft

TODAY = date(2026, 11, 23)


def drafted(draft: Draft) -> Catalogue:
    """The tables with the draft put in place."""
    with draft.staged() as staged:
        draft.put_in_place(staged)
    return Catalogue(draft.directory)


def test_a_zone_that_the_api_lists_and_the_page_does_not_stays_out(tables: Path) -> None:
    draft = Draft(tables)
    shape = google_api.MachineShape(
        vcpu=44, memory_gib=176, arm=False, accelerator="ct6e", accelerators=1,
        regions=["asia-south1", "us-central1", "europe-west1"],
    )  # fmt: skip
    live = ["asia-south1", "us-central1", "europe-west1"]
    google.apply_offerings(draft, {"ct6e-standard-1t": shape}, live, {"ct6e": live})
    catalogue = drafted(draft)
    listed = {offer.region for offer in catalogue.offers_of("ct6e-standard-1t")}
    assert set(live) <= listed
    bought = bought_by_region(
        "ct6e-standard-1t", catalogue.hostings["tpu-vm"], ("on-demand",), catalogue
    )
    assert "us-central1" in bought
    assert not {"asia-south1", "europe-west1"} & set(bought)


def test_the_sum_of_the_parts_is_no_price_of_what_is_not_sold_so(tables: Path) -> None:
    """A3 High with one GPU is sold as spot or flex-start only."""
    draft = Draft(tables)
    name, region = "a3-highgpu-1g", "us-central1"
    price = Price(
        machine=name, region=region, hosting="compute-engine", usd_hour=11.0, spot_usd_hour=3.0,
        source="google-billing",
    )  # fmt: skip
    left_out = put_price(draft, price)
    assert left_out == [
        f"{name} in {region} has a price as on-demand, and is not sold so (sold.csv)"
    ]
    kept = drafted(draft).price(name, region, "compute-engine")
    assert kept is not None
    assert (kept.usd_hour, kept.spot_usd_hour) == (None, 3.0)


def test_an_on_demand_price_of_a_capacity_block_is_named_and_not_taken(tables: Path) -> None:
    draft = Draft(tables)
    notes = aws.apply_prices(
        draft, "us-east-2", "ec2", {"p5e.48xlarge": 40.0, "inf2.xlarge": 0.7}, TODAY
    )
    assert notes == [
        "p5e.48xlarge in us-east-2 has a price as on-demand, and is not sold so (sold.csv)"
    ]
    catalogue = drafted(draft)
    assert catalogue.price("p5e.48xlarge", "us-east-2", "ec2") is None
    taken = catalogue.price("inf2.xlarge", "us-east-2", "ec2")
    assert taken is not None
    assert taken.usd_hour == 0.7


def test_prices_that_follow_from_other_regions_follow_a_refresh(tables: Path) -> None:
    """m9g is priced in one region; the others follow it."""
    before = Catalogue(tables).price("m9g.large", "eu-central-1", "ec2")
    draft = Draft(tables)
    prices = draft.rows("prices", Price)
    key = ("m9g.large", "us-east-1", "ec2")
    usd_hour = prices[key].usd_hour
    assert before is not None
    assert before.usd_hour is not None
    assert usd_hour is not None
    aws.apply_prices(draft, "us-east-1", "ec2", {"m9g.large": usd_hour * 2}, TODAY)
    after = drafted(draft).price("m9g.large", "eu-central-1", "ec2")
    assert after is not None
    assert after.usd_hour is not None
    assert abs(after.usd_hour / before.usd_hour - 2) < 1e-4
    assert (before.basis, after.basis) == ("assumed", "assumed")


def test_an_offer_that_is_gone_has_no_price_that_follows(tables: Path) -> None:
    draft = Draft(tables)
    del draft.rows("offers", Offer)["m9g.large", "eu-central-1"]
    assert drafted(draft).price("m9g.large", "eu-central-1", "ec2") is None

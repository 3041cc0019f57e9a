"""An organisation's own rows: laid over the installed ones, named as such, refused when wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from lichen_doors.report import explain

from lichen.catalogue import Catalogue, load
from lichen.document import InputError
from lichen.grid import classify

SOURCES = """
[acme]
title = "Acme's contract and meters"
publisher = "Acme"
where = "acme.example/green"
version = "2026"
fetched = "2026-11-01"
licence = "internal"
used_for = "our own data centre and prices"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "sources.toml").write_text(SOURCES)
    return tmp_path


def write(own: Path, table: str, text: str) -> Catalogue:
    (own / f"{table}.csv").write_text(text)
    return Catalogue(overlay=own)


def test_a_cell_is_replaced_and_told(own: Path) -> None:
    catalogue = write(own, "regions", "name,pue,pue_source\nus-west-2,1.05,acme\n")
    assert catalogue.region("us-west-2").pue == 1.05
    assert catalogue.region("us-west-2").grid_gco2e_kwh == load().region("us-west-2").grid_gco2e_kwh
    assert catalogue.region("us-east-1") == load().region("us-east-1")
    assert catalogue.own("regions", "us-west-2") == ("pue", "pue_source")
    assert catalogue.own("regions", "us-east-1") == ()
    assert catalogue.sources["acme"].publisher == "Acme"
    assert explain.story(catalogue, "us-west-2")["own"] == ("pue", "pue_source")


def test_an_own_grid_figure_is_a_reading_and_votes(own: Path) -> None:
    catalogue = write(
        own, "regions",
        "name,grid_gco2e_kwh,grid_year,grid_source\nus-west-2,450,2025,acme\n",
    )  # fmt: skip
    region = catalogue.region("us-west-2")
    assert region.grid_gco2e_kwh == 450
    assert classify(region).agreement == "leaning"
    assert classify(region).high_votes == 1


def test_an_own_region_is_added_whole_or_refused(own: Path) -> None:
    catalogue = write(
        own, "regions",
        "name,cloud,partition,place,confidence,pue,pue_source\n"
        "acme-1,aws,acme,Basement,high,1.4,acme\n",
    )  # fmt: skip
    assert catalogue.region("acme-1").grid_gco2e_kwh is None
    assert classify(catalogue.region("acme-1")).level == "unknown"
    catalogue = write(own, "regions", "name,pue,pue_source\nacme-1,1.4,acme\n")
    with pytest.raises(InputError, match=r"regions\.csv: acme-1 is new and lacks cloud"):
        _ = catalogue.regions


def test_a_contract_price_moves_the_offer_and_its_hosted_price(own: Path) -> None:
    catalogue = write(
        own, "offers",
        "machine,region,usd_hour,price_source\ninf2.xlarge,us-west-2,0.5,acme\n",
    )  # fmt: skip
    offer = next(o for o in catalogue.offers_of("inf2.xlarge") if o.region == "us-west-2")
    assert offer.usd_hour == 0.5
    assert offer.sagemaker_usd_hour == pytest.approx(0.5 * 1.3057)
    assert offer.listed_by == ("aws-ec2", "vantage")
    assert catalogue.own("offers", "inf2.xlarge us-west-2") == ("usd_hour", "price_source")
    others = [o for o in catalogue.offers_of("inf2.xlarge") if o.region != "us-west-2"]
    assert others == [o for o in load().offers_of("inf2.xlarge") if o.region != "us-west-2"]
    assert len(catalogue.offers) == len(load().offers)


def test_the_copies_that_all_share_never_hold_an_overlay(own: Path, tables: Path) -> None:
    (own / "machines.csv").write_text(
        "name,sagemaker_markup_low,sagemaker_markup_likely,sagemaker_markup_high,"
        "sagemaker_markup_source\ninf2.xlarge,2,2,2,acme\n"
    )
    with_own = Catalogue(tables, overlay=own)
    assert with_own.machine("inf2.xlarge").sagemaker_markup.likely == 2
    assert len(with_own.offers) == len(load().offers)
    assert Catalogue(tables).offers == load().offers


def test_an_own_sagemaker_price_is_published(own: Path) -> None:
    catalogue = write(
        own, "offers",
        "machine,region,sagemaker_usd_hour,sagemaker_source\ninf2.xlarge,us-west-2,0.61,acme\n",
    )  # fmt: skip
    offer = next(o for o in catalogue.offers_of("inf2.xlarge") if o.region == "us-west-2")
    assert (offer.sagemaker_usd_hour, offer.sagemaker_basis) == (0.61, "published")


@pytest.mark.parametrize(
    ("table", "text", "wrong"),
    [
        ("regions", "name,pue\nus-west-2,1.05\n", "pue of us-west-2 has no source"),
        ("regions", "name,pue,pue_source\nus-west-2,1.05,acne\n", "did you mean 'acme'"),
        ("regions", "name,peu\nus-west-2,1.05\n", "did you mean 'pue'"),
        ("regions", "pue,pue_source\n1.05,acme\n", "column 'name' is missing"),
        ("offers", "machine,region,usd_hour,price_source\ninf2.xl,us-west-2,1,acme\n",
         "did you mean 'inf2.xlarge'"),
        ("offers", "machine,region,usd_hour,price_source\ninf2.xlarge,us-wst-2,1,acme\n",
         "did you mean 'us-west-2'"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused(own: Path, table: str, text: str, wrong: str) -> None:
    catalogue = write(own, table, text)
    with pytest.raises(InputError) as refused:
        _ = getattr(catalogue, table)
    assert wrong in str(refused.value)
    assert f"{table}.csv" in str(refused.value)


def test_a_file_that_is_no_table_is_refused(own: Path) -> None:
    (own / "region.csv").write_text("name\n")
    with pytest.raises(InputError, match=r"region\.csv is not a table.*regions\.csv"):
        Catalogue(overlay=own)
    with pytest.raises(InputError, match="is not a directory"):
        Catalogue(overlay=own / "nowhere")

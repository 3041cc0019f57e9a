"""An organisation's own rows: laid over the installed ones, named as such, refused when wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from lichen_doors.report import explain

from lichen.catalogue import Catalogue, load
from lichen.catalogue.overlay import READ, check
from lichen.catalogue.schema import MEASURED, TABLES
from lichen.document import InputError
from lichen.grid import classify
from lichen.placing.question import model_card
from lichen.workload import as_workload

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


PRICE = "machine,region,hosting,usd_hour,source\n"


def write(own: Path, table: str, text: str) -> Catalogue:
    (own / f"{table}.csv").write_text(text)
    return Catalogue(overlay=own)


def test_a_cell_is_replaced_and_shown(own: Path) -> None:
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
    catalogue = write(own, "prices", PRICE + "inf2.xlarge,us-west-2,ec2,0.5,acme\n")
    bare = catalogue.price("inf2.xlarge", "us-west-2", "ec2")
    assert (bare.usd_hour, bare.source, bare.as_of) == (0.5, "acme", None)
    hosted = catalogue.price("inf2.xlarge", "us-west-2", "sagemaker")
    assert (hosted.usd_hour, hosted.basis) == (pytest.approx(0.5 * 1.3057), "assumed")
    assert catalogue.own("prices", "inf2.xlarge us-west-2 ec2") == ("usd_hour", "source")
    for hosting in ("ec2", "sagemaker"):
        prices = dict(catalogue.prices_of("inf2.xlarge", hosting))
        installed = dict(load().prices_of("inf2.xlarge", hosting))
        assert prices.pop("us-west-2") != installed.pop("us-west-2")
        assert prices == installed
    assert catalogue.offers == load().offers


def test_an_own_machine_offer_and_hosting_are_added(own: Path) -> None:
    (own / "hostings.csv").write_text(
        "name,cloud,title,kind,base,unit,source\ncolo,aws,Our colocation,compute,,machines,acme\n"
    )
    (own / "machines.csv").write_text(
        "name,cloud,family,vcpu,architecture,processor,accelerators,hostings,source\n"
        "acme-1,aws,acme,64,x86_64,Skylake,0,colo,acme\n"
    )
    (own / "offers.csv").write_text("machine,region,listed_by\nacme-1,us-west-2,acme\n")
    catalogue = write(own, "prices", PRICE + "acme-1,us-west-2,colo,0.2,acme\n")
    (hosting,) = catalogue.hostings_of(catalogue.machine("acme-1"))
    assert hosting.title == "Our colocation"
    assert catalogue.price("acme-1", "us-west-2", "colo").usd_hour == 0.2
    assert [offer.region for offer in catalogue.offers_of("acme-1")] == ["us-west-2"]
    assert catalogue.own("hostings", "colo")[0] == "cloud"


def test_the_copies_that_all_share_never_hold_an_overlay(own: Path, tables: Path) -> None:
    (own / "markups.csv").write_text(
        "hosting,machine,family,accelerated,markup_low,markup_likely,markup_high,basis,source\n"
        "sagemaker,inf2.xlarge,,,2,2,2,published,acme\n"
    )
    with_own = Catalogue(tables, overlay=own)
    bare, hosted = (
        with_own.price("inf2.xlarge", "us-west-2", hosting) for hosting in ("ec2", "sagemaker")
    )
    assert (hosted.usd_hour, hosted.source) == (pytest.approx(2 * bare.usd_hour), "acme")
    assert with_own.prices == load().prices
    assert Catalogue(tables).prices == load().prices
    assert Catalogue(tables).prices_of("inf2.xlarge", "sagemaker") == load().prices_of(
        "inf2.xlarge", "sagemaker"
    )


def test_an_own_price_of_a_managed_hosting_is_published(own: Path) -> None:
    catalogue = write(own, "prices", PRICE + "inf2.xlarge,us-west-2,sagemaker,0.61,acme\n")
    price = catalogue.price("inf2.xlarge", "us-west-2", "sagemaker")
    assert (price.usd_hour, price.basis, price.source) == (0.61, "published", "acme")


@pytest.mark.parametrize(
    ("table", "text", "wrong"),
    [
        ("regions", "name,pue\nus-west-2,1.05\n", "pue of us-west-2 has no source"),
        ("regions", "name,pue,pue_source\nus-west-2,1.05,acne\n", "did you mean 'acme'"),
        ("regions", "name,peu\nus-west-2,1.05\n", "did you mean 'pue'"),
        ("regions", "pue,pue_source\n1.05,acme\n", "column 'name' is missing"),
        ("prices", f"{PRICE}inf2.xl,us-west-2,ec2,1,acme\n", "did you mean 'inf2.xlarge'"),
        ("prices", f"{PRICE}inf2.xlarge,us-wst-2,ec2,1,acme\n", "did you mean 'us-west-2'"),
        ("prices", f"{PRICE}inf2.xlarge,us-west-2,sagemakr,1,acme\n", "did you mean 'sagemaker'"),
        ("prices", f"{PRICE}inf2.xlarge,us-west-2,ec2,,acme\n",
         "inf2.xlarge in us-west-2 on EC2 has no price. Fix: fill in one of usd_hour"),
        ("prices", "machine,region,hosting,reservation_usd_hour,source\n"
                   "inf2.xlarge,us-west-2,ec2,1,acme\n",
         "inf2.xlarge in us-west-2 on EC2 is not sold as reservation"),
        ("prices", "machine,region,hosting,spot_usd_hour,source\n"
                   "inf2.xlarge,us-west-2,sagemaker,1,acme\n",
         "inf2.xlarge in us-west-2 on SageMaker is not sold as spot"),
        ("offers", "machine,region,usd_hour\ninf2.xlarge,us-west-2,1\n",
         "'usd_hour' is not a column of this table. Fix: write prices into prices.csv"),
        ("machines", "name,sagemaker_markup_low\ninf2.xlarge,2\n",
         "write it into markups.csv: hosting, machine, markup_low"),
        ("machines", "name,service\ninf2.xlarge,ec2\n", "name its hostings"),
        ("machines", "name,hostings\ninf2.xlarge,sagmaker;ec2\n", "did you mean 'sagemaker'"),
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


@pytest.mark.parametrize(
    ("table", "instead"),
    [
        ("regional_prices", "write prices into prices.csv"),
        ("energy_measurements", "name benchmark records in a workload's evidence"),
        ("estimates", "write what you know of the machine itself into machines.csv"),
        ("processors", "write what you know of the machine itself into machines.csv"),
        ("readings", "write grid_gco2e_kwh, grid_year and grid_source into regions.csv"),
        ("measurements", "name benchmark records in a workload's evidence"),
        ("price_pairs", "write the price into prices.csv, or the markup into markups.csv"),
    ],
)
def test_an_own_table_that_nothing_reads_is_refused(own: Path, table: str, instead: str) -> None:
    """With what to write instead, and the tables that are read."""
    with pytest.raises(InputError) as refused:
        write(own, table, "name\n")
    said = str(refused.value)
    assert said.startswith(f"{own}: {table}.csv is not read from your own rows. Fix: {instead}")
    assert said.endswith(f"; these are read: {', '.join(READ)}.")
    assert table not in READ


@pytest.mark.parametrize("table", [*TABLES, *sorted(MEASURED)])
def test_every_table_of_the_catalogue_is_read_or_refused(own: Path, table: str) -> None:
    (own / f"{table}.csv").write_text("name\n")
    if table in READ:
        check(own)
        return
    with pytest.raises(InputError, match="these are read: "):
        check(own)


@pytest.mark.parametrize("name", ["PRICES.CSV", "price.csv", "notes.toml"])
def test_a_misnamed_table_is_not_passed_over(own: Path, name: str) -> None:
    (own / name).write_text("name\n")
    with pytest.raises(InputError, match="is not a table"):
        check(own)


def test_tables_in_a_folder_are_not_passed_over(own: Path) -> None:
    (own / "published").mkdir()
    (own / "published" / "prices.csv").write_text(PRICE)
    with pytest.raises(InputError, match="tables in the folder published are not read"):
        check(own)


def test_a_chips_own_rates_are_read_and_its_watts_are_refused(own: Path) -> None:
    catalogue = write(own, "chips", "name,bandwidth_gb_s,rates_source\nNVIDIA L4,250,acme\n")
    assert catalogue.chips["NVIDIA L4"].bandwidth_gb_s == 250
    for column in ("tdp_w_likely", "idle_w", "embodied_kgco2e_low"):
        catalogue = write(own, "chips", f"name,{column},source\nNVIDIA L4,1,acme\n")
        with pytest.raises(InputError, match=r"into machines\.csv"):
            _ = catalogue.chips


def test_an_own_row_that_is_added_names_a_source_that_is_described(own: Path) -> None:
    catalogue = write(own, "residency", "residency,country,source\nACME,DE,acne\n")
    with pytest.raises(InputError, match=r"residency\.csv: source: 'acne' is not a source"):
        _ = catalogue.residency


def test_a_wrong_row_of_models_is_its_table_s_mistake_and_not_the_workload_s(
    tmp_path: Path,
) -> None:
    (tmp_path / "models.csv").write_text("name,kind,parameters\nacme/one,llm,-4\n")
    workload = as_workload(
        {"name": "one", "model": "acme/one", "traffic": {"peak_rps": 1}}, tmp_path
    )
    with pytest.raises(InputError) as refused:
        model_card(workload, Catalogue(overlay=tmp_path))
    assert refused.value.document == "models.csv"


OUT_OF_RANGE = [
    ("machines", "name,accelerators,source\np4d.24xlarge,-8,acme\n", "accelerators: '-8'"),
    ("machines", "name,vcpu,source\np4d.24xlarge,nan,acme\n", "vcpu: 'nan'"),
    ("machines", "name,idle_w_low,idle_w_likely,idle_w_high,power_source\n"
                 "p4d.24xlarge,-3,1,2,acme\n", "idle_w_low: '-3'"),
    ("regions", "name,grid_gco2e_kwh,grid_year,grid_source\nus-west-2,-500,2025,acme\n",
     "grid_gco2e_kwh: '-500'"),
    ("regions", "name,grid_gco2e_kwh,grid_year,grid_source\nus-west-2,50,20255,acme\n",
     "grid_year: '20255'"),
    ("regions", "name,pue,pue_source\nus-west-2,-5,acme\n", "pue: '-5'"),
    ("regions", "name,pue,pue_source\nus-west-2,1e300,acme\n", "pue: '1e300'"),
    ("regions", "name,pue,pue_source\nus-west-2,0.9,acme\n", "pue: '0.9'"),
    ("prices", f"{PRICE}inf2.xlarge,us-west-2,ec2,-5,acme\n", "usd_hour: '-5'"),
    ("prices", "machine,region,hosting,usd_hour,as_of,source\n"
               "inf2.xlarge,us-west-2,ec2,1,2026-13-01,acme\n", "as_of: '2026-13-01'"),
    ("prices", "machine,region,hosting,usd_hour,as_of,source\n"
               "inf2.xlarge,us-west-2,ec2,1,2026-02-30,acme\n", "as_of: '2026-02-30'"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "text", "cell"), OUT_OF_RANGE)
def test_a_number_out_of_range_is_refused_before_anybody_needs_it(
    own: Path, table: str, text: str, cell: str
) -> None:
    (own / f"{table}.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        load(overlay=own)
    assert str(refused.value).startswith(f"{own.name}/{table}.csv: row 2, {cell} where ")

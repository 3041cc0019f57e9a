"""The installed tables hold no offer, price or machine that cannot be bought as they say."""

from __future__ import annotations

from itertools import product

import pytest

from lichen.catalogue import Catalogue, load
from lichen.catalogue.schema import PRICE_OF, Price, Retired, Sale
from lichen.catalogue.sold import Sales, check_price, sales_by_machine, ways_unsold
from lichen.clouds import CLOUDS
from lichen.document import InputError
from lichen.placing.buying import bought_by_region, why_retired
from tests.fixed import fixed


@pytest.fixture
def catalogue() -> Catalogue:
    """The installed tables: these tests are of their rows."""
    return load()


EVERYBODY = {
    "ct6e": {
        "us-central1", "us-east1", "us-east5", "europe-west4", "asia-northeast1",
        "southamerica-west1",
    },
    "ct5lp": {"us-central1", "us-south1", "us-west1", "us-west4", "europe-west4"},
    "ct5p": {"us-central1", "us-east5", "europe-west4"},
    "ct4p": {"us-central2"},
    "tpu7x": {"us-central1"},
}  # fmt: skip
"""Regions where Google's page "TPU regions and zones" lists a family, allowlists left out."""


@pytest.mark.parametrize("family", EVERYBODY)
def test_a_tpu_is_bought_where_the_page_lists_it_and_nowhere_else(
    catalogue: Catalogue, family: str
) -> None:
    machines = [row for row in catalogue.machines.values() if row.family == family]
    assert machines
    for machine in machines:
        sales = catalogue.sales_of(machine.name)
        assert sales is not None
        offered = {offer.region for offer in catalogue.offers_of(machine.name)}
        assert {region for region in offered if sales.ways(region)} <= EVERYBODY[family]
        assert {region for region in sales.by_region if sales.ways(region)} == EVERYBODY[family]
        hosting = catalogue.hostings["tpu-vm"]
        bought = bought_by_region(machine.name, hosting, tuple(PRICE_OF), catalogue)
        assert set(bought) <= EVERYBODY[family]


def test_every_price_is_of_a_way_of_buying_that_exists(catalogue: Catalogue) -> None:
    assert not [
        (price.machine, price.region, unsold)
        for price in catalogue.prices
        if (
            unsold := ways_unsold(
                price, catalogue.hostings[price.hosting], catalogue.sales_of(price.machine)
            )
        )
    ]


@pytest.mark.parametrize(
    "machine", ["a3-highgpu-1g", "a3-highgpu-2g", "a3-highgpu-4g", "a3-ultragpu-8g",
                "a4-highgpu-8g", "a4x-highgpu-4g", "trn2.48xlarge", "p5e.48xlarge"],
)  # fmt: skip
def test_what_is_not_sold_on_demand_has_no_such_price(catalogue: Catalogue, machine: str) -> None:
    for hosting in catalogue.machine(machine).hostings:
        prices = catalogue.prices_of(machine, hosting).values()
        assert all(price.usd_hour is None for price in prices)


def test_rows_name_machines_and_zones_of_their_region(catalogue: Catalogue) -> None:
    for row in catalogue.table("sold", Sale):
        assert row.machine in catalogue.machines
        assert row.region is None or row.region in catalogue.regions
        assert row.zone is None or row.zone.startswith(f"{row.region}-")
        assert row.sold


def test_retired_hardware_is_refused_by_its_row(catalogue: Catalogue) -> None:
    for name in ("inf1.xlarge", "p3.2xlarge"):
        reason = why_retired(catalogue.retired(catalogue.machine(name)))
        assert reason is not None
        assert reason.startswith("retired: ")
    for row in catalogue.table("retired", Retired):
        assert row.machine_family or row.chip_family or row.stack, row.what
        assert row.source in catalogue.sources


def test_what_is_retired_of_hardware_is_known_for_each_cloud(catalogue: Catalogue) -> None:
    rows = [
        row
        for row in catalogue.table("retired", Retired)
        if (row.machine_family or row.chip_family) and row.stack is None and not row.works
    ]
    assert {row.cloud for row in rows} > {"google"}
    for row, cloud in [*product(rows, CLOUDS)] * 2:  # the second time from what is kept
        found = catalogue.retired_hardware(row.machine_family, row.chip_family, cloud)
        assert (row in found) == (row.cloud in (None, cloud))


INF2 = Price(
    machine="inf2.xlarge", region="us-west-2", hosting="ec2", spot_usd_hour=0.2, source="vantage"
)


def test_a_price_of_a_way_that_does_not_exist_is_refused() -> None:
    hostings = fixed().hostings
    everywhere = sales_by_machine(
        [Sale(machine="inf2.xlarge", region=None, zone=None, sold=("on-demand",), source="a-page")]
    )["inf2.xlarge"]
    check_price(INF2, hostings["ec2"], None)
    with pytest.raises(InputError, match=r"inf2\.xlarge in us-west-2 on EC2 is not sold as spot"):
        check_price(INF2, hostings["ec2"], everywhere)
    with pytest.raises(InputError, match="on SageMaker is not sold as spot"):
        check_price(INF2, hostings["sagemaker"], None)
    elsewhere = Sales({"us-east-1": everywhere.elsewhere}, ())
    with pytest.raises(InputError, match="is not sold as spot"):
        check_price(INF2, hostings["ec2"], elsewhere)

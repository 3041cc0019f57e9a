"""Refreshes over plain HTTP, against short recordings in the publishers' own formats.

The recordings are written by hand: the columns and keys are the publishers', the rows few.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Image, Reading, Registry
from refresh import (
    azure,
    eia,
    electricity_maps,
    entsoe,
    google_carbon,
    images,
    owid,
    real_time_cloud,
)

Answer = Callable[[httpx.Request], httpx.Response]
IMAGE_TABLES = Path(__file__).parent / "image_tables"
GIVEN = ["--today", "2026-11-23"]


def run(module: Any, tables: Path, answer: Answer, *more: str) -> int:
    arguments = ["--tables", str(tables), *GIVEN, *more]
    return module.main(arguments, httpx.MockTransport(answer))


def reading(tables: Path, region: str, source: str, method: str = "location-average") -> Reading:
    readings = Catalogue(tables).region(region).readings
    return next(r for r in readings if (r.source, r.method) == (source, method))


def contents(tables: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}


# --- Google's carbon table ----------------------------------------------------------------------

GOOGLE_2025 = """\
Google Cloud Region,Location,Google CFE,Grid carbon intensity (gCO2eq / kWh)
us-west1,Oregon,0.90,61.5
us-east5,Columbus,0.60,330
us-east4,Northern Virginia,0.61,310
moon-south1,Tycho,1.00,0
"""


def google_files(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/2025.csv"):
        return httpx.Response(200, text=GOOGLE_2025)
    return httpx.Response(404)


def test_googles_newest_year_stands_for_the_zone_in_every_cloud(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(google_carbon, tables, google_files) == 0
    printed = capsys.readouterr().out
    for region in ("us-west1", "us-west-2"):
        found = reading(tables, region, "google-carbon")
        assert (found.value, found.year, found.scope) == (61.5, 2025, "zone")
    assert reading(tables, "us-west1", "google-carbon", "carbon-free").value == 90
    assert reading(tables, "us-east-1", "google-carbon").value == 320  # the mean of its zone's two
    assert reading(tables, "eu-west-3", "google-carbon").year == 2024  # not in the file: left
    assert "moon-south1 is not in the catalogue" in printed
    assert Catalogue(tables).sources["google-carbon"].fetched == "2026-11-23"
    settled = contents(tables)
    assert run(google_carbon, tables, google_files) == 0
    assert "no row has changed" in capsys.readouterr().out
    assert contents(tables) == settled


# --- the Real-Time Cloud table ------------------------------------------------------------------

HEADER = (
    "year,cloud-provider,cloud-region,cfe-region,em-zone-id,wt-region-id,location,geolocation,"
    "provider-cfe-hourly,provider-cfe-annual,power-usage-effectiveness,water-usage-effectiveness,"
    "provider-carbon-intensity-market-annual,provider-carbon-intensity-average-consumption-hourly,"
    "grid-carbon-intensity-average-consumption-annual,"
    "grid-carbon-intensity-marginal-consumption-annual,"
    "grid-carbon-intensity-average-production-annual,grid-carbon-intensity\n"
)
RTC = HEADER + (
    "2024,Amazon Web Services,us-west-2,BPA,US-NW-BPAT,BPA,US West (Oregon),,,,1.12,0.16,0.0,,"
    "119.76,476.66,68.82,\n"
    "2025,Amazon Web Services,us-west-2,BPA,US-NW-BPAT,BPA,US West (Oregon),,,1.0,1.10,0.14,0.0,,"
    "119.76,480.5,68.82,\n"
    "2023,Amazon Web Services,us-west-2,BPA,US-NW-BPAT,BPA,US West (Oregon),,,,1.15,0.18,0.0,,"
    "119.76,400,68.82,999\n"
    "2025,Amazon Web Services,eu-west-3,France,FR,FR,Europe (Paris),,,,,,,,40.25,,,\n"
    "2025,Google Cloud,us-west4,NVE,US-NW-NEVP,NEVP,Las Vegas,,,,1.07,,,,300,,,\n"
    "2025,Oracle Cloud Infrastructure,il-jerusalem-1,,IL,,Jerusalem,,,,,,,,533.05,,,\n"
)


def rtc_file(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=RTC)


def test_the_real_time_cloud_table_without_its_habits(tables: Path) -> None:
    before = Catalogue(tables)
    _ = before.regions
    assert run(real_time_cloud, tables, rtc_file) == 0
    oregon = Catalogue(tables).region("us-west-2")
    assert (oregon.pue, oregon.pue_year, oregon.wue_l_kwh) == (1.10, 2025, 0.14)
    average = reading(tables, "us-west-2", "electricity-maps")
    assert (average.value, average.year) == (119.76, 2023)  # repeated: it keeps its first year
    assert reading(tables, "us-west-2", "watttime", "marginal").value == 480.5
    assert reading(tables, "us-west-2", "rtc", "carbon-free").value == 100
    # a zone's figure reaches every cloud in it
    assert reading(tables, "eu-west-3", "electricity-maps").value == 40.25
    assert reading(tables, "francecentral", "electricity-maps").value == 40.25
    # Google's rows hold Google's own figure from 2024 on
    assert reading(tables, "us-west4", "electricity-maps") == next(
        r for r in before.region("us-west4").readings if r.source == "electricity-maps"
    )
    assert Catalogue(tables).region("us-west4").pue == 1.07


# --- countries and states -----------------------------------------------------------------------


def test_a_countrys_newest_year(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = (
        "country,year,iso_code,population,carbon_intensity_elec\n"
        "United States,2023,USA,1,369.473\n"
        "United States,2025,USA,1,351.25\n"
        "United States,2026,USA,1,\n"
        "World,2025,,1,473\n"
    )
    assert run(owid, tables, lambda _: httpx.Response(200, text=table)) == 0
    found = reading(tables, "us-east-1", "owid-ember")
    assert (found.value, found.year, found.scope) == (351.25, 2025, "country")
    assert reading(tables, "eu-west-3", "owid-ember").year == 2023
    assert "no figure for FR" in capsys.readouterr().out


def test_every_country_of_the_catalogue_has_its_code() -> None:
    countries = {region.country for region in Catalogue().regions.values()}
    assert countries == set(owid.ALPHA_3)


def test_a_states_rate_in_grams(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIA_API_KEY", "secret")

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["api_key"] == "secret"
        data = [
            {"period": "2024", "stateid": "OR", "fuelid": "ALL", "co2-rate-lbs-mwh": "300"},
            {"period": "2023", "stateid": "OR", "fuelid": "ALL", "co2-rate-lbs-mwh": "400"},
            {"period": "2024", "stateid": "VA", "fuelid": "ALL", "co2-rate-lbs-mwh": None},
        ]
        return httpx.Response(200, json={"response": {"total": "3", "data": data}})

    assert run(eia, tables, answer) == 0
    found = reading(tables, "us-west-2", "eia")
    assert found.value == pytest.approx(300 * 0.45359237, abs=0.01)
    assert (found.year, found.scope) == (2024, "state")
    assert "eia" not in {r.source for r in Catalogue(tables).region("us-east-1").readings}
    american = {r.name for r in Catalogue().regions.values() if r.country == "US"}
    assert set(eia.STATES) == american


def test_a_key_that_is_not_set_is_asked_for(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tables)
    for module, key in (
        (eia, "EIA_API_KEY"),
        (electricity_maps, "ELECTRICITY_MAPS_TOKEN"),
        (entsoe, "ENTSOE_TOKEN"),
    ):
        monkeypatch.delenv(key, raising=False)
        assert run(module, tables, lambda _: httpx.Response(500)) == 2
        assert f"{key} is not set" in capsys.readouterr().out
    assert contents(tables) == before


def test_electricity_maps_hours_become_a_year(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ELECTRICITY_MAPS_TOKEN", "secret")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["auth-token"] == "secret"
        zone = request.url.params["zone"]
        if zone not in ("US-NW-BPAT", "FR"):
            return httpx.Response(401)
        asked.append(request.url.params["start"])
        hours = 240 if zone == "US-NW-BPAT" else 100
        data = [{"zone": zone, "carbonIntensity": 110}, {"zone": zone, "carbonIntensity": 130}]
        return httpx.Response(200, json={"zone": zone, "data": data * (hours // 2)})

    assert run(electricity_maps, tables, answer) == 0
    printed = capsys.readouterr().out
    found = reading(tables, "us-west-2", "electricity-maps-api")
    assert (found.value, found.year) == (120, 2025)
    assert "FR: only 3700 hours of 2025; left as it was" in printed
    assert "DE: not in the contract (401)" in printed
    assert asked[0] == "2025-01-01T00:00:00Z"
    assert len(asked) == 2 * 37


A75 = """<?xml version="1.0" encoding="UTF-8"?>
<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">
{series}
</GL_MarketDocument>
"""


def series(
    kind: str, points: str, zone: str = "in", end: str = "04:00", step: str = "PT60M"
) -> str:
    return f"""
  <TimeSeries>
    <{zone}BiddingZone_Domain.mRID codingScheme="A01">X</{zone}BiddingZone_Domain.mRID>
    <MktPSRType><psrType>{kind}</psrType></MktPSRType>
    <Period>
      <timeInterval><start>2025-01-01T00:00Z</start><end>2025-01-01T{end}Z</end></timeInterval>
      <resolution>{step}</resolution>{points}
    </Period>
  </TimeSeries>"""


def point(position: int, mw: float) -> str:
    return f"<Point><position>{position}</position><quantity>{mw}</quantity></Point>"


def test_a_zones_generation_becomes_its_average(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENTSOE_TOKEN", "secret")
    france = A75.format(
        series=series("B14", point(1, 300) + point(3, 100))  # 300, 300, 100, 100: 800 MWh
        + series("B04", point(1, 200), end="01:00", step="PT15M")  # four quarters: 200 MWh
        + series("B10", point(1, 999))  # pumps give back
        + series("B16", point(1, 999), zone="out")  # taken up, not made
    )
    unknown = A75.format(series=series("B20", point(1, 10)) + series("B14", point(1, 90)))

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["securityToken"] == "secret"
        assert request.url.params["periodStart"] == "202501010000"
        is_france = request.url.params["in_Domain"] == entsoe.AREAS["FR"]
        return httpx.Response(200, text=france if is_france else unknown)

    assert run(entsoe, tables, answer) == 0
    for region in ("eu-west-3", "europe-west9", "francecentral"):
        found = reading(tables, region, "entsoe")
        assert found.value == pytest.approx((800 * 12 + 200 * 490) / 1000, abs=0.01)
        assert (found.year, found.scope) == (2025, "zone")
    assert "DE: 40 of 400 MWh of unknown type; left" in capsys.readouterr().out
    assert "entsoe" not in {r.source for r in Catalogue(tables).region("eu-central-1").readings}


def test_every_european_area_is_a_zone_of_the_catalogue() -> None:
    zones = {region.grid_zone for region in Catalogue().regions.values()}
    assert set(entsoe.AREAS) <= zones


# --- Azure's prices -----------------------------------------------------------------------------


def item(size: str, price: float, sku: str = "", product: str = "Dsv5 Series") -> dict[str, Any]:
    return {
        "currencyCode": "USD", "retailPrice": price, "armRegionName": "swedencentral",
        "productName": f"Virtual Machines {product}", "skuName": sku or size,
        "serviceName": "Virtual Machines", "unitOfMeasure": "1 Hour", "type": "Consumption",
        "armSkuName": size,
    }  # fmt: skip


def azure_pages(request: httpx.Request) -> httpx.Response:
    if request.url.params.get("page") == "2":
        return httpx.Response(200, json={"NextPageLink": None, "Items": [
            item("Standard_D4s_v5", 0.05, sku="D4s v5 Spot"),
            item("Standard_D4s_v5", 0.03, sku="D4s v5 Low Priority"),
        ]})  # fmt: skip
    if "'swedencentral'" not in request.url.params["$filter"]:
        return httpx.Response(200, json={"NextPageLink": None, "Items": []})
    return httpx.Response(200, json={"NextPageLink": f"{azure.ADDRESS}?page=2", "Items": [
        item("Standard_D4s_v5", 0.19),
        item("Standard_D4s_v5", 0.37, product="Dsv5 Series Windows"),
        item("Standard_Z9", 1.0),
    ]})  # fmt: skip


def test_azures_linux_prices_page_after_page(tables: Path) -> None:
    before = set(Catalogue(tables).prices)
    assert run(azure, tables, azure_pages) == 0
    after = Catalogue(tables)
    (price,) = set(after.prices) - before
    assert (price.machine, price.region, price.hosting) == (
        "Standard_D4s_v5", "swedencentral", "azure-vm",
    )  # fmt: skip
    assert (price.usd_hour, price.spot_usd_hour) == (0.19, 0.05)
    assert (price.as_of, price.source) == ("2026-11-23", "azure-retail")
    offers = after.offers_of(price.machine)
    (offer,) = (offer for offer in offers if offer.region == price.region)
    assert offer.listed_by[0] == "azure-retail"


# --- publishers that fail -----------------------------------------------------------------------


@pytest.mark.parametrize("module", [google_carbon, real_time_cloud, owid, azure])
def test_a_publisher_that_fails_changes_nothing(
    module: Any, tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tables)
    assert run(module, tables, lambda _: httpx.Response(503)) == 2
    assert "503" in capsys.readouterr().out
    assert contents(tables) == before


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (google_carbon, "<html>moved</html>"),
        (real_time_cloud, RTC.replace("1.10", "n/a")),
        (owid, "country,year\nFrance,2024\n"),
        (azure, json.dumps({"Elements": []})),
        (entsoe, "Not Found"),
    ],
)
def test_a_page_that_is_something_else_changes_nothing(
    module: Any, text: str, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTSOE_TOKEN", "secret")
    before = contents(tables)
    assert run(module, tables, lambda _: httpx.Response(200, text=text)) == 2
    assert contents(tables) == before


# --- AWS's serving images -----------------------------------------------------------------------


def image_tables(request: httpx.Request) -> httpx.Response:
    name = request.url.path.rsplit("/", 1)[-1].removesuffix(".json")
    return httpx.Response(200, text=(IMAGE_TABLES / f"{name}.json").read_text())


def images_of(tables: Path) -> dict[str, Image]:
    return {row.repository: row for row in Catalogue(tables).table("images", Image)}


def test_images_have_the_regions_of_their_own_tag_and_no_new_tag(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = images_of(tables)
    assert run(images, tables, image_tables) == 0
    after = images_of(tables)
    assert {name: row.tag for name, row in after.items()} == {
        name: row.tag for name, row in before.items()
    }
    vllm = after["vllm"]
    assert vllm.regions == ("cn-north-1", "me-west-1")  # not us-iso-east-1, another partition
    assert vllm.as_of == "2026-11-23"
    assert after["huggingface-pytorch-inference-neuronx"].regions == ("eu-west-3",)
    registries = Catalogue(tables).table("registries", Registry)
    accounts = {row.region: (row.account, row.domain) for row in registries}
    assert accounts["me-west-1"] == ("124382933778", "amazonaws.com")
    assert accounts["cn-north-1"] == ("727897471807", "amazonaws.com.cn")
    assert (
        "vllm:0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker has newer versions to try: 0.30.0"
    ) in capsys.readouterr().out


def test_an_image_that_is_no_longer_published_is_refused(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_vllm(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/vllm.json"):
            return httpx.Response(200, json={"inference": {"versions": {}}})
        return image_tables(request)

    before = contents(tables / "published")
    assert run(images, tables, without_vllm) == 2
    assert contents(tables / "published") == before
    assert (
        "AWS no longer publishes vllm:0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker. "
        "Fix: choose another tag of vllm in images.csv."
    ) in capsys.readouterr().out

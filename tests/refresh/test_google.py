"""`make refresh-google` against a Compute API whose answers are the library's own protos."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import compute_v1
from google.cloud.compute_v1.services.accelerator_types.transports import (
    AcceleratorTypesRestTransport,
)
from google.cloud.compute_v1.services.machine_types.transports import MachineTypesRestTransport
from google.cloud.compute_v1.services.regions.transports import RegionsRestTransport

from lichen.catalogue import Catalogue
from refresh import google, google_api
from refresh.http import client

TODAY = date(2026, 11, 23)
ZONES = ("us-central1-a", "us-central1-b", "europe-west4-a")


def machine_type(name: str, zone: str, vcpu: int, memory_mb: int, **more: Any) -> Any:
    return compute_v1.MachineType(
        name=name, zone=zone, guest_cpus=vcpu, memory_mb=memory_mb, **more
    )


class Compute:
    """Machine types, accelerator types and regions of a project, in pages of one zone each."""

    def __init__(self) -> None:
        l4 = [
            compute_v1.Accelerators(guest_accelerator_type="nvidia-l4", guest_accelerator_count=1)
        ]
        self.types = {
            zone: [
                machine_type("g2-standard-4", zone, 4, 16384, accelerators=l4),
                machine_type("c4a-standard-4", zone, 4, 16384, architecture="ARM64"),
                machine_type("z9-standard-4", zone, 4, 16384),
            ]
            for zone in ZONES
        }
        self.accelerators = {
            zone: [compute_v1.AcceleratorType(name="nvidia-l4", zone=zone)] for zone in ZONES
        }
        self.asked: list[str] = []

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        self.asked.append(path.rpartition("/projects/acme/")[2])
        if path.endswith("/regions"):
            return compute_v1.RegionList(
                items=[
                    compute_v1.Region(name="us-central1", status="UP"),
                    compute_v1.Region(name="europe-west4", status="UP"),
                    compute_v1.Region(name="asia-east1", status="DOWN"),
                    compute_v1.Region(name="moon-south1", status="UP"),
                ]
            )
        at = int(query.get("pageToken", ["0"])[0])
        zone, token = ZONES[at], str(at + 1) if at + 1 < len(ZONES) else ""
        if path.endswith("/aggregated/machineTypes"):
            scoped = compute_v1.MachineTypesScopedList(machine_types=self.types[zone])
            return compute_v1.MachineTypeAggregatedList(
                items={f"zones/{zone}": scoped}, next_page_token=token
            )
        if path.endswith("/aggregated/acceleratorTypes"):
            accelerators = compute_v1.AcceleratorTypesScopedList(
                accelerator_types=self.accelerators[zone]
            )
            return compute_v1.AcceleratorTypeAggregatedList(
                items={f"zones/{zone}": accelerators}, next_page_token=token
            )
        raise AssertionError(path)


@pytest.fixture
def compute() -> Compute:
    return Compute()


@pytest.fixture
def clients(compute: Compute) -> Iterator[google.Clients]:
    """The library's REST clients, over HTTP on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlparse(self.path)
            answer = compute.answer(url.path, parse_qs(url.query))
            body = type(answer).to_json(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    host = f"127.0.0.1:{server.server_port}"

    def over(transport: Any) -> Any:
        return transport(host=host, credentials=AnonymousCredentials(), url_scheme="http")

    try:
        yield google.Clients(
            regions=lambda: compute_v1.RegionsClient(transport=over(RegionsRestTransport)),
            machine_types=lambda: compute_v1.MachineTypesClient(
                transport=over(MachineTypesRestTransport)
            ),
            accelerator_types=lambda: compute_v1.AcceleratorTypesClient(
                transport=over(AcceleratorTypesRestTransport)
            ),
            web=lambda: client(httpx.MockTransport(billing)),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sku(description: str, group: str, nanos: int, usage: str = "OnDemand") -> dict[str, Any]:
    """A SKU as the Cloud Billing catalogue writes it; written by hand after its documentation."""
    return {
        "name": "services/6F81-5844-456A/skus/0000-0000-0000",
        "description": description,
        "category": {"serviceDisplayName": "Compute Engine", "resourceFamily": "Compute",
                     "resourceGroup": group, "usageType": usage},
        "serviceRegions": ["us-central1"],
        "pricingInfo": [{"pricingExpression": {"usageUnit": "h", "tieredRates": [
            {"startUsageAmount": 0,
             "unitPrice": {"currencyCode": "USD", "units": "0", "nanos": nanos}}]}}],
    }  # fmt: skip


PAGES = {
    None: {
        "skus": [
            sku("G2 Instance Core running in Americas", "CPU", 24_988_080),
            sku("G2 Instance Ram running in Americas", "RAM", 2_927_350),
            sku("Spot Preemptible G2 Instance Core running in Americas", "CPU", 9_995_200,
                "Preemptible"),
        ],
        "nextPageToken": "second",
    },
    "second": {
        "skus": [
            sku("Nvidia L4 GPU running in Americas", "GPU", 560_040_000),
            sku("C4A Arm Instance Core running in Americas", "CPU", 34_000_000),
            sku("Network Egress", "Egress", 1) | {"category": {
                "resourceFamily": "Network", "resourceGroup": "E", "usageType": "OnDemand"}},
        ],
    },
}  # fmt: skip


def billing(request: httpx.Request) -> httpx.Response:
    assert request.url.params["key"] == "secret"
    return httpx.Response(200, json=PAGES[request.url.params.get("pageToken")])


def run(tables: Path, clients: google.Clients, *more: str) -> int:
    given = ["--tables", str(tables), "--project", "acme", "--today", TODAY.isoformat()]
    return google.main([*given, *more], clients)


def test_shapes_and_offerings_follow_the_api(
    tables: Path, clients: google.Clients, compute: Compute, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)
    compute.types["us-central1-a"][0].memory_mb = 32768
    compute.accelerators["europe-west4-a"] = [
        compute_v1.AcceleratorType(name="nvidia-b200", zone="europe-west4-a")
    ]
    before = Catalogue(tables)
    _ = before.offers  # read now: the tables change
    assert run(tables, clients) == 0
    printed = capsys.readouterr().out
    after = Catalogue(tables)
    assert after.machine("g2-standard-4").memory_gib == 32
    assert "~ machines: g2-standard-4: memory_gib 16 -> 32" in printed
    assert "1 families are not in the catalogue (--families): z9" in printed
    assert "moon-south1 is not in the catalogue: add its row" in printed
    assert "GOOGLE_API_KEY is not set" in printed

    def where(catalogue: Catalogue, machine: str) -> set[str]:
        return {o.region for o in catalogue.offers_of(machine) if "google-compute" in o.listed_by}

    # the zone lists the machine type, but not its accelerator
    assert "europe-west4" in where(before, "g2-standard-4")
    assert "europe-west4" not in where(after, "g2-standard-4")
    assert "europe-west4" in where(after, "c4a-standard-4")
    # a region that is not up is left as it was
    assert ("asia-east1" in where(before, "n2-standard-4")) == (
        "asia-east1" in where(after, "n2-standard-4")
    )
    assert where(after, "n2-standard-4") & {"us-central1", "europe-west4"} == set()
    assert compute.asked.count("aggregated/machineTypes") == len(ZONES)
    assert run(tables, clients) == 0
    assert "no row has changed" in capsys.readouterr().out


def test_a_new_family_is_taken_in_when_asked(tables: Path, clients: google.Clients) -> None:
    assert run(tables, clients, "--families", "z9", "--steps", "shapes,offerings") == 0
    machine = Catalogue(tables).machine("z9-standard-4")
    assert (machine.cloud, machine.vcpu, machine.processor) == ("google", 4, "unknown x86")
    offers = Catalogue(tables).offers_of("z9-standard-4")
    assert {offer.region for offer in offers} == {"us-central1", "europe-west4"}


def test_prices_are_composed_of_their_units(
    tables: Path, clients: google.Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4 vCPU, 16 GB and one L4 give to the cent what the installed price list says of the whole."""
    monkeypatch.setenv("GOOGLE_API_KEY", "secret")
    before = Catalogue(tables)
    installed = set(before.prices)
    assert run(tables, clients, "--steps", "prices") == 0
    after = Catalogue(tables)
    changed = {row for row in set(after.prices) - installed if row.basis == "published"}
    assert {row.machine.split("-")[0] for row in changed} == {"g2"}
    assert {row.region for row in changed} == {"us-central1"}
    key = ("g2-standard-4", "us-central1", "compute-engine")
    price = after.price(*key)
    assert price.usd_hour == pytest.approx(before.price(*key).usd_hour, abs=1e-5)
    assert (price.source, price.as_of) == ("google-billing", "2026-11-23")
    assert price.spot_usd_hour is None  # its memory and its L4 have no spot price here


@pytest.mark.parametrize(
    ("description", "group", "unit"),
    [
        ("N2D AMD Instance Core running in Paris", "CPU", ("n2d", "Core")),
        ("C4A Arm Instance Ram running in Americas", "RAM", ("c4a", "Ram")),
        ("N1 Predefined Instance Core running in Tokyo", "CPU", ("n1", "Core")),
        ("Spot Preemptible C3 Instance Ram running in Milan", "RAM", ("c3", "Ram")),
        ("Nvidia Tesla T4 GPU running in Belgium", "GPU", ("T4", "gpu")),
        ("Nvidia L4 GPU attached to Spot Preemptible VMs running in Iowa", "GPU", ("L4", "gpu")),
        ("Licensing Fee for SQL", "CPU", None),
    ],
)
def test_descriptions_of_units(description: str, group: str, unit: tuple[str, str] | None) -> None:
    listed = google_api.Sku(
        description=description, group=group, usage="OnDemand", regions=["r"], usd_hour=1.0
    )
    prices = google.unit_prices([listed])
    assert prices == ({("OnDemand", "r", *unit): 1.0} if unit else {})


def test_a_refusal_is_shown_and_changes_nothing(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "secret")
    refusing = google.Clients(
        web=lambda: client(httpx.MockTransport(lambda _: httpx.Response(403, text="no")))
    )
    before = (tables / "published" / "offers.csv").read_bytes()
    assert run(tables, refusing, "--steps", "prices") == 2
    assert "403" in capsys.readouterr().out
    assert (tables / "published" / "offers.csv").read_bytes() == before


def test_the_fake_speaks_the_librarys_own_protos() -> None:
    answer = Compute().answer("/compute/v1/projects/acme/aggregated/machineTypes", {})
    again = compute_v1.MachineTypeAggregatedList.from_json(
        json.dumps(json.loads(type(answer).to_json(answer)))
    )
    assert again == answer

"""`make refresh-aws` against an emulated AWS; what moto lacks is answered by botocore's Stubber."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from lichen_doors.report import catalogue as report
from moto import mock_aws

from lichen.catalogue import Catalogue, row_counts
from refresh import aws
from refresh.answer_cache import AnswerCache
from refresh.draft import Draft

TODAY = date(2026, 11, 23)
NAMED = ["--regions", "us-west-2", "--today", TODAY.isoformat()]
RowsOf = Callable[[str], set[str]]


@pytest.fixture(autouse=True)
def emulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


def run(tables: Path, *more: str) -> int:
    return aws.main(["--tables", str(tables), *NAMED, "--steps", "shapes,offerings", *more])


def edit(path: Path, pattern: str, new: str) -> str:
    """Change one line of a table; gives the line as it was."""
    text = path.read_text()
    found = re.search(pattern, text, flags=re.MULTILINE)
    assert found, pattern
    path.write_text(text.replace(found[0], new.format(*found.groups()), 1))
    row_counts.record(path.parents[1])
    return found[0]


def test_it_changes_exactly_the_rows_that_differ_and_then_nothing(
    tables: Path, rows_of: RowsOf, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: rows_of(name) for name in ("machines", "offers", "estimates")}
    machines, offers = tables / "published" / "machines.csv", tables / "published" / "offers.csv"
    edit(machines, r"^(inf2\.8xlarge,aws,inf2),32,x86_64,128,", "{0},16,x86_64,64,")
    edit(offers, r"^inf2\.xlarge,us-west-2,.*\n", "")
    edit(offers, r"^inf2\.24xlarge,us-west-2,aws-ec2;vantage,$",
         "inf2.24xlarge,us-west-2,vantage,aws-ec2")  # fmt: skip
    edit(offers, r"^(inf2\.48xlarge,us-west-2,.*)$", "{0}\ntrn2.3xlarge,us-west-2,aws-ec2,")

    assert run(tables) == 0

    printed = capsys.readouterr().out
    assert "~ machines: inf2.8xlarge: vcpu 16 -> 32, memory_gib 64 -> 128" in printed
    assert "+ offers: inf2.xlarge in us-west-2" in printed
    assert "- offers: trn2.3xlarge in us-west-2" in printed
    assert "~ offers: inf2.24xlarge in us-west-2: listed_by vantage -> aws-ec2;vantage" in printed
    assert "1 added, 1 removed, 2 changed" in printed
    assert rows_of("machines") == before["machines"]
    assert rows_of("estimates") == before["estimates"]
    # vantage listed the row that was taken out, and is not asked here
    apart = rows_of("offers") ^ before["offers"]
    assert {line.split(",")[0] for line in apart} == {"inf2.xlarge"}
    assert 'fetched = "2026-11-23"' in (tables / "sources.toml").read_text()

    settled = {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}
    assert run(tables) == 0
    assert "no row has changed" in capsys.readouterr().out
    assert settled == {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}


def test_a_dry_run_writes_nothing(tables: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(tables / "published" / "offers.csv", r"^inf2\.xlarge,us-west-2,.*\n", "")
    before = {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}
    arguments = ["--tables", str(tables), *NAMED, "--steps", "offerings", "--dry-run"]
    assert aws.main(arguments) == 0
    assert "+ offers: inf2.xlarge in us-west-2" in capsys.readouterr().out
    assert before == {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}


def test_a_new_family_is_named_and_taken_in_when_asked(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tables, "--families", "x8g") == 0
    printed = capsys.readouterr().out
    assert re.search(r"families are not in the catalogue.*\bx8i\b", printed)
    changed = [line for line in printed.splitlines() if line.startswith(("+", "-", "~"))]
    assert changed  # the tables are what the recording says: only the new family's rows are new
    assert all(line.startswith(("+ machines: x8g.", "+ offers: x8g.")) for line in changed)
    machine = Catalogue(tables).machine("x8g.xlarge")
    assert (machine.architecture, machine.memory_gib, machine.source) == ("arm64", 64.0, "aws-ec2")
    assert machine.instance_store_gib == 0
    assert machine.processor == "unknown Arm"
    assert machine.full_load_w is not None
    assert {offer.region for offer in Catalogue(tables).offers_of("x8g.xlarge")} == {"us-west-2"}


# --- prices -------------------------------------------------------------------------------------


def product(name: str, value: str, price: str, unit: str = "Hrs") -> str:
    return json.dumps(
        {
            "product": {
                "productFamily": "Compute Instance",
                "sku": "S",
                "attributes": {name: value},
            },
            "serviceCode": "AmazonEC2",
            "terms": {
                "OnDemand": {
                    "S.T": {
                        "priceDimensions": {"S.T.D": {"unit": unit, "pricePerUnit": {"USD": price}}}
                    }
                }
            },
        }
    )


def filters(wanted: dict[str, str], region: str) -> list[dict[str, str]]:
    return [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in {**wanted, "regionCode": region}.items()
    ]


@pytest.fixture
def priced() -> Iterator[Callable[[str, str], Any]]:
    """Clients of one region with a Price List of two pages and a spot history."""
    pricing = boto3.client("pricing", region_name="us-east-1")
    ec2 = boto3.client("ec2", region_name="us-west-2")
    region = "us-west-2"
    ask = {"ServiceCode": "AmazonEC2", "FormatVersion": "aws_v1",
           "Filters": filters(aws.api.ON_DEMAND_LINUX, region)}  # fmt: skip
    with Stubber(pricing) as prices, Stubber(ec2) as spot:
        prices.add_response(
            "get_products",
            {"FormatVersion": "aws_v1", "NextToken": "more",
             "PriceList": [product("instanceType", "inf2.xlarge", "0.7000000000"),
                           product("instanceType", "inf2.8xlarge", "0.0000000000")]},
            ask,
        )  # fmt: skip
        prices.add_response(
            "get_products",
            {"FormatVersion": "aws_v1",
             "PriceList": [product("instanceType", "c7g.xlarge", "0.1450000000"),
                           product("instanceType", "inf2.24xlarge", "9", unit="Quantity"),
                           product("instanceType", "nosuch.large", "1")]},
            {**ask, "NextToken": "more"},
        )  # fmt: skip
        prices.add_response(
            "get_products",
            {"FormatVersion": "aws_v1",
             "PriceList": [product("instanceName", "ml.inf2.xlarge", "0.9100000000")]},
            {**ask, "ServiceCode": "AmazonSageMaker",
             "Filters": filters(aws.api.HOSTING, region)},
        )  # fmt: skip
        spot.add_response(
            "describe_spot_price_history",
            {"SpotPriceHistory": [
                {"InstanceType": "inf2.xlarge", "ProductDescription": "Linux/UNIX",
                 "SpotPrice": price, "AvailabilityZone": zone}
                for zone, price in (("a", "0.30"), ("b", "0.20"), ("c", "0.26"))]},
            {"ProductDescriptions": ["Linux/UNIX"], "StartTime": ANY},
        )  # fmt: skip
        yield lambda service, _: {"pricing": pricing, "ec2": ec2}[service]
        prices.assert_no_pending_responses()
        spot.assert_no_pending_responses()


def test_prices_are_dated_and_named(
    tables: Path, priced: Callable[[str, str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    kept = AnswerCache("aws", TODAY)
    kept.once("regions", list[str], lambda: ["us-west-2"])
    arguments = ["--tables", str(tables), "--today", TODAY.isoformat()]
    before = set(Catalogue(tables).prices)
    assert aws.main([*arguments, "--steps", "prices,sagemaker,spot"], priced) == 0
    after = Catalogue(tables)
    changed = {(row.machine, row.region, row.hosting) for row in set(after.prices) - before}
    assert changed == {
        ("inf2.xlarge", "us-west-2", "ec2"),
        ("inf2.xlarge", "us-west-2", "sagemaker"),
        ("c7g.xlarge", "us-west-2", "ec2"),
    }
    bare, hosted = (
        after.price("inf2.xlarge", "us-west-2", hosting) for hosting in ("ec2", "sagemaker")
    )
    assert (bare.usd_hour, bare.spot_usd_hour, hosted.usd_hour) == (0.7, 0.26, 0.91)
    for price in (bare, hosted):
        assert (price.as_of, price.source, price.basis) == (
            "2026-11-23", "aws-price-list", "published",
        )  # fmt: skip
    assert Catalogue(tables).sources["aws-price-list"].fetched == "2026-11-23"
    assert "usd_hour 0.7582 -> 0.7" in capsys.readouterr().out


def test_a_step_without_an_answer_leaves_its_figures(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refusing(service: str, region: str) -> Any:
        client = boto3.client(service, region_name=region)
        if service == "pricing":
            stub = Stubber(client)
            stub.add_client_error("get_products", "ThrottlingException", "Rate exceeded")
            stub.activate()
        return client

    edit(tables / "published" / "offers.csv", r"^inf2\.xlarge,us-west-2,.*\n", "")
    assert aws.main(["--tables", str(tables), *NAMED, "--steps", "prices,offerings"], refusing) == 1
    printed = capsys.readouterr().out
    assert "prices: not answered, left as it was" in printed
    assert "Rate exceeded" in printed
    assert "+ offers: inf2.xlarge in us-west-2" in printed


def test_an_interrupted_refresh_goes_on_where_it_stopped(tables: Path) -> None:
    asked: list[tuple[str, str]] = []

    def counting(service: str, region: str) -> Any:
        asked.append((service, region))
        if region == "us-west-2" and len(asked) < 4:
            raise KeyboardInterrupt
        return boto3.client(service, region_name=region)

    regions = ["--regions", "eu-north-1,us-west-2", "--today", TODAY.isoformat()]
    arguments = ["--tables", str(tables), *regions, "--steps", "offerings"]
    before = {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}
    with pytest.raises(KeyboardInterrupt):
        aws.main(arguments, counting)
    assert before == {path.name: path.read_bytes() for path in tables.iterdir() if path.is_file()}
    assert asked == [("ec2", "us-east-1"), ("ec2", "eu-north-1"), ("ec2", "us-west-2")]
    assert aws.main(arguments, counting) == 0
    assert asked[3:] == [("ec2", "us-west-2")]  # the other two were kept


def test_what_ec2_says_of_accelerators_becomes_a_chip() -> None:
    chips = list(Catalogue().chips.values())
    for maker, name, memory_gib, chip in (
        ("NVIDIA", "T4g", 16, "NVIDIA T4G"),
        ("NVIDIA", "A100", 40, "NVIDIA A100 SXM4 40GB"),
        ("NVIDIA", "A100", 80, "NVIDIA A100 SXM4 80GB"),
        ("NVIDIA", "RTX PRO Server 6000", 96, "NVIDIA RTX PRO 6000 Blackwell SE"),
        ("AWS", "Inferentia2", 32, "AWS Inferentia2"),
        ("AWS", "Trainium", 32, "AWS Trainium"),
    ):
        seen = aws.api.InstanceType(
            vcpu=4, memory_gib=16, architectures=["x86_64"], current_generation=True,
            accelerator_maker=maker, accelerator=name, accelerators=1,
            accelerator_memory_gib=memory_gib,
        )  # fmt: skip
        found = aws.chip_named(seen, chips)
        assert found is not None
        assert found.name == chip


def test_memory_that_a_chip_cannot_have_is_not_taken_over() -> None:
    """EC2's own answer gives a Trainium2 512 GiB; AWS documents 96."""
    catalogue = Catalogue()
    seen = aws.api.InstanceType(
        vcpu=192, memory_gib=2048, architectures=["x86_64"], current_generation=True,
        accelerator_maker="AWS", accelerator="Trainium2", accelerators=16,
        accelerator_memory_gib=8192,
    )  # fmt: skip
    printed: list[str] = []
    row = catalogue.machine("trn2.48xlarge")
    chips = list(catalogue.chips.values())
    assert aws._reshaped(row, seen, False, chips, printed).accelerator_memory_gib == 1536
    assert printed == [
        "trn2.48xlarge: EC2 says 8192 GiB of accelerator memory, AWS Trainium2 has 1536; kept 1536"
    ]


def test_quotas_are_written_among_ones_own_rows(tmp_path: Path) -> None:
    quotas = boto3.client("service-quotas", region_name="us-west-2")
    with Stubber(quotas) as stub:
        stub.add_response(
            "list_service_quotas",
            {"Quotas": [
                {"QuotaName": "ml.inf2.xlarge for endpoint usage", "Value": 2.0},
                {"QuotaName": "ml.inf2.xlarge for training job usage", "Value": 9.0},
            ]},
            {"ServiceCode": "sagemaker"},
        )  # fmt: skip
        ec2 = boto3.client("ec2", region_name="us-east-1")

        def connect(service: str, region: str) -> Any:
            if service == "ec2":
                regions = Stubber(ec2)
                regions.add_response("describe_regions", {"Regions": [{"RegionName": "us-west-2"}]})
                regions.activate()
                return ec2
            return quotas

        given = ["--quotas", str(tmp_path), "--today", TODAY.isoformat()]
        assert aws.main(given, connect) == 0
    catalogue = Catalogue(overlay=tmp_path)
    quota = catalogue.quota("inf2.xlarge", "us-west-2")
    assert quota is not None
    assert (quota.endpoint_quota, quota.as_of) == (2.0, "2026-11-23")
    assert catalogue.quota("inf2.xlarge", "us-east-1") is None
    rows = report.offers(catalogue, machine="inf2.xlarge").rows
    assert {row["region"] for row in rows if row["endpoint_quota"] == 2} == {"us-west-2"}


def test_a_draft_that_cannot_be_believed_is_not_installed(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def apply_nonsense(asking: aws.Asking, draft: Draft, today: date) -> list[str]:
        aws.apply_prices(draft, "us-west-2", "ec2", {"inf2.xlarge": float("nan")}, today)
        return []

    monkeypatch.setitem(aws.STEPS, "prices", apply_nonsense)
    before = (tables / "published" / "offers.csv").read_bytes()
    assert aws.main(["--tables", str(tables), *NAMED, "--steps", "prices"]) == 2
    assert "a finite number" in capsys.readouterr().out
    assert (tables / "published" / "offers.csv").read_bytes() == before
    assert Draft(tables).changes() == []

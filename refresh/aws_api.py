"""The requests to AWS, and the few facts taken out of its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import boto3
import msgspec
from botocore.config import Config

PATIENT = Config(retries={"mode": "adaptive", "max_attempts": 8}, read_timeout=120)

ON_DEMAND_LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}
HOSTING = {"productFamily": "ML Instance", "component": "Hosting"}

ENDPOINTS = "sagemaker"
HOSTED = {ENDPOINTS: "ProductionVariantInstanceType", "sagemaker-batch": "TransformInstanceType"}
"""SageMaker's rows of hostings.csv, and the list of machine types that each has in its API."""

Client = Callable[[str, str], Any]
"""A boto3 client of a service in a region."""


class InstanceType(msgspec.Struct, frozen=True, kw_only=True):
    """What EC2 says of an instance type."""

    vcpu: float
    memory_gib: float
    architectures: list[str]
    current_generation: bool
    accelerator_maker: str | None
    accelerator: str | None
    accelerators: float
    accelerator_memory_gib: float | None
    instance_store_gib: float = 0.0


def client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, config=PATIENT)


def enabled_regions(connect: Client) -> list[str]:
    """Regions that the account may use."""
    found = connect("ec2", "us-east-1").describe_regions()["Regions"]
    return sorted(region["RegionName"] for region in found)


def offered_types(connect: Client, region: str) -> list[str]:
    pages = connect("ec2", region).get_paginator("describe_instance_type_offerings")
    answers = pages.paginate(LocationType="region")
    return sorted(
        offer["InstanceType"] for page in answers for offer in page["InstanceTypeOfferings"]
    )


def shapes(connect: Client, region: str, types: Sequence[str]) -> dict[str, InstanceType]:
    """Shapes of types that a region offers."""
    found: dict[str, InstanceType] = {}
    pages = connect("ec2", region).get_paginator("describe_instance_types")
    for at in range(0, len(types), 100):  # the API's limit of names in one request
        for page in pages.paginate(InstanceTypes=list(types[at : at + 100])):
            for record in page["InstanceTypes"]:
                found[record["InstanceType"]] = shape(record)
    return found


def shape(record: dict[str, Any]) -> InstanceType:
    """The shape in an answer of describe_instance_types."""
    gpus = record.get("GpuInfo", {})
    neuron = record.get("NeuronInfo", {})
    devices = gpus.get("Gpus") or neuron.get("NeuronDevices") or []
    memory_mib = gpus.get("TotalGpuMemoryInMiB") or neuron.get("TotalNeuronDeviceMemoryInMiB")
    first = devices[0] if devices else {}
    # The API counts disks in decimal gigabytes, and leaves the whole out where there are none.
    store_gb = record.get("InstanceStorageInfo", {}).get("TotalSizeInGB", 0)
    return InstanceType(
        vcpu=float(record["VCpuInfo"]["DefaultVCpus"]),
        memory_gib=record["MemoryInfo"]["SizeInMiB"] / 1024,
        architectures=record["ProcessorInfo"]["SupportedArchitectures"],
        current_generation=record["CurrentGeneration"],
        accelerator_maker=first.get("Manufacturer", "AWS") if devices else None,
        accelerator=first.get("Name"),
        accelerators=float(sum(device.get("Count", 1) for device in devices)),
        accelerator_memory_gib=round(memory_mib / 1024, 2) if memory_mib else None,
        instance_store_gib=round(store_gb * 1e9 / 2**30, 2),
    )


def listed_prices(
    connect: Client, service: str, region: str, wanted: dict[str, str], name: str
) -> dict[str, float]:
    """USD an hour by the product attribute ``name``, of products that match ``wanted``."""
    filters = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in {**wanted, "regionCode": region}.items()
    ]
    pages = connect("pricing", "us-east-1").get_paginator("get_products")
    found: dict[str, float] = {}
    for page in pages.paginate(ServiceCode=service, FormatVersion="aws_v1", Filters=filters):
        for listed in page["PriceList"]:
            product = msgspec.json.decode(listed)
            price = _hourly_usd(product)
            if price is not None:
                found[product["product"]["attributes"][name]] = price
    return found


def _hourly_usd(product: dict[str, Any]) -> float | None:
    for term in product["terms"].get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            price = float(dimension["pricePerUnit"].get("USD", 0))
            if dimension["unit"] == "Hrs" and price > 0:
                return price
    return None


def spot_prices(connect: Client, region: str) -> dict[str, float]:
    """The median over a region's zones of the spot prices in force now."""
    pages = connect("ec2", region).get_paginator("describe_spot_price_history")
    answers = pages.paginate(
        ProductDescriptions=["Linux/UNIX"], StartTime=datetime.now(UTC).replace(microsecond=0)
    )
    by_type: dict[str, list[float]] = {}
    for page in answers:
        for record in page["SpotPriceHistory"]:
            if record["ProductDescription"] == "Linux/UNIX":
                by_type.setdefault(record["InstanceType"], []).append(float(record["SpotPrice"]))
    return {name: round(median(prices), 6) for name, prices in by_type.items()}


def hosted_types(connect: Client) -> Mapping[str, frozenset[str]]:
    """Types that SageMaker takes for an endpoint and for a batch transform, by hosting, as boto3's
    own model of the API lists them."""
    model = connect("sagemaker", "us-east-1").meta.service_model
    return {
        hosting: frozenset(name.removeprefix("ml.") for name in model.shape_for(shape).enum)
        for hosting, shape in HOSTED.items()
    }


def endpoint_quotas(connect: Client, region: str) -> dict[str, float]:
    """Instances of a type that the account may hold in endpoints of a region."""
    pages = connect("service-quotas", region).get_paginator("list_service_quotas")
    quotas = {}
    for page in pages.paginate(ServiceCode="sagemaker"):
        for quota in page["Quotas"]:
            machine, found, _ = quota["QuotaName"].partition(" for endpoint usage")
            if found and machine.startswith("ml."):
                quotas[machine.removeprefix("ml.")] = quota["Value"]
    return quotas

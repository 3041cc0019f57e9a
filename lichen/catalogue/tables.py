"""What one row of each table is: the types behind the CSV files, units in the field names.

``None`` is unknown, never zero. Watts, embodied carbon and other figures that no vendor
publishes are intervals, and the interval reaches the user.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lichen.interval import Interval

Basis = Literal["measured", "published", "derived", "assumed"]
Scope = Literal["zone", "state", "country", "region", "fleet"]
Method = Literal["location-average", "market-based", "marginal", "carbon-free"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a number comes from; rows name it by ``id``."""

    id: str
    title: str
    publisher: str
    where: str
    version: str
    fetched: str
    licence: str
    used_for: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One source's figure of a region's electricity.

    ``value`` is gCO2e/kWh, except for method ``carbon-free`` where it is a share in percent.
    Only ``location-average`` readings class and rank a region.
    """

    value: float
    year: int
    source: str
    method: Method
    scope: Scope


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A cloud region and every reading held of its grid.

    ``grid_gco2e_kwh`` is the one figure to compute with (one method for all clouds); ``readings``
    holds all, that one included. ``pue`` has no unit. ``wue_l_kwh`` is litres per kWh.
    """

    cloud: str
    name: str
    place: str
    country: str | None
    grid_zone: str | None
    latitude_deg: float | None
    longitude_deg: float | None
    grid_gco2e_kwh: float | None
    grid_year: int | None
    grid_source: str | None
    readings: tuple[Reading, ...]
    pue: float | None
    pue_year: int | None
    pue_scope: str | None
    pue_source: str | None
    wue_l_kwh: float | None
    confidence: str
    notes: str


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """An accelerator, or a CPU socket: rates are dense, watts an interval with its basis."""

    name: str
    vendor: str
    kind: Literal["gpu", "asic", "tpu", "cpu"]
    bf16_tflops: float | None
    fp16_tflops: float | None
    fp8_tflops: float | None
    int8_tops: float | None
    memory_gib: float | None
    bandwidth_gb_s: float | None
    tdp_w: Interval | None
    tdp_basis: Basis
    idle_w: float | None
    idle_basis: Basis
    embodied_kgco2e: Interval | None
    embodied_source: str | None
    source: str
    confidence: str
    notes: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that runs a workload: an EC2 type (SageMaker hosts it as ``ml.<name>``), a Compute
    Engine type, a TPU slice, an Azure size.

    ``chip`` is the accelerator's name, or the CPU's where there is none; ``chips`` how many
    (a fraction where a chip is shared; for a CPU, the share of a socket is not told: 1).
    Watts are of the whole machine, accelerators included; embodied carbon likewise.
    """

    cloud: str
    service: str
    name: str
    family: str
    vcpu: float
    architecture: Literal["arm64", "x86_64"]
    memory_gib: float
    cpu: str | None
    accelerator: str | None
    accelerators: float
    accelerator_memory_gib: float | None
    current_generation: bool | None
    successor: str | None
    arm_alternative: str | None
    sagemaker: bool
    idle_w: Interval | None
    half_load_w: Interval | None
    full_load_w: Interval | None
    power_basis: Basis | None
    power_source: str | None
    embodied_kgco2e: Interval | None
    embodied_source: str | None
    lifetime_hours: float | None
    source: str
    notes: str


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A machine in a region at a price: Linux, on demand, USD per hour.

    Offered is not the same as quota or capacity. ``listed_by`` counts availability sources that
    list it (0 to 2).
    """

    machine: str
    region: str
    usd_hour: float | None
    spot_usd_hour: float | None
    price_as_of: str | None
    price_source: str | None
    listed_by: int
    availability_source: str | None

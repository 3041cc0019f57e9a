"""What one row of each table is: the types behind the CSV files, units in the field names.

``None`` is unknown, never zero. Watts, embodied carbon and other figures that no vendor
publishes are intervals, and the interval reaches the user. ``SOURCED`` says which field names
the source of which figures.

What a field may be is written without quotes and evaluated here: msgspec would compile each text of
a type, one by one, when a table is first read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lichen.interval import Interval
from lichen.words import Architecture, Mode, Precision, WayOfBuying
from lichen.workload import ModelCard

Basis = Literal["measured", "published", "derived", "assumed"]
Scope = Literal["zone", "state", "interconnection", "country", "region", "fleet"]
Method = Literal["location-average", "market-based", "marginal", "carbon-free"]
Confidence = Literal["high", "medium", "low"]
Kind = Literal["gpu", "neuron", "tpu", "cpu"]
"""Kinds of chip: each has its own serving software."""
Work = Literal["llm", "encoder", "vision", "diffusion", "speech"]
"""Kinds of model by what they compute."""

# What a number can be at all. A cell outside is refused, whoever wrote it.
Count = Annotated[float, Meta(ge=0, le=100_000)]
"""Chips, cores, gibibytes: of one machine, or of one chip."""
Rate = Annotated[float, Meta(ge=0, le=10_000_000)]
Watts = Annotated[float, Meta(ge=0, le=1e6)]
Grams = Annotated[float, Meta(ge=0, le=2_000)]
"""gCO2e/kWh, or a share in percent."""
Pue = Annotated[float, Meta(ge=1, le=5)]
Litres = Annotated[float, Meta(ge=0, le=50)]
Dollars = Annotated[float, Meta(ge=0, le=10_000)]
"""USD an hour."""
Year = Annotated[int, Meta(ge=1990, le=2100)]
Day = Annotated[
    str,
    Meta(
        pattern=r"^(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$",
        extra={"is": "day"},
    ),
]
Version = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)*$", description="such as 2.26.1")]
StartSeconds = Annotated[float, Meta(ge=0, le=100_000)]
LoadRate = Annotated[float, Meta(gt=0, le=1_000, description="decimal gigabytes a second")]
Hours = Annotated[float, Meta(gt=0, le=1e6)]
Years = Annotated[float, Meta(gt=0, le=100)]
Kilograms = Annotated[float, Meta(ge=0, le=1e6)]
SquareMillimetres = Annotated[float, Meta(gt=0, le=100_000)]
Bits = Annotated[float, Meta(gt=0, le=64)]
Milliseconds = Annotated[float, Meta(ge=0, le=10_000_000)]
Microseconds = Annotated[float, Meta(ge=0, le=10_000_000)]
Percent = Annotated[float, Meta(ge=0, le=10_000)]
"""Of an error, which may be a multiple."""
PercentOfAll = Annotated[float, Meta(ge=0, le=100)]
PercentAYear = Annotated[float, Meta(ge=-100, le=1_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
PositiveShare = Annotated[float, Meta(gt=0, le=1)]
"""A share of which something is left."""
Factor = Annotated[float, Meta(gt=0, le=1_000)]
Weight = Annotated[float, Meta(ge=0, le=1_000)]
Log = Annotated[float, Meta(ge=-100, le=100)]
WattsInterval = Annotated[Interval, Meta(extra={"end": Watts})]
KilogramsInterval = Annotated[Interval, Meta(extra={"end": Kilograms})]
RateInterval = Annotated[Interval, Meta(extra={"end": Rate})]
FactorInterval = Annotated[Interval, Meta(extra={"end": Factor})]
"""Each of the three numbers is one of what ``end`` says."""
Whole = Annotated[int, Meta(ge=1, le=100_000)]
"""A number of things of which there is at least one: cores, threads, nodes."""
Tokens = Annotated[int, Meta(ge=0, le=100_000_000)]
Month = Annotated[int, Meta(ge=1, le=12)]
HourOfDay = Annotated[int, Meta(ge=0, le=23)]
Rows = Annotated[int, Meta(ge=0, le=100_000_000)]
"""Rows, publishers, machines that a figure rests on."""

Link = Literal["NVLink", "PCIe", "NeuronLink", "ICI", "Infinity Fabric"]
"""What joins the chips of one machine."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a number comes from; rows name it by ``id``.

    ``max_age_days`` is how long its rows are taken for fresh, counted from ``fetched``; ``None``
    is a figure that does not age (a chip's memory, a country's membership).
    """

    id: str
    title: str
    publisher: str
    where: str
    version: str
    fetched: str
    licence: str
    used_for: str
    max_age_days: int | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One source's figure of a region's electricity.

    ``value`` is gCO2e/kWh, except for method ``carbon-free`` where it is a share in percent.
    Only ``location-average`` readings class and rank a region.
    """

    value: Grams
    year: Year | None
    source: str
    method: Method
    scope: Scope


class RegionReading(Reading, frozen=True, kw_only=True):
    """A row of readings.csv."""

    region: str


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A cloud region and every reading of its grid.

    ``grid_gco2e_kwh`` is the one figure to compute with (one method for all clouds); ``readings``
    holds all, that one included. ``pue`` has no unit. ``wue_l_kwh`` is litres per kWh.
    """

    name: str
    cloud: str
    partition: str
    place: str
    country: str | None
    grid_zone: str | None
    latitude_deg: Annotated[float, Meta(ge=-90, le=90)] | None
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)] | None
    location_source: str | None
    grid_gco2e_kwh: Grams | None
    grid_year: Year | None
    grid_source: str | None
    readings: tuple[Reading, ...] = ()
    pue: Pue | None
    pue_year: Year | None
    pue_scope: Scope | None
    pue_source: str | None
    wue_l_kwh: Litres | None
    wue_year: Year | None
    wue_scope: Scope | None
    wue_source: str | None
    confidence: Confidence
    notes: str = ""


class GridHour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of a month's usual day on a grid, over the mean of its year: a row of grid_hours.csv.

    ``grid_zone`` is that of regions.csv, the hour begins at ``hour_utc``. ``ratio`` has no unit: it
    multiplies a region's own annual figure, since the publishers' levels differ by method.
    ``period`` is what it was averaged over, ``scope`` what of it was measured.
    """

    grid_zone: str
    month: Month
    hour_utc: HourOfDay
    ratio: Factor
    period: str
    scope: Scope
    source: str


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """An accelerator, or a CPU socket: rates are dense, watts an interval with its basis.

    ``family`` is the name that benchmarks and components share, ``also`` are other names of the
    chip. ``cores`` are those of a CPU, a Neuron chip, a TPU, or a GPU's multiprocessors. ``runs``
    are the precisions that a serving stack offers on it, of weights at least. ``rates_source``
    are the sources of rates and bandwidth. ``loaded_idle_w`` is one that has a model in memory and
    serves nothing. ``link`` joins the chips of one machine, ``link_gb_s`` is what one chip sends
    over it while it receives as much; blank is not known. ``parallel_degrees`` are the numbers of
    cores that the runtime splits one copy of a model over; None is any. ``curve_of`` is the CPU of
    its maker and generation whose measured bandwidth by cores is taken where its own was not
    measured.
    """

    name: str
    vendor: str
    kind: Kind
    family: str
    also: tuple[str, ...] = ()
    cores: Whole | None
    threads_per_core: Whole = 1
    runs: tuple[str, ...] = ()
    bf16_tflops: Rate | None
    fp16_tflops: Rate | None
    fp32_tflops: Rate | None
    fp8_tflops: Rate | None
    fp4_tflops: Rate | None
    int8_tops: Rate | None
    memory_gib: Count | None
    bandwidth_gb_s: Rate | None
    rates_basis: Basis | None
    rates_source: tuple[str, ...] = ()
    tdp_w: WattsInterval | None
    tdp_basis: Basis | None
    tdp_source: str | None
    idle_w: Watts | None
    idle_basis: Basis | None
    idle_source: str | None
    loaded_idle_w: WattsInterval | None
    loaded_idle_source: str | None
    embodied_kgco2e: KilogramsInterval | None
    embodied_basis: Basis | None
    embodied_source: str | None
    link: Link | None
    link_gb_s: Rate | None
    link_source: str | None
    parallel_degrees: tuple[Whole, ...] | None
    parallel_source: str | None
    curve_of: str | None
    source: str
    confidence: Confidence
    notes: str = ""


class CpuBandwidth(msgspec.Struct, frozen=True, kw_only=True):
    """What machines with ``vcpu`` threads of a CPU read from memory, all threads at work.

    ``read_gb_s`` is the least, the median and the most of ``machines`` measured machines.
    """

    cpu: str
    vcpu: Whole
    read_gb_s: RateInterval
    machines: Whole
    source: str


class ChipFootprint(msgspec.Struct, frozen=True, kw_only=True):
    """What derive/embodied.py takes of an accelerator: a row of ``footprints.csv``.

    ``published_kgco2e`` is of one chip with what ``published_of`` names, ``board_share`` the share
    of it that is the chip and its part of the board that carries it. ``die_mm2`` are those of all
    its dies of logic together.
    """

    chip: str
    die_mm2: SquareMillimetres
    die_basis: Basis
    die_source: str
    published_kgco2e: Kilograms | None
    published_of: Literal["module", "board", "board and host"] | None
    board_share: Share | None
    source: str | None
    notes: str = ""


class Lifetime(msgspec.Struct, frozen=True, kw_only=True):
    """Years over which a provider writes its servers off: a row of ``lifetimes.csv``.

    ``accelerated``: those with accelerators, or those without; blank is both.
    """

    cloud: str
    accelerated: bool | None
    years: Years
    source: str
    notes: str = ""


class Estimates(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What no vendor publishes of a machine, derived by derive/estimates.py.

    Watts are of the whole machine, accelerators included, at idle with a loaded model, at half
    load and at full; embodied carbon likewise.
    """

    idle_w: WattsInterval | None = None
    half_load_w: WattsInterval | None = None
    full_load_w: WattsInterval | None = None
    power_basis: Basis | None = None
    power_source: tuple[str, ...] = ()
    embodied_kgco2e: KilogramsInterval | None = None
    embodied_basis: Basis | None = None
    embodied_source: tuple[str, ...] = ()
    lifetime_hours: Hours | None = None
    lifetime_source: str | None = None


class MachineEstimates(Estimates, frozen=True, kw_only=True):
    """A row of estimates.csv."""

    machine: str


class Machine(Estimates, frozen=True, kw_only=True):
    """A machine type of a cloud: what one instance of it has, and which hostings offer it.

    ``hostings`` are names of rows of hostings.csv, the one to prefer first. ``accelerator`` and
    ``cpu`` are names of chips; ``accelerators`` how many (a fraction where one is shared).
    ``processor`` is the class whose watts the host is counted by. ``instance_store_gib`` is the
    disks that the machine brings with it, 0 where it has none; such a machine of a managed service
    may take no other volume.
    """

    name: str
    cloud: str
    family: str
    vcpu: Count
    architecture: Architecture
    memory_gib: Count | None
    cpu: str | None
    processor: str
    accelerator: str | None
    accelerators: Count
    accelerator_memory_gib: Count | None
    instance_store_gib: Count | None = None
    current_generation: bool | None
    successor: str | None
    arm_alternative: str | None
    hostings: tuple[str, ...]
    source: str
    notes: str = ""


class Hosting(msgspec.Struct, frozen=True, kw_only=True):
    """A way to run a model on a cloud: a managed service, bare machines, a cluster.

    ``kind`` is the group that a workload may name instead. ``base`` is the hosting whose machines
    this one runs on, None where it is the machines themselves. ``machine_prefix`` is what comes
    before a machine's name there. ``reaches_zero`` says whether its replicas can go to zero and
    wake for the next request: always, never, for asynchronous requests only, or only with
    inference components; None is not known. ``sold`` are the ways in which it can be bought;
    empty: as the machines are. ``billed``: replicas are paid while they are provisioned, at a price
    of their own; ``as-base``, at that of the base's machines; ``busy``, only while they answer.
    ``only_named``: placed on only where the workload names it. ``modes`` are those that it serves;
    empty: all. ``part_of`` is the hosting that it belongs to: it runs the images that are published
    for that one, and a workload that names that one allows it too.
    """

    name: str
    cloud: str
    title: str
    kind: Literal["managed", "compute", "tpu", "kubernetes", "containers", "serverless"]
    base: str | None
    machine_prefix: str = ""
    unit: str
    reaches_zero: Literal["yes", "no", "asynchronous", "inference-component"] | None
    sold: tuple[WayOfBuying, ...] = ()
    billed: Literal["provisioned", "as-base", "busy"] = "provisioned"
    only_named: bool = False
    modes: tuple[Mode, ...] = ()
    part_of: str = ""
    source: str
    notes: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A machine that a region has. That is not the same as quota or capacity.

    ``listed_by`` names the availability sources that list it, ``not_listed_by`` those that know
    the machine and leave the region out.
    """

    machine: str
    region: str
    listed_by: tuple[str, ...] = ()
    not_listed_by: tuple[str, ...] = ()


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """How a machine can be bought, by its provider's own page: a row of sold.csv.

    ``region`` None: in every region that offers it and has no row of its own. A machine with rows
    of regions only is sold in those, and in no other. ``zone`` None: the page does not say by zone.
    ``access``: to everybody, to customers on an allowlist, or to single customers whose zone it is.
    """

    machine: str
    region: str | None
    zone: str | None
    sold: tuple[WayOfBuying, ...]
    access: Literal["everybody", "allowlist", "single-tenant"] = "everybody"
    source: str
    notes: str = ""


class Retired(msgspec.Struct, frozen=True, kw_only=True):
    """Hardware that is not sold to new customers, or software that ended: a row of retired.csv.

    It speaks of what all the given columns name: a family of machines, a family of chips, a serving
    stack, kinds of work. ``refused``: no placement takes it. Otherwise the answer says it.
    ``what`` is a clause that says what is retired. ``since`` may lie ahead: the day on which it
    will be. ``gone``: its provider refuses to make it. ``instead`` is what replaced it, in words.
    ``repositories`` are the last parts of the names of container images that hold the stack,
    ``runtimes`` the names of a cloud's runtimes for functions.
    ``cloud`` is the only one that it is true of; None where it is true everywhere.
    """

    machine_family: str | None
    chip_family: str | None
    stack: str | None
    works: tuple[Work, ...] = ()
    refused: bool
    what: str
    since: Day
    source: str
    gone: bool = False
    instead: str = ""
    repositories: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()
    cloud: str | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a list of where machines are made can be believed: a row of listings.csv.

    It speaks of a cloud's machines with a ``kind`` of accelerator. ``whole``: what it left out was
    made nowhere else on the day ``as_of``. Otherwise it may leave out what exists.
    """

    cloud: str
    kind: Kind
    whole: bool
    as_of: Day
    source: str
    notes: str = ""


PRICE_OF: Mapping[WayOfBuying, str] = {
    "on-demand": "usd_hour",
    "spot": "spot_usd_hour",
    "flex-start": "flex_start_usd_hour",
    "capacity-block": "capacity_block_usd_hour",
    "reservation": "reservation_usd_hour",
}
"""The field of a price that a way of buying pays."""


class Price(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a machine costs in a region on a hosting: Linux, USD per hour, by way of buying.

    ``usd_hour`` is on demand; None where it is not sold so, or where nobody publishes it.
    A row of prices.csv is ``published``. The others follow from the published price of the
    hosting's base and a markup, or from the prices of other regions (regional_prices.csv); their
    ``source`` says which. ``as_of`` is the day, the month or the year of a price list; None is the
    day that its source was read.
    """

    machine: str
    region: str
    hosting: str
    usd_hour: Dollars | None = None
    spot_usd_hour: Dollars | None = None
    flex_start_usd_hour: Dollars | None = None
    capacity_block_usd_hour: Dollars | None = None
    reservation_usd_hour: Dollars | None = None
    as_of: Day | None = None
    source: str
    basis: Basis = "published"

    def of(self, way: WayOfBuying) -> float | None:
        """USD an hour of a way of buying; None where no price of it is known."""
        price: float | None = getattr(self, PRICE_OF[way])
        return price


class RateBySize(msgspec.Struct, frozen=True, kw_only=True):
    """What a hosting that is bought by size costs in a region, on demand: a row of rates.csv.

    A machine of it costs its vCPUs, its GiB of memory and its accelerators: ``chip`` is the kind
    that the row speaks of, None for machines without. ``usd_million_requests`` is beside that.
    """

    hosting: str
    region: str
    chip: str | None = None
    usd_vcpu_hour: Dollars
    usd_gib_hour: Dollars
    usd_chip_hour: Dollars | None = None
    usd_million_requests: Dollars | None = None
    as_of: Day | None = None
    basis: Basis
    source: str


class Egress(msgspec.Struct, frozen=True, kw_only=True):
    """What a cloud asks for data that leaves a region: a row of egress.csv.

    ``to``: the internet, or another region of the cloud on the same continent or on another one.
    ``above_gb`` is where the tier begins, in GB of one month. The price is that of regions in
    North America and Europe; others ask more. Data that comes in costs nothing.
    """

    cloud: str
    to: Literal["internet", "same-continent", "other-continent"]
    above_gb: Annotated[float, Meta(ge=0, le=10_000_000)]
    usd_gb: Annotated[float, Meta(ge=0, le=10)]
    as_of: Day
    basis: Basis
    source: str
    notes: str = ""


class EgressWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays nothing, or less, for data that leaves a cloud: a row of egress_waivers.csv.

    ``who`` is a clause that says in which case, ``since`` may lie ahead.
    """

    cloud: str
    who: str
    since: Day
    source: str
    notes: str = ""


class RegionalPrice(msgspec.Struct, frozen=True, kw_only=True):
    """An on-demand price that follows from other regions, derived by derive/regional_prices.py.

    ``derived``: from the ratio between regions of other machines of the family. ``assumed``: from
    that of other families of the kind.
    """

    machine: str
    region: str
    hosting: str
    usd_hour: Dollars
    basis: Basis
    source: str


class Markup(msgspec.Struct, frozen=True, kw_only=True):
    """A hosting's price over its base's for the same machine, derived by derive/markups.py.

    For one machine, else for a family, else for all machines with accelerators or without.
    """

    hosting: str
    machine: str | None = None
    family: str | None = None
    accelerated: bool | None = None
    markup: FactorInterval
    basis: Basis
    source: str


class Residency(msgspec.Struct, frozen=True, kw_only=True):
    """One country of a named group: a union, an agreement, a single state."""

    residency: str
    country: str
    source: str


class FamilyMember(msgspec.Struct, frozen=True, kw_only=True):
    """A model and the family that its publisher released it in: a row of families.csv.

    Members are made alike, in several sizes: one size says nothing of how well another answers.
    """

    model: str
    family: str
    source: str


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A region to which requests for a model may be sent, where they are kept within an area of the
    world; ``region`` is empty for all commercial regions of the cloud. ``as_of`` is the day of the
    list, which the cloud changes."""

    cloud: str
    area: str
    region: str = ""
    as_of: str
    source: str
    notes: str = ""


class Processor(msgspec.Struct, frozen=True, kw_only=True):
    """A class of CPU and what one of its threads draws, its share of the host included."""

    name: str
    idle_w_vcpu: WattsInterval
    full_w_vcpu: WattsInterval
    basis: Basis
    source: str
    notes: str = ""


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's watts by load as modelled from measurements, and its platform's embodied carbon.

    ``platform_embodied_kgco2e`` is that of the whole server that the machine is a share of.
    """

    machine: str
    idle_w: Watts | None
    tenth_w: Watts | None
    half_w: Watts | None
    full_w: Watts | None
    platform_embodied_kgco2e: Kilograms | None
    watts_source: str | None
    embodied_source: str | None


class PricePair(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's price on a hosting beside its price on the hosting's base, of the same day."""

    machine: str
    region: str
    hosting: str
    usd_hour: Dollars
    base_usd_hour: Dollars
    as_of: Day
    source: str


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """How many instances an organisation's account may have in endpoints of a region.

    An organisation's own table only: ``python -m refresh.aws --quotas DIRECTORY`` writes it.
    """

    machine: str
    region: str
    endpoint_quota: Count
    as_of: Day


class ImagePlatforms(msgspec.Struct, frozen=True, kw_only=True):
    """The platforms that a container image is built for, as somebody looked them up.

    An organisation's own table only. ``digest`` is of the image's index, by which a deployment
    names it; ``docker buildx imagetools inspect IMAGE`` prints both.
    """

    digest: Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
    platforms: tuple[Annotated[str, Meta(pattern=r"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$")], ...]
    as_of: Day


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a component makes on a hosting, or why it makes nothing: a row of makes.csv.

    ``families`` are those of chips (an accelerator's, or the CPU's where a machine has none).
    ``server`` is what runs in the container; ``kinds`` are the kinds of model that a published
    image serves. ``modes_to_zero`` are the modes in which no replica runs while there is no
    traffic; in real time not in the regions of ``not_to_zero_in``, whose users were refused it.
    ``precisions`` and ``most_copies`` (of the model, on one machine) are what the server runs;
    left out, any. ``scheduled``: the clock can switch its replicas off and on. A row without
    ``server`` has ``why_not`` and makes nothing.
    """

    hosting: str
    families: tuple[str, ...]
    server: str | None
    kinds: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    modes_to_zero: tuple[Mode, ...] = ()
    not_to_zero_in: tuple[str, ...] = ()
    precisions: tuple[Precision, ...] = ()
    most_copies: Whole | None
    scheduled: bool = False
    why_not: str | None
    source: str


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A published container image: what it serves, on which chips, for which hosting.

    ``hosting`` is ``public`` for one that runs on any. ``repository`` has the registry's name in
    front where that registry is the same everywhere; else ``regions`` are those whose registry has
    it. ``as_of`` is the day on which it was read. ``patched_until`` is the end of security patches,
    unknown where its maker publishes none. ``sdk`` and ``runtime`` are the versions of
    the chips' software in it; it runs on drivers from ``driver_from`` on, below ``driver_below``.
    """

    hosting: str
    repository: str
    tag: str
    server: str
    chip_families: tuple[str, ...]
    kinds: tuple[str, ...]
    regions: tuple[str, ...] = ()
    published_on: Day | None
    patched_until: Day | None
    patches_source: str | None
    as_of: Day
    source: str
    notes: str = ""
    sdk: Version | None = None
    runtime: Version | None = None
    driver_from: Version | None = None
    driver_below: Version | None = None
    chips_source: str | None = None


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """The account that holds a hosting's published images in a region, and its domain."""

    hosting: str
    region: str
    account: str
    domain: str
    source: str


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of a cluster that is an accelerator, by the name that its device plugin gives it.

    ``chip`` is what it is counted as, blank where the catalogue has no chip of its maker.
    ``counts`` says what one of it is: a whole chip, a part of one, or an amount of memory or of
    percent that is asked for beside a device. A part is ``slices`` of a chip that has
    ``of_slices``, both blank where only the cluster knows.
    """

    resource: str
    chip: str | None
    counts: Literal["chips", "parts", "amounts"]
    slices: Annotated[int, Meta(ge=1, le=100)] | None
    of_slices: Annotated[int, Meta(ge=1, le=100)] | None
    source: str

    @property
    def part(self) -> float | None:
        """How much of a chip one of it is; None where only the cluster knows."""
        if self.counts == "chips":
            return 1.0
        return self.slices / self.of_slices if self.slices and self.of_slices else None


class ImagePatches(msgspec.Struct, frozen=True, kw_only=True):
    """The last day with security patches of a repository's images of one version: the tags that
    begin with ``version``, ``2.6`` for ``2.6.0-cpu-py312``."""

    repository: str
    version: str
    patched_until: str
    source: str


class MachineImage(msgspec.Struct, frozen=True, kw_only=True):
    """The system that a hosting's machines start with, and the driver of their chips in it.

    ``name`` is the hosting's: a word of its API, or a release. ``default``: the machines start with
    it where none is named. ``as_of`` is the day on which it was read.
    """

    hosting: str
    name: str
    chip_families: tuple[str, ...]
    driver: Version
    default: bool
    as_of: Day
    source: str
    notes: str = ""


class HostingStart(msgspec.Struct, frozen=True, kw_only=True):
    """How a hosting starts a replica: seconds from asking until its container runs, image included,
    and how fast the model's files come to it. ``longest_s`` is after what the hosting gives up
    loading; None where it waits."""

    hosting: str
    boot_s: StartSeconds
    load_gb_s: LoadRate
    longest_s: StartSeconds | None
    basis: Basis
    source: str
    notes: str = ""


class DiskKind(msgspec.Struct, frozen=True, kw_only=True):
    """A type of a cloud's disks, by the word of its API, in the region where the cloud is cheapest.

    It reads ``read_mib_s`` and ``read_mib_s_gib`` more for each GiB of its size, in MiB/s; None
    where its speed follows another rule. Regions differ in price, and kinds in them hardly do.
    """

    cloud: str
    kind: str
    usd_gib_month: Annotated[float, Meta(gt=0, le=100)]
    read_mib_s: Annotated[float, Meta(ge=0, le=100_000)] | None
    read_mib_s_gib: Annotated[float, Meta(ge=0, le=1000)] | None
    as_of: Day
    source: str
    notes: str = ""


# Rows of sizing's tables and of the tables that name what benchmarks measured.

FitBasis = Literal["fitted", "borrowed", "assumed"]
"""fitted on this family and stack; borrowed from a related family; assumed where none of those
was measured."""
FitSide = Literal["llm", "items"]
"""Language models, and every other kind: their engines share no coefficient."""

Compute = Literal["fp32", "bf16", "fp8", "int8", "fp4"]
"""Formats that a chip computes in."""

Kept = Literal["tables", "all but experts"]
"""Weights that a precision leaves in 16 bits."""

PowerBoundary = Literal["chip", "wall"]
"""What watts include: chips alone, or a server at its socket."""


class Efficiency(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``efficiencies.csv``, written by ``make fit``.

    Shares are of the chips' bandwidth (``bandwidth_share`` reading weights, ``cache_share`` reading
    the KV cache), of the link between them, or of their dense peak (in decode, in prefill, in a
    prompt's attention). ``drift_pct_year`` is how much slower a run was for each year that it is
    older than 2026. ``publishers`` measured the pair; ``apart_pct`` is half the range of their
    median errors, blank where there is one. ``cv_error_pct`` is the median absolute error on
    publishers left out of the fit; ``leans_on`` is what the row is drawn from where it has few
    measured rows or none.
    """

    family: str
    stack: str
    work: Work
    step_ms: Milliseconds
    layer_us: Microseconds
    sync_us: Microseconds
    sequence_us: Microseconds
    bandwidth_share: Factor
    cache_share: Factor
    link_share: Factor
    compute_share: Factor
    prefill_ms: Milliseconds
    prefill_share: Factor
    attention_share: Factor
    burst: Factor
    drift_pct_year: PercentAYear
    rows: Rows
    clusters: Rows
    publishers: Rows
    apart_pct: Percent | None
    cv_error_pct: Percent | None
    basis: FitBasis
    leans_on: str = ""
    sources: tuple[str, ...] = ()


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """Factors on an efficiency row for a format of compute, or for a mixture of experts
    (``sparse``): a row of ``adjustments.csv``. ``side``: of language models, or of the rest.
    ``stack``: blank is any; a stack's own factor comes on top of it. Of a share they scale what it
    lacks: one over the share, less one.
    """

    kind: Kind
    side: FitSide
    case: str
    stack: str | None
    step_ms: Factor
    layer_us: Factor
    sync_us: Factor
    sequence_us: Factor
    bandwidth: Factor
    cache: Factor
    link: Factor
    compute: Factor
    prefill_ms: Factor
    prefill: Factor
    attention: Factor
    burst: Factor


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A factor on time that a percentile or a protocol brings: a row of ``ratios.csv``.

    Blank names hold for all; the narrowest row that fits is used.
    """

    ratio: str
    kind: str | None
    family: str | None
    stack: str | None
    work: str | None
    factor: Factor
    rows: Rows


class SpreadRow(msgspec.Struct, frozen=True, kw_only=True):
    """An 80 % interval as factors on a predicted time: a row of ``spreads.csv``.

    ``fitted``: errors on publishers that the fit had not seen, of a family and stack that others
    measured. ``borrowed``: where the pair was left out as well. ``assumed``: where its family and
    its stack were. The smaller number of names, the wider the cell.
    """

    reach: FitBasis
    kind: str | None
    family: str | None
    stack: str | None
    work: str | None
    group: str
    time_low: Factor
    time_high: Factor
    rows: Rows
    publishers: Rows
    cv_error_pct: Percent | None


class WeightFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A precision on kinds of chip, for kinds of work (left out, all): a row of ``precisions.csv``.

    ``bits`` are those of one weight with its scales. ``kept`` says which weights stay in 16 bits:
    the ``tables`` of a vocabulary, or ``all but experts`` (of a model without experts, the tables).
    Arithmetic is in ``compute``, or in ``without_unit`` on a chip that has no unit for that. A chip
    must run all of ``needs``.
    """

    precision: Precision
    kinds: tuple[Kind, ...]
    works: tuple[Work, ...] = ()
    bits: Bits
    kept: Kept | None
    cache_bits: Bits
    compute: Compute
    without_unit: Compute | None
    needs: tuple[str, ...] = ()
    title: str
    source: str


class ServingStack(msgspec.Struct, frozen=True, kw_only=True):
    """A serving stack on a kind of hardware: a row of ``stacks.csv``.

    ``works`` it serves and ``families`` it is the usual choice on (``*``: all). Memory that it
    leaves to the model: ``memory_share`` of the chips less ``reserve_gib`` each.
    ``static_shapes``: it compiles batch and sequence length. ``layer_split``: several chips take
    turns layer by layer and are no faster than one. ``matches``: words that name it elsewhere.
    ``prompts_together``: it reads all prompts before any answer is written; ``all_slots``: it
    computes every compiled slot, filled or not. ``benchmark_passes`` are those that a request
    waits for in the published benchmarks of it, its own included. ``like`` is the stack whose
    coefficients stand in for those that nobody has measured of this one. ``numa`` is what it does
    on a CPU whose memory is in several NUMA nodes: ``one`` runs on the cores and the memory of one
    node, ``first`` on all cores with the weights in the memory of one; blank uses all.
    ``prompt_tile`` are the tokens of a prompt that meet the weights at each reading of them; blank
    is all. ``precisions`` are those that it runs; left out, the plain ones of the chip
    (:data:`PLAIN`). ``compile`` is the command that compiles a model's files for it, with
    ``{model}``, ``{task}``, ``{target}``, ``{batch}``, ``{tokens}``, ``{cores}`` and
    ``{precision}`` for what it is compiled for.
    """

    stack: str
    kind: Kind
    works: tuple[Work, ...]
    families: tuple[str, ...] = ()
    memory_share: PositiveShare
    reserve_gib: Count
    most_sequences: Whole
    static_shapes: bool
    layer_split: bool
    prompts_together: bool
    all_slots: bool
    benchmark_passes: Factor
    precisions: tuple[Precision, ...] = ()
    numa: Literal["one", "first"] | None = None
    prompt_tile: Factor | None = None
    like: str = ""
    matches: tuple[str, ...]
    basis: str
    source: str
    compile: str | None = None


PLAIN: tuple[Precision, ...] = ("fp32", "bf16", "fp16", "fp8", "int8", "int4")
"""Precisions that a framework runs on a chip that has them, without a format of its own."""


class NumaNodes(msgspec.Struct, frozen=True, kw_only=True):
    """NUMA nodes that a machine's CPU memory is divided into: a row of ``numa_nodes.csv``, for
    machines with more than one."""

    machine: str
    nodes: Whole
    source: str


class SharedCores(msgspec.Struct, frozen=True, kw_only=True):
    """The share of its vCPU that a machine may use without end: a row of ``shared_cores.csv``, for
    machines that share their cores and burst above it for a while."""

    machine: str
    lasting_share: PositiveShare
    source: str


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What a request costs around the model: a row of ``around.csv``.

    Milliseconds of one vCPU: for each request (the server), each item of it (a picture decoded,
    30 seconds of speech made into a spectrogram) and each 1,000 tokens that it carries.
    """

    work: Work
    request_ms: Milliseconds
    item_ms: Milliseconds
    thousand_tokens_ms: Milliseconds
    basis: str
    source: tuple[str, ...]
    notes: str = ""

    def ms(self, tokens: float, items: float = 1.0) -> float:
        """Of a request of ``items`` that carries ``tokens`` in all."""
        return self.request_ms + self.item_ms * items + self.thousand_tokens_ms * tokens / 1e3


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """Share of saturation that queries arriving at random may take inside a latency bound: a row
    of ``headrooms.csv`` (MLPerf Server over Offline)."""

    kind: Kind
    work: Work
    share: PositiveShare
    low: PositiveShare
    high: PositiveShare
    rows: Rows
    source: str


class BenchmarkModel(msgspec.Struct, frozen=True, kw_only=True):
    """The words that benchmarks use for a model: a row of ``benchmark_models.csv``.

    ``match`` are words looked for in a benchmark's name of its model: of language models the first
    row that is met wins, of others the longest word, letters and digits alone. ``card`` is the
    model's name in ``models.csv``.
    """

    match: tuple[str, ...]
    card: str


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """Prompts that benchmarks name: mean lengths, and the latency bounds of MLPerf's Server runs.

    ``match`` and ``model`` are looked for in the row's notes and model; ``tail_tokens`` is
    a long prompt, ``decode_width`` the width of the beam.
    """

    match: str
    model: str | None
    name: str
    input_tokens: Tokens | None
    output_tokens: Tokens | None
    tail_tokens: Tokens | None
    decode_width: Whole
    steps: Whole | None
    first_bound_ms: Milliseconds | None
    token_bound_ms: Milliseconds | None
    request_bound_ms: Milliseconds | None
    basis: str
    source: str


class PowerModel(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``powers.csv``: what share of rated watts a busy chip draws, and its host.

    ``share = 1 - (1 - idle) x exp(-(a x sqrt(memory's use) + b x sqrt(arithmetic's use)))``, with
    the weights ``a`` of moving and ``b`` of computing (lichen/power.py). ``full_share`` is what
    full batches draw, the median of publishers. Where a run was power-capped a chip draws at most
    ``capped_share``. At the wall ``host_w`` for the server and ``chip_host_w`` for each chip come
    on top.
    """

    boundary: PowerBoundary
    idle_share: Share
    move_weight: Weight
    compute_weight: Weight
    full_share: Share
    capped_share: Share
    host_w: Watts
    chip_host_w: Watts
    rows: Rows
    publishers: Rows
    source: str


class EnergySpread(msgspec.Struct, frozen=True, kw_only=True):
    """80 % factors of watts, or of the watt-hours of a single query, from errors on publishers
    that the fit had not seen: a row of ``energy_spreads.csv``."""

    boundary: PowerBoundary
    quantity: Literal["power", "score"]
    bias: Factor
    low: Factor
    high: Factor
    rows: Rows
    publishers: Rows
    error_pct: Percent


class CloudRunCoefficient(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``cloud_run_coefficients.csv``: a coefficient that runs on cloud machines know
    (derive/fit/cloud_runs.py), as the log of its excess over its floor. ``machine_families`` ran
    ``rows`` settings; ``form`` is the format of compute."""

    kind: Kind
    family: str
    stack: str
    work: Work
    form: Compute
    coefficient: str
    log_value: Log
    standard_deviation: Weight
    rows: Rows
    machine_families: Rows
    source: str


class CloudRunScore(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``cloud_run_scores.csv``: how wrong predictions of these runs are where all machines
    of their family were left out, and ``without`` any of the runs. Blank family or group: all.

    Errors are medians in percent of the rate; ``time_low`` and ``time_high`` are the 10 % and 90 %
    quantiles of measured over predicted time."""

    kind: Kind
    stack: str
    family: str | None
    group: str | None
    rows: Rows
    machine_families: Rows
    error_pct: Percent
    within_two_pct: PercentOfAll
    time_low: Factor
    time_high: Factor
    without_error_pct: Percent
    without_within_two_pct: PercentOfAll
    source: str


SOURCED: dict[type, dict[str, tuple[str, ...]]] = {
    Reading: {"source": ("value",)},
    Region: {
        "location_source": ("latitude_deg", "longitude_deg"),
        "grid_source": ("grid_gco2e_kwh",),
        "pue_source": ("pue",),
        "wue_source": ("wue_l_kwh",),
    },
    GridHour: {"source": ("ratio",)},
    Chip: {
        "source": ("memory_gib", "cores"),
        "rates_source": (
            "bf16_tflops",
            "fp16_tflops",
            "fp32_tflops",
            "fp8_tflops",
            "fp4_tflops",
            "int8_tops",
            "bandwidth_gb_s",
        ),
        "tdp_source": ("tdp_w",),
        "idle_source": ("idle_w",),
        "loaded_idle_source": ("loaded_idle_w",),
        "embodied_source": ("embodied_kgco2e",),
        "link_source": ("link_gb_s",),
        "parallel_source": ("parallel_degrees",),
    },
    CpuBandwidth: {"source": ("read_gb_s",)},
    Around: {"source": ("request_ms", "item_ms", "thousand_tokens_ms")},
    Machine: {
        "source": (
            "vcpu",
            "memory_gib",
            "accelerators",
            "accelerator_memory_gib",
            "instance_store_gib",
        )
    },
    Estimates: {
        "power_source": ("idle_w", "half_load_w", "full_load_w"),
        "embodied_source": ("embodied_kgco2e",),
        "lifetime_source": ("lifetime_hours",),
    },
    Hosting: {"source": ("unit", "reaches_zero")},
    Offer: {"listed_by": (), "not_listed_by": ()},
    ModelCard: {"source": ("parameters",)},
    Price: {"source": tuple(PRICE_OF.values())},
    RateBySize: {
        "source": ("usd_vcpu_hour", "usd_gib_hour", "usd_chip_hour", "usd_million_requests")
    },
    Egress: {"source": ("usd_gb", "as_of")},
    EgressWaiver: {"source": ("who", "since")},
    RegionalPrice: {"source": ("usd_hour",)},
    Sale: {"source": ("sold",)},
    Retired: {"source": ("since",)},
    Listing: {"source": ("as_of",)},
    Markup: {"source": ("markup",)},
    Made: {"source": ("server", "most_copies", "why_not")},
    FamilyMember: {"source": ("family",)},
    Residency: {"source": ("country",)},
    Route: {"source": ("area", "region", "as_of")},
    WeightFormat: {"source": ("bits", "cache_bits")},
    ServingStack: {"source": ("memory_share", "reserve_gib", "most_sequences")},
    NumaNodes: {"source": ("nodes",)},
    SharedCores: {"source": ("lasting_share",)},
    CloudRunCoefficient: {"source": ("log_value", "standard_deviation")},
    CloudRunScore: {"source": ("error_pct", "without_error_pct")},
    Headroom: {"source": ("share", "low", "high")},
    BenchmarkModel: {},
    Dataset: {"source": ("decode_width", "input_tokens", "output_tokens")},
    Processor: {"source": ("idle_w_vcpu", "full_w_vcpu")},
    Host: {
        "watts_source": ("idle_w", "tenth_w", "half_w", "full_w"),
        "embodied_source": ("platform_embodied_kgco2e",),
    },
    PricePair: {"source": ("usd_hour", "base_usd_hour")},
    ChipFootprint: {"die_source": ("die_mm2",), "source": ("published_kgco2e", "board_share")},
    Lifetime: {"source": ("years",)},
    Image: {
        "source": ("tag", "regions"),
        "patches_source": ("patched_until",),
        "chips_source": ("runtime", "driver_from", "driver_below"),
    },
    MachineImage: {"source": ("driver",)},
    HostingStart: {"source": ("boot_s", "load_gb_s", "longest_s")},
    ImagePatches: {"source": ("patched_until",)},
    Registry: {"source": ("account",)},
    Device: {"source": ("counts",)},
    DiskKind: {"source": ("usd_gib_month", "read_mib_s", "read_mib_s_gib")},
}
"""For each type: the field that names a source, and the figures that it is the source of."""


class Table(msgspec.Struct, frozen=True):
    """A CSV file: its name without the suffix, its folder, and what a row of it is.

    No two rows have the same ``key``; a table without one may repeat itself. ``joined`` are the
    fields of ``row`` that another table holds, or that follow from others.
    An organisation's own file of that name is ``merged`` row by row, has its rows ``replaced``
    whole, is ``appended``, or is refused with ``instead``, which says what to write. Of the joined
    fields, an own row may give those of ``own_joined``. ``moved`` are columns that another table
    has now, by the end of their names, with what to write.
    """

    name: str
    folder: Literal["published", "derived", "measured"]
    row: type[msgspec.Struct]
    key: tuple[str, ...] = ()
    joined: frozenset[str] = frozenset()
    own: Literal["merged", "replaced", "appended"] | None = "appended"
    own_joined: frozenset[str] = frozenset()
    instead: str = ""
    moved: Mapping[str, str] = {}


_ESTIMATED = frozenset(Estimates.__struct_fields__)
_TO_PRICES = "write prices into prices.csv: machine, region, hosting, usd_hour, source"
_TO_MARKUPS = "write it into markups.csv: hosting, machine, markup_low, markup_likely, ..."
_TO_MACHINES = (
    "a machine's watts and making are its own: write idle_w, half_load_w, full_load_w and "
    "embodied_kgco2e into machines.csv"
)
_OF_A_CHIP = ("tdp_w", "loaded_idle_w", "embodied_kgco2e")
_ENDS = ("low", "likely", "high")
_TO_ALSO = "write the resource's name into the column also of its chip's row in chips.csv"
_NOT_READ = "write what you know of the machine itself into machines.csv"

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "regions", "published", Region, ("name",),
            frozenset({"readings", "grid_gco2e_kwh", "grid_year"}), "merged",
            frozenset({"grid_gco2e_kwh", "grid_year"}),
        ),
        Table(
            "readings", "published", RegionReading, ("region", "method", "source"), own=None,
            instead="write grid_gco2e_kwh, grid_year and grid_source into regions.csv",
        ),
        Table("grid_hours", "published", GridHour, ("grid_zone", "month", "hour_utc")),
        Table(
            "chips", "published", Chip, ("name",), own="merged",
            moved={
                **{f"{figure}_{end}": _TO_MACHINES for figure in _OF_A_CHIP for end in _ENDS},
                "idle_w": _TO_MACHINES,
            },
        ),
        Table("cpu_bandwidths", "published", CpuBandwidth, ("cpu", "vcpu")),
        Table(
            "machines", "published", Machine, ("name",), _ESTIMATED, "merged", _ESTIMATED,
            moved={
                "service": "name its hostings: the column hostings",
                **{f"_markup_{end}": _TO_MARKUPS for end in ("low", "likely", "high")},
            },
        ),
        Table("hostings", "published", Hosting, ("name",), own="merged"),
        Table(
            "offers", "published", Offer, ("machine", "region"), own="merged",
            moved={"usd_hour": _TO_PRICES},
        ),
        Table(
            "prices", "published", Price, ("machine", "region", "hosting"),
            frozenset({"basis"}), "replaced",
        ),
        Table(
            "regional_prices", "derived", RegionalPrice, ("machine", "region", "hosting"), own=None,
            instead=_TO_PRICES,
        ),
        Table("rates", "published", RateBySize, ("hosting", "region", "chip")),
        Table("egress", "published", Egress, ("cloud", "to", "above_gb")),
        Table("egress_waivers", "published", EgressWaiver, ("cloud", "who")),
        Table("sold", "published", Sale, ("machine", "region", "zone")),
        Table("retired", "published", Retired),
        Table("listings", "published", Listing, ("cloud", "kind")),
        Table("models", "published", ModelCard, ("name",), own="merged"),
        Table("families", "published", FamilyMember, ("model",)),
        Table("residency", "published", Residency, ("residency", "country")),
        Table("routes", "published", Route, ("cloud", "area", "region")),
        Table("processors", "published", Processor, ("name",), own=None, instead=_NOT_READ),
        Table("hosts", "published", Host, ("machine",), own=None, instead=_NOT_READ),
        Table(
            "footprints", "published", ChipFootprint, ("chip",), own=None,
            instead="write embodied_kgco2e_low, _likely and _high into chips.csv",
        ),
        Table(
            "lifetimes", "published", Lifetime, ("cloud", "accelerated"), own=None,
            instead="write lifetime_hours into machines.csv",
        ),
        Table(
            "price_pairs", "published", PricePair, ("machine", "region", "hosting"), own=None,
            instead="write the price into prices.csv, or the markup into markups.csv",
        ),
        Table("makes", "published", Made),
        Table("images", "published", Image, ("hosting", "repository", "tag")),
        Table("machine_images", "published", MachineImage, ("hosting", "name")),
        Table("starts", "published", HostingStart, ("hosting",)),
        Table("image_patches", "published", ImagePatches, ("repository", "version")),
        Table("registries", "published", Registry, ("hosting", "region")),
        Table("disks", "published", DiskKind, ("cloud", "kind")),
        Table("devices", "published", Device, ("resource",), own=None, instead=_TO_ALSO),
        Table("estimates", "derived", MachineEstimates, ("machine",), own=None, instead=_NOT_READ),
        Table(
            "markups", "derived", Markup, ("hosting", "machine", "family", "accelerated"),
            own="appended",
        ),
        Table("precisions", "published", WeightFormat),
        Table("stacks", "published", ServingStack),
        Table("around", "published", Around),
        Table("numa_nodes", "published", NumaNodes, ("machine",)),
        Table("shared_cores", "published", SharedCores, ("machine",)),
        Table("benchmark_models", "published", BenchmarkModel),
        Table("datasets", "published", Dataset),
        Table("efficiencies", "derived", Efficiency),
        Table("adjustments", "derived", Adjustment),
        Table("ratios", "derived", Ratio),
        Table("spreads", "derived", SpreadRow),
        Table("headrooms", "derived", Headroom),
        Table(
            "cloud_run_coefficients", "derived", CloudRunCoefficient,
            ("family", "stack", "work", "form", "coefficient"), own=None,
            instead="write coefficients into efficiencies.csv",
        ),
        Table(
            "cloud_run_scores", "derived", CloudRunScore, ("kind", "stack", "family", "group"),
            own=None, instead="it is of the installed coefficients alone: leave it out",
        ),
        Table("powers", "derived", PowerModel),
        Table("energy_spreads", "derived", EnergySpread),
    )
}  # fmt: skip
"""Every table of the catalogue but the measured ones, by name."""

QUOTAS = Table("quotas", "published", Quota, ("machine", "region"))
PLATFORMS = Table("platforms", "published", ImagePlatforms, ("digest",))
OWN_ONLY = (QUOTAS, PLATFORMS)
"""An organisation's own tables only; the catalogue has none of these names."""

MEASURED = frozenset({"measurements", "energy_measurements"})
"""Benchmark rows, which are read where they are measured against: lichen/measured."""


SOURCES = "sources"
"""The name of sources.toml among the tables."""


class RowCount(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that a table has at the least: a row of ``row_counts.csv``."""

    table: str
    rows: Rows


def path_of(table: str, directory: Path) -> Path:
    """A table's file: among what sources publish, what scripts derive, or what was measured."""
    if table == SOURCES:
        return directory / "sources.toml"
    folder = "measured" if table in MEASURED else TABLES[table].folder
    return directory / folder / f"{table}.csv"

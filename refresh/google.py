"""Google Cloud: machine types, where they are offered, and their prices.

``python -m refresh.google --project PROJECT`` asks the Compute API with the credentials that
google-auth finds, and the Cloud Billing catalogue with the key in ``GOOGLE_API_KEY``. Families that
the catalogue does not hold are named; ``--families`` takes them in.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, TypeVar

import httpx
import msgspec
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud import compute_v1
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from lichen.catalogue.schema import Machine, Offer, Price, Region, Source
from lichen.document import InputError
from refresh.answer_cache import Kept
from refresh.apply import arguments, failed, progress, settle
from refresh.availability import apply_listing
from refresh.draft import Draft
from refresh.http import client, get_json

T = TypeVar("T")

COMPUTE_SKUS = "https://cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus"
"""Prices of the service Compute Engine."""

SOURCE = Source(
    id="google-compute",
    title="Compute API: machine types and their regions",
    publisher="Google",
    where="MachineTypesClient, by refresh/google.py",
    version="live API",
    fetched="",
    licence="facts of the API",
    used_for="machines: Google shapes; offers: availability",
    max_age_days=180,
)
PRICES = Source(
    id="google-billing",
    title="Cloud Billing catalogue: Compute Engine on demand and spot",
    publisher="Google",
    where="services.skus.list, by refresh/google.py",
    version="live API",
    fetched="",
    licence="facts of the API",
    used_for="prices",
    max_age_days=180,
)

ACCELERATORS = {
    "nvidia-tesla-t4": "NVIDIA T4",
    "nvidia-tesla-v100": "NVIDIA V100 SXM2 16GB",
    "nvidia-l4": "NVIDIA L4",
    "nvidia-tesla-a100": "NVIDIA A100 SXM4 40GB",
    "nvidia-a100-80gb": "NVIDIA A100 SXM4 80GB",
    "nvidia-h100-80gb": "NVIDIA H100 SXM 80GB",
    "nvidia-h100-mega-80gb": "NVIDIA H100 SXM 80GB",
    "nvidia-h200-141gb": "NVIDIA H200 SXM 141GB",
    "nvidia-b200": "NVIDIA B200",
    "nvidia-rtx-pro-6000": "NVIDIA RTX PRO 6000 Blackwell SE",
    "ct5lp": "Google TPU v5e",
    "ct5l": "Google TPU v5e",
    "ct5p": "Google TPU v5p",
    "ct6e": "Google TPU v6e",
    "tpu7x": "Google TPU v7x",
}
"""Chips by the name of an accelerator type in the Compute API."""

VIRTUAL_MACHINES, TPUS = "compute-engine", "tpu-vm"
"""Rows of hostings.csv."""

STEPS = ("shapes", "offerings", "prices")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What the Compute API says of a machine type, and the regions that have it in a zone."""

    vcpu: float
    memory_gib: float
    arm: bool
    accelerator: str | None
    accelerators: float
    regions: list[str]


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A price of Compute Engine: USD for an hour of a unit, in some regions."""

    description: str
    group: str
    usage: str
    regions: list[str]
    usd_hour: float


# --- asking -------------------------------------------------------------------------------------


def live_regions(regions: compute_v1.RegionsClient, project: str) -> list[str]:
    """Regions of the project that are up."""
    return sorted(region.name for region in regions.list(project=project) if region.status == "UP")


def shapes(types: compute_v1.MachineTypesClient, project: str) -> dict[str, Shape]:
    """Machine types of all zones, page after page; deprecated ones left out."""
    found: dict[str, compute_v1.MachineType] = {}
    where: dict[str, set[str]] = {}
    for _, listed in types.aggregated_list(project=project):
        for seen in listed.machine_types:
            if seen.deprecated.state:
                continue
            found.setdefault(seen.name, seen)
            where.setdefault(seen.name, set()).add(seen.zone.rpartition("-")[0])
    return {name: _shape(seen, sorted(where[name])) for name, seen in found.items()}


def _shape(seen: compute_v1.MachineType, regions: list[str]) -> Shape:
    first = seen.accelerators[0] if seen.accelerators else None
    return Shape(
        vcpu=float(seen.guest_cpus),
        memory_gib=seen.memory_mb / 1024,
        arm=seen.architecture == "ARM64",
        accelerator=first.guest_accelerator_type if first else None,
        accelerators=float(first.guest_accelerator_count) if first else 0.0,
        regions=regions,
    )


def accelerator_regions(
    types: compute_v1.AcceleratorTypesClient, project: str
) -> dict[str, list[str]]:
    """Regions that have each accelerator type in a zone."""
    where: dict[str, set[str]] = {}
    for _, listed in types.aggregated_list(project=project):
        for seen in listed.accelerator_types:
            where.setdefault(seen.name, set()).add(seen.zone.rpartition("-")[0])
    return {name: sorted(regions) for name, regions in where.items()}


def skus(web: httpx.Client, key: str) -> list[Sku]:
    """Every price of Compute Engine, page after page."""
    found: list[Sku] = []
    page = ""
    while True:
        told = get_json(web, COMPUTE_SKUS, {"key": key, "pageSize": "5000", "pageToken": page})
        found += [sku for listed in told.get("skus", ()) if (sku := _sku(listed)) is not None]
        page = told.get("nextPageToken", "")
        if not page:
            return found


def _sku(listed: dict[str, Any]) -> Sku | None:
    category = listed["category"]
    rates = listed["pricingInfo"][0]["pricingExpression"]["tieredRates"]
    price = rates[-1]["unitPrice"]
    if category["resourceFamily"] != "Compute" or price.get("currencyCode", "USD") != "USD":
        return None
    return Sku(
        description=listed["description"],
        group=category["resourceGroup"],
        usage=category["usageType"],
        regions=listed["serviceRegions"],
        usd_hour=int(price.get("units", 0)) + price.get("nanos", 0) / 1e9,
    )


# --- applying ----------------------------------------------------------------------------------


def apply_shapes(draft: Draft, found: dict[str, Shape], families: frozenset[str]) -> list[str]:
    """Bring the machines' rows to what the Compute API says; gives what it could not take."""
    machines = draft.rows("machines", Machine)
    kin = {machine.family: machine for machine in machines.values() if machine.cloud == "google"}
    told: list[str] = []
    unknown: set[str] = set()
    for name, seen in sorted(found.items()):
        family = name.split("-")[0]
        before = machines.get((name,))
        if before is None and family not in kin and family not in families:
            unknown.add(family)
            continue
        row = before or _new_machine(name, family, seen, kin.get(family))
        row = replace(row, vcpu=seen.vcpu, memory_gib=seen.memory_gib, source=SOURCE.id)
        if before is None and seen.accelerator:
            chip = ACCELERATORS.get(seen.accelerator)
            if chip is None:
                told.append(f"{name}: no chip of the catalogue is {seen.accelerator!r}; left out")
                continue
            row = replace(row, accelerator=chip, accelerators=seen.accelerators)
        machines[name,] = row
    if unknown:
        names = ", ".join(sorted(unknown))
        told.append(f"{len(unknown)} families are not in the catalogue (--families): {names}")
    return told


def _new_machine(name: str, family: str, seen: Shape, kin: Machine | None) -> Machine:
    return Machine(
        name=name,
        cloud="google",
        family=family,
        vcpu=seen.vcpu,
        architecture="arm64" if seen.arm else "x86_64",
        memory_gib=seen.memory_gib,
        cpu=kin.cpu if kin else None,
        processor=kin.processor if kin else "unknown Arm" if seen.arm else "unknown x86",
        accelerator=None,
        accelerators=0.0,
        accelerator_memory_gib=None,
        current_generation=kin.current_generation if kin else None,
        successor=kin.successor if kin else None,
        arm_alternative=kin.arm_alternative if kin else None,
        hostings=kin.hostings if kin else (VIRTUAL_MACHINES,),
        source=SOURCE.id,
    )


def apply_offerings(
    draft: Draft,
    found: dict[str, Shape],
    live: Sequence[str],
    with_accelerator: dict[str, list[str]],
) -> list[str]:
    """Bring the availability of the regions that are up to what the Compute API says.

    A machine type may be listed where its accelerator is not: it is not offered there.
    """
    machines, regions = draft.rows("machines", Machine), draft.rows("regions", Region)
    offers = draft.rows("offers", Offer)
    mine = {
        name for (name,), row in machines.items() if {VIRTUAL_MACHINES, TPUS} & set(row.hostings)
    }
    known = [region for region in live if (region,) in regions]
    for region in known:
        listed = {
            name
            for name in mine
            if name in found
            and region in found[name].regions
            and region in with_accelerator.get(found[name].accelerator or "", live)
        }
        standing = {name for name, where in offers if where == region and name in mine}
        for machine in sorted(listed | standing):
            apply_listing(draft, (machine, region), machine in listed, SOURCE.id)
    return [f"{name} is not in the catalogue: add its row" for name in live if name not in known]


_UNIT = re.compile(
    r"^(?:Spot Preemptible )?(?P<family>[A-Z][0-9]+[A-Z]*)(?: AMD| Arm| Predefined)? Instance "
    r"(?P<unit>Core|Ram) running in "
)
_GPU = re.compile(r"^Nvidia (?:Tesla )?(?P<name>[A-Z0-9 ]+?)(?: GPU)?(?: attached.*)? running in ")


def unit_prices(found: Iterable[Sku]) -> dict[tuple[str, str, str, str], float]:
    """USD an hour by usage, region, and unit: a family's ``Core`` or ``Ram``, or a ``gpu``."""
    prices: dict[tuple[str, str, str, str], float] = {}
    for sku in found:
        unit = _UNIT.match(sku.description)
        gpu = _GPU.match(sku.description) if sku.group == "GPU" else None
        if unit:
            name, part = unit["family"].lower(), unit["unit"]
        elif gpu:
            name, part = gpu["name"], "gpu"
        else:
            continue
        for region in sku.regions:
            prices[sku.usage, region, name, part] = sku.usd_hour
    return prices


def machine_price(
    machine: Machine, region: str, usage: str, prices: dict[tuple[str, str, str, str], float]
) -> float | None:
    """vCPU, memory and accelerators, each by its price; ``None`` where one is not listed."""
    core = prices.get((usage, region, machine.family, "Core"))
    ram = prices.get((usage, region, machine.family, "Ram"))
    if core is None or ram is None or machine.memory_gib is None:
        return None
    total = core * machine.vcpu + ram * machine.memory_gib
    if machine.accelerator:
        short = machine.accelerator.removeprefix("NVIDIA ")
        each = prices.get((usage, region, short, "gpu"))
        if each is None:
            return None
        total += each * machine.accelerators
    return round(total, 6)


def apply_prices(draft: Draft, found: Iterable[Sku], today: date) -> None:
    """Prices composed of their units, dated today; what no unit is listed for stays."""
    prices = unit_prices(found)
    machines, listed = draft.rows("machines", Machine), draft.rows("prices", Price)
    for name, region in draft.rows("offers", Offer):
        machine = machines[name,]
        if VIRTUAL_MACHINES not in machine.hostings:
            continue
        price = machine_price(machine, region, "OnDemand", prices)
        if price is not None:
            listed[name, region, VIRTUAL_MACHINES] = Price(
                machine=name,
                region=region,
                hosting=VIRTUAL_MACHINES,
                usd_hour=price,
                spot_usd_hour=machine_price(machine, region, "Preemptible", prices),
                as_of=today.isoformat(),
                source=PRICES.id,
            )


# --- the whole of it ----------------------------------------------------------------------------


class Clients(msgspec.Struct, frozen=True):
    """The library's clients of the Compute API, and one of the web."""

    regions: Callable[[], compute_v1.RegionsClient] = compute_v1.RegionsClient
    machine_types: Callable[[], compute_v1.MachineTypesClient] = compute_v1.MachineTypesClient
    accelerator_types: Callable[[], compute_v1.AcceleratorTypesClient] = (
        compute_v1.AcceleratorTypesClient
    )
    web: Callable[[], httpx.Client] = client


class Asking:
    """A project's view of the Compute API; what was answered today is kept."""

    def __init__(self, clients: Clients, project: str, kept: Kept, bar: Progress) -> None:
        self._clients, self._project, self._kept, self._bar = clients, project, kept, bar
        self._task = bar.add_task("", total=4)

    def _once(self, what: str, kind: type[T], ask: Callable[[], T]) -> T:
        self._bar.update(self._task, description=what)
        answer = self._kept.once(what, kind, ask)
        self._bar.advance(self._task)
        return answer

    def shapes(self) -> dict[str, Shape]:
        types = self._clients.machine_types
        return self._once("machine types", dict[str, Shape], lambda: shapes(types(), self._project))

    def accelerators(self) -> dict[str, list[str]]:
        types = self._clients.accelerator_types
        return self._once(
            "accelerator types",
            dict[str, list[str]],
            lambda: accelerator_regions(types(), self._project),
        )

    def live(self) -> list[str]:
        regions = self._clients.regions
        return self._once("regions", list[str], lambda: live_regions(regions(), self._project))

    def skus(self, key: str) -> list[Sku]:
        return self._once("prices", list[Sku], lambda: skus(self._clients.web(), key))


def refresh(
    draft: Draft, asking: Asking, steps: Sequence[str], families: frozenset[str], today: date
) -> list[str]:
    """Ask, and change the draft; gives the lines to print."""
    told: list[str] = []
    if "shapes" in steps:
        told += apply_shapes(draft, asking.shapes(), families)
    if "offerings" in steps:
        told += apply_offerings(draft, asking.shapes(), asking.live(), asking.accelerators())
        draft.fetched(replace(SOURCE, fetched=today.isoformat()))
    if "prices" in steps:
        if key := os.environ.get("GOOGLE_API_KEY", ""):
            apply_prices(draft, asking.skus(key), today)
            draft.fetched(replace(PRICES, fetched=today.isoformat()))
        else:
            told.append("prices left as they were: GOOGLE_API_KEY is not set")
    return told


def main(argv: Sequence[str] | None = None, clients: Clients | None = None) -> int:
    parser = arguments("google", (__doc__ or "").partition("\n")[0])
    parser.add_argument("--project", required=True, help="the project whose view is asked for")
    parser.add_argument("--steps", default=",".join(STEPS), help="which of %(default)s")
    parser.add_argument("--families", default="", help="families to take in, comma between")
    given = parser.parse_args(argv)
    console, clients = Console(), clients or Clients()
    try:
        draft, kept = Draft(given.tables), Kept("google", given.today)
        if given.again:
            kept.forget()
        families = frozenset(filter(None, given.families.split(",")))
        with progress(console) as bar:
            asking = Asking(clients, given.project, kept, bar)
            lines = refresh(draft, asking, given.steps.split(","), families, given.today)
        for line in lines:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        settle(draft, console, dry_run=given.dry_run)
        kept.forget()
    except (InputError, GoogleAPIError, GoogleAuthError, httpx.HTTPError) as error:
        return failed(console, error)
    return 0


if __name__ == "__main__":
    sys.exit(main())

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
from typing import TypeVar

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
from refresh import google_api as api
from refresh.answer_cache import AnswerCache
from refresh.apply import arguments, failed, progress, show_and_install
from refresh.availability import apply_listing, put_price
from refresh.draft import Draft
from refresh.http import client

T = TypeVar("T")

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


# --- applying ----------------------------------------------------------------------------------


def apply_shapes(
    draft: Draft, found: dict[str, api.MachineShape], families: frozenset[str]
) -> list[str]:
    """Bring the machines' rows to what the Compute API says; gives what it could not take."""
    machines = draft.rows("machines", Machine)
    related = {
        machine.family: machine for machine in machines.values() if machine.cloud == "google"
    }
    notes: list[str] = []
    unknown: set[str] = set()
    for name, shape in sorted(found.items()):
        family = name.split("-")[0]
        before = machines.get((name,))
        if before is None and family not in related and family not in families:
            unknown.add(family)
            continue
        row = before or _new_machine(name, family, shape, related.get(family))
        row = replace(row, vcpu=shape.vcpu, memory_gib=shape.memory_gib, source=SOURCE.id)
        if before is None and shape.accelerator:
            chip = ACCELERATORS.get(shape.accelerator)
            if chip is None:
                notes.append(f"{name}: no chip of the catalogue is {shape.accelerator!r}; left out")
                continue
            row = replace(row, accelerator=chip, accelerators=shape.accelerators)
        machines[name,] = row
    if unknown:
        names = ", ".join(sorted(unknown))
        notes.append(f"{len(unknown)} families are not in the catalogue (--families): {names}")
    return notes


def _new_machine(
    name: str, family: str, shape: api.MachineShape, related: Machine | None
) -> Machine:
    return Machine(
        name=name,
        cloud="google",
        family=family,
        vcpu=shape.vcpu,
        architecture="arm64" if shape.arm else "x86_64",
        memory_gib=shape.memory_gib,
        cpu=related.cpu if related else None,
        processor=related.processor if related else "unknown Arm" if shape.arm else "unknown x86",
        accelerator=None,
        accelerators=0.0,
        accelerator_memory_gib=None,
        current_generation=related.current_generation if related else None,
        successor=related.successor if related else None,
        arm_alternative=related.arm_alternative if related else None,
        hostings=related.hostings if related else (VIRTUAL_MACHINES,),
        source=SOURCE.id,
    )


def apply_offerings(
    draft: Draft,
    found: dict[str, api.MachineShape],
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


def unit_prices(found: Iterable[api.Sku]) -> dict[tuple[str, str, str, str], float]:
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


def apply_prices(draft: Draft, found: Iterable[api.Sku], today: date) -> None:
    """Prices composed of their units, dated today; what no unit is listed for stays.

    The sum of the units is no price of a machine that is not sold so (A3 High with few GPUs, A4):
    those are left out without a word.
    """
    prices, machines = unit_prices(found), draft.rows("machines", Machine)
    for name, region in draft.rows("offers", Offer):
        machine = machines[name,]
        if VIRTUAL_MACHINES not in machine.hostings:
            continue
        price = machine_price(machine, region, "OnDemand", prices)
        if price is not None:
            composed = Price(
                machine=name,
                region=region,
                hosting=VIRTUAL_MACHINES,
                usd_hour=price,
                spot_usd_hour=machine_price(machine, region, "Preemptible", prices),
                as_of=today.isoformat(),
                source=PRICES.id,
            )
            put_price(draft, composed)


# --- the whole of it ----------------------------------------------------------------------------


class Clients(msgspec.Struct, frozen=True):
    """The library's clients of the Compute API, and one of the web."""

    regions: Callable[[], compute_v1.RegionsClient] = compute_v1.RegionsClient
    machine_types: Callable[[], compute_v1.MachineTypesClient] = compute_v1.MachineTypesClient
    accelerator_types: Callable[[], compute_v1.AcceleratorTypesClient] = (
        compute_v1.AcceleratorTypesClient
    )
    web: Callable[[], httpx.Client] = client


class ComputeApi:
    """A project's view of the Compute API; what was answered today is kept."""

    def __init__(self, clients: Clients, project: str, kept: AnswerCache, bar: Progress) -> None:
        self._clients, self._project, self._kept, self._bar = clients, project, kept, bar
        self._task = bar.add_task("", total=4)

    def _once(self, what: str, kind: type[T], ask: Callable[[], T]) -> T:
        self._bar.update(self._task, description=what)
        answer = self._kept.once(what, kind, ask)
        self._bar.advance(self._task)
        return answer

    def shapes(self) -> dict[str, api.MachineShape]:
        types = self._clients.machine_types
        return self._once(
            "machine types", dict[str, api.MachineShape], lambda: api.shapes(types(), self._project)
        )

    def accelerators(self) -> dict[str, list[str]]:
        types = self._clients.accelerator_types
        return self._once(
            "accelerator types",
            dict[str, list[str]],
            lambda: api.accelerator_regions(types(), self._project),
        )

    def live(self) -> list[str]:
        regions = self._clients.regions
        return self._once("regions", list[str], lambda: api.live_regions(regions(), self._project))

    def skus(self, key: str) -> list[api.Sku]:
        return self._once("prices", list[api.Sku], lambda: api.skus(self._clients.web(), key))


def refresh(
    draft: Draft, compute: ComputeApi, steps: Sequence[str], families: frozenset[str], today: date
) -> list[str]:
    """Ask, and change the draft; gives the lines to print."""
    notes: list[str] = []
    if "shapes" in steps:
        notes += apply_shapes(draft, compute.shapes(), families)
    if "offerings" in steps:
        notes += apply_offerings(draft, compute.shapes(), compute.live(), compute.accelerators())
        draft.fetched(replace(SOURCE, fetched=today.isoformat()))
    if "prices" in steps:
        if key := os.environ.get("GOOGLE_API_KEY", ""):
            apply_prices(draft, compute.skus(key), today)
            draft.fetched(replace(PRICES, fetched=today.isoformat()))
        else:
            notes.append("prices left as they were: GOOGLE_API_KEY is not set")
    return notes


def main(argv: Sequence[str] | None = None, clients: Clients | None = None) -> int:
    parser = arguments("google", (__doc__ or "").partition("\n")[0])
    parser.add_argument("--project", required=True, help="the project whose machine types are read")
    parser.add_argument("--steps", default=",".join(STEPS), help="which of %(default)s")
    parser.add_argument("--families", default="", help="families to take in, comma between")
    given = parser.parse_args(argv)
    console, clients = Console(), clients or Clients()
    try:
        draft, kept = Draft(given.tables), AnswerCache("google", given.today)
        if given.again:
            kept.forget()
        families = frozenset(filter(None, given.families.split(",")))
        with progress(console) as bar:
            compute = ComputeApi(clients, given.project, kept, bar)
            lines = refresh(draft, compute, given.steps.split(","), families, given.today)
        for line in lines:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        show_and_install(draft, console, dry_run=given.dry_run)
        kept.forget()
    except (InputError, GoogleAPIError, GoogleAuthError, httpx.HTTPError) as error:
        return failed(console, error)
    return 0


if __name__ == "__main__":
    sys.exit(main())

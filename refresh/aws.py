"""AWS: machines, where they are offered, and their prices on EC2 and SageMaker.

``python -m refresh.aws`` asks EC2 (regions, types, offerings, spot prices) and the Price List API,
with the credentials and the endpoint that boto3 finds in the environment. Families that the
catalogue does not hold yet are named; ``--families`` takes them in. ``--quotas DIRECTORY`` writes
the account's SageMaker endpoint quotas among an organisation's own rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip, Machine, Offer, Price, Region, Source
from lichen.document import InputError
from lichen.whole_file import write_whole
from refresh import aws_api as api
from refresh.answer_cache import AnswerCache
from refresh.apply import arguments, failed, progress, show_and_install
from refresh.availability import apply_listing, put_price
from refresh.aws_api import Client
from refresh.draft import Draft

T = TypeVar("T")

ENOUGH_ALIKE = 0.1
"""An accelerator's memory by the API may differ this much from its own documents'; beyond, the
API is wrong about it (Trainium2) and the row is left as it is."""

EC2 = Source(
    id="aws-ec2",
    title="EC2 API: instance types and their regions",
    publisher="Amazon Web Services",
    where="describe_instance_types and describe_instance_type_offerings, by refresh/aws.py",
    version="live API",
    fetched="",
    licence="facts of the API",
    used_for="machines: AWS shapes and generation; offers: availability",
    max_age_days=180,
)
PRICES = Source(
    id="aws-price-list",
    title="AWS Price List: EC2 on demand (Linux) and SageMaker hosting; EC2 spot price history",
    publisher="Amazon Web Services",
    where="get_products and describe_spot_price_history, by refresh/aws.py",
    version="live API",
    fetched="",
    licence="facts of the API",
    used_for="prices",
    max_age_days=180,
)


EC2_HOSTING, SAGEMAKER_HOSTING = "ec2", api.ENDPOINTS
"""Rows of hostings.csv."""


# --- applying ----------------------------------------------------------------------------------


def apply_shapes(
    draft: Draft,
    found: dict[str, api.InstanceType],
    hosted: Mapping[str, frozenset[str]],
    chips: Iterable[Chip],
    families: frozenset[str],
) -> list[str]:
    """Bring the machines' rows to what EC2 says; gives what it could not take, in sentences."""
    machines = draft.rows("machines", Machine)
    related = {machine.family: machine for machine in machines.values() if machine.cloud == "aws"}
    notes: list[str] = []
    new_families: dict[str, int] = {}
    for name, instance in sorted(found.items()):
        family = name.split(".")[0]
        before = machines.get((name,))
        if before is None and family not in related and family not in families:
            new_families[family] = new_families.get(family, 0) + 1
            continue
        row = before or _new_machine(name, family, instance, related.get(family))
        hostings = (*(hosting for hosting, names in hosted.items() if name in names), EC2_HOSTING)
        machines[name,] = _reshaped(row, instance, hostings, chips, notes)
    if new_families:
        names = ", ".join(sorted(new_families))
        notes.append(f"{len(new_families)} families are not in the catalogue (--families): {names}")
    return notes


def _new_machine(
    name: str, family: str, instance: api.InstanceType, related: Machine | None
) -> Machine:
    arm = "arm64" in instance.architectures
    return Machine(
        name=name,
        cloud="aws",
        family=family,
        vcpu=instance.vcpu,
        architecture="arm64" if arm else "x86_64",
        memory_gib=instance.memory_gib,
        cpu=related.cpu if related else None,
        processor=related.processor if related else "unknown Arm" if arm else "unknown x86",
        accelerator=None,
        accelerators=0.0,
        accelerator_memory_gib=None,
        current_generation=None,
        successor=related.successor if related else None,
        arm_alternative=related.arm_alternative if related else None,
        hostings=(EC2_HOSTING,),
        source=EC2.id,
    )


def _reshaped(
    row: Machine,
    instance: api.InstanceType,
    hostings: tuple[str, ...],
    chips: Iterable[Chip],
    notes: list[str],
) -> Machine:
    row = replace(
        row,
        vcpu=instance.vcpu,
        memory_gib=instance.memory_gib,
        instance_store_gib=instance.instance_store_gib,
        current_generation=instance.current_generation,
        hostings=hostings,
        source=EC2.id,
    )
    if instance.accelerator is None or instance.accelerator_memory_gib is None:
        return row
    chip = chip_named(instance, chips)
    if chip is None:
        notes.append(
            f"{row.name}: no chip of the catalogue is {instance.accelerator!r}; left as it is"
        )
        return row
    count = _count(instance, chip)
    documented = (chip.memory_gib or 0.0) * count
    if (
        row.accelerator
        and abs(instance.accelerator_memory_gib - documented) > ENOUGH_ALIKE * documented
    ):
        notes.append(
            f"{row.name}: EC2 says {instance.accelerator_memory_gib:g} GiB of accelerator memory, "
            f"{chip.name} has {documented:g}; kept {row.accelerator_memory_gib:g}"
        )
        return row
    return replace(
        row,
        accelerator=chip.name,
        accelerators=count,
        accelerator_memory_gib=instance.accelerator_memory_gib,
    )


def _count(instance: api.InstanceType, chip: Chip) -> float:
    """How many accelerators; of a shared one EC2 gives no count, but the memory of the share."""
    if instance.accelerators or not instance.accelerator_memory_gib or not chip.memory_gib:
        return instance.accelerators
    return round(instance.accelerator_memory_gib / chip.memory_gib * 8) / 8


def chip_named(instance: api.InstanceType, chips: Iterable[Chip]) -> Chip | None:
    """The chip that EC2 calls ``A100`` or ``T4g``: of those so named, the nearest in memory."""
    words = (instance.accelerator or "").casefold().split()
    each = (instance.accelerator_memory_gib or 0.0) / (instance.accelerators or 1.0)
    like = [
        chip
        for chip in chips
        if chip.kind != "cpu"
        and chip.vendor.casefold() == (instance.accelerator_maker or "").casefold()
        and words
        and all(word in _words(chip.name) or word == "server" for word in words)
    ]
    return min(like, key=lambda chip: abs((chip.memory_gib or 0.0) - each), default=None)


def _words(name: str) -> set[str]:
    return set(name.casefold().split())


def apply_offerings(draft: Draft, offered: dict[str, list[str]]) -> list[str]:
    """Bring the availability of the regions asked to what EC2 says; gives the unknown regions."""
    rows = draft.rows("machines", Machine).values()
    machines = {machine.name for machine in rows if EC2_HOSTING in machine.hostings}
    regions, offers = draft.rows("regions", Region), draft.rows("offers", Offer)
    for region in sorted(offered):
        if (region,) in regions:
            listed = machines & set(offered[region])
            standing = {name for name, where in offers if where == region and name in machines}
            for machine in sorted(listed | standing):
                apply_listing(draft, (machine, region), machine in listed, EC2.id)
    unknown = sorted(region for region in offered if (region,) not in regions)
    return [f"{region} is not in the catalogue: add its row" for region in unknown]


def apply_prices(
    draft: Draft, region: str, hosting: str, found: dict[str, float], today: date
) -> list[str]:
    """On-demand prices of a hosting in a region, dated today, of the machines that it offers.

    Gives those of machines that are not sold on demand there: they are not taken.
    """
    prices = draft.rows("prices", Price)
    notes: list[str] = []
    for machine in _offered_in(draft, region):
        if machine in found:
            before = prices.get((machine, region, hosting))
            price = Price(
                machine=machine,
                region=region,
                hosting=hosting,
                usd_hour=found[machine],
                spot_usd_hour=before.spot_usd_hour if before else None,
                as_of=today.isoformat(),
                source=PRICES.id,
            )
            notes += put_price(draft, price)
    return notes


def apply_spot_prices(draft: Draft, region: str, found: dict[str, float]) -> None:
    """Spot prices of a region, beside on-demand prices of the same source only."""
    prices = draft.rows("prices", Price)
    for machine in _offered_in(draft, region):
        key = (machine, region, EC2_HOSTING)
        price = prices.get(key)
        if machine in found and price is not None and price.source == PRICES.id:
            put_price(draft, replace(price, spot_usd_hour=found[machine]))


def _offered_in(draft: Draft, region: str) -> list[str]:
    return [machine for machine, where in draft.rows("offers", Offer) if where == region]


# --- the whole of it ----------------------------------------------------------------------------


class AccountRegions:
    """The regions of an account, asked one after the other; what was answered today is kept."""

    def __init__(
        self,
        connect: Client,
        kept: AnswerCache,
        bar: Progress,
        regions: frozenset[str],
        families: frozenset[str],
    ) -> None:
        self.connect, self.kept, self.families = connect, kept, families
        enabled = kept.once("regions", list[str], lambda: api.enabled_regions(connect))
        self.regions = [name for name in enabled if not regions or name in regions]
        self._bar, self._task = bar, bar.add_task("", total=len(self.regions))

    def each(self, what: str, kind: type[T], ask: Callable[[str], T]) -> dict[str, T]:
        """The answers by region."""
        self._bar.reset(self._task, description=what, total=len(self.regions))
        answers = {}
        for region in self.regions:
            answers[region] = self.kept.once(f"{what} {region}", kind, partial(ask, region))
            self._bar.advance(self._task)
        return answers

    def offered(self) -> dict[str, list[str]]:
        return self.each("offerings", list[str], partial(api.offered_types, self.connect))

    def shapes(self) -> dict[str, api.InstanceType]:
        """Each type's shape, asked of the first region that offers it."""
        first: dict[str, str] = {}
        for region, types in self.offered().items():
            for name in types:
                first.setdefault(name, region)
        return {
            name: shape
            for region, found in self.each(
                "shapes",
                dict[str, api.InstanceType],
                lambda region: api.shapes(
                    self.connect, region, [name for name in first if first[name] == region]
                ),
            ).items()
            for name, shape in found.items()
        }

    def prices(
        self, service: str, wanted: dict[str, str], name: str
    ) -> dict[str, dict[str, float]]:
        return self.each(
            service,
            dict[str, float],
            lambda region: api.listed_prices(self.connect, service, region, wanted, name),
        )


def _shapes(account: AccountRegions, draft: Draft, today: date) -> list[str]:
    chips = list(Catalogue(draft.directory).chips.values())
    hosted = api.hosted_types(account.connect)
    return apply_shapes(draft, account.shapes(), hosted, chips, account.families)


def _offerings(account: AccountRegions, draft: Draft, today: date) -> list[str]:
    notes = apply_offerings(draft, account.offered())
    draft.fetched(replace(EC2, fetched=today.isoformat()))
    return notes


def _prices(account: AccountRegions, draft: Draft, today: date) -> list[str]:
    found = account.prices("AmazonEC2", api.ON_DEMAND_LINUX, "instanceType")
    notes = [
        note
        for region, prices in found.items()
        for note in apply_prices(draft, region, EC2_HOSTING, prices, today)
    ]
    draft.fetched(replace(PRICES, fetched=today.isoformat()))
    return notes


def _sagemaker(account: AccountRegions, draft: Draft, today: date) -> list[str]:
    found = account.prices("AmazonSageMaker", api.HOSTING, "instanceName")
    for region, prices in found.items():
        bare = {name.removeprefix("ml."): price for name, price in prices.items()}
        apply_prices(draft, region, SAGEMAKER_HOSTING, bare, today)
    draft.fetched(replace(PRICES, fetched=today.isoformat()))
    return []


def _spot(account: AccountRegions, draft: Draft, today: date) -> list[str]:
    found = account.each("spot", dict[str, float], partial(api.spot_prices, account.connect))
    for region, prices in found.items():
        apply_spot_prices(draft, region, prices)
    return []


STEPS: dict[str, Callable[[AccountRegions, Draft, date], list[str]]] = {
    "shapes": _shapes,
    "offerings": _offerings,
    "prices": _prices,
    "sagemaker": _sagemaker,
    "spot": _spot,
}


def refresh(
    draft: Draft,
    connect: Client,
    kept: AnswerCache,
    console: Console,
    today: date,
    *,
    steps: Iterable[str] = STEPS,
    regions: frozenset[str] = frozenset(),
    families: frozenset[str] = frozenset(),
) -> bool:
    """Ask, and change the draft; whether every step was answered.

    A step that fails is reported and leaves its figures as they were; the others go on.
    """
    answered = True
    with progress(console) as bar:
        account = AccountRegions(connect, kept, bar, regions, families)
        for name in steps:
            try:
                notes = STEPS[name](account, draft, today)
            except (BotoCoreError, ClientError) as error:
                answered, notes = False, [f"not answered, left as it was: {error}"]
            for line in notes:
                console.print(f"{name}: {line}", highlight=False, markup=False, soft_wrap=True)
    return answered


def write_quotas(directory: Path, connect: Client, console: Console, today: date) -> None:
    """The account's endpoint quotas as an organisation's own table, quotas.csv."""
    lines = ["machine,region,endpoint_quota,as_of"]
    for region in api.enabled_regions(connect):
        for machine, value in sorted(api.endpoint_quotas(connect, region).items()):
            lines.append(f"{machine},{region},{value:g},{today.isoformat()}")
    directory.mkdir(parents=True, exist_ok=True)
    write_whole(directory / "quotas.csv", "\n".join(lines) + "\n")
    console.print(f"written: {directory / 'quotas.csv'}, {len(lines) - 1} quotas")


def main(argv: Sequence[str] | None = None, connect: Client = api.client) -> int:
    parser = arguments("aws", (__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", default=",".join(STEPS), help="which of %(default)s")
    parser.add_argument("--regions", default="", help="only these, comma between")
    parser.add_argument("--families", default="", help="families to take in, comma between")
    parser.add_argument("--quotas", type=Path, help="write the account's quotas there, and stop")
    given = parser.parse_args(argv)
    steps = [step for step in given.steps.split(",") if step]
    if unknown := set(steps) - set(STEPS):
        parser.error(f"{', '.join(sorted(unknown))}: not a step; one of {', '.join(STEPS)}")
    console = Console()
    try:
        if given.quotas:
            write_quotas(given.quotas, connect, console, given.today)
            return 0
        draft, kept = Draft(given.tables), AnswerCache("aws", given.today)
        if given.again:
            kept.forget()
        done = refresh(
            draft,
            connect,
            kept,
            console,
            given.today,
            steps=steps,
            regions=_names(given.regions),
            families=_names(given.families),
        )
        show_and_install(draft, console, dry_run=given.dry_run)
        if done:
            kept.forget()
    except (InputError, BotoCoreError, ClientError) as error:
        return failed(console, error)
    return 0 if done else 1


def _names(written: str) -> frozenset[str]:
    return frozenset(name for name in written.split(",") if name)


if __name__ == "__main__":
    sys.exit(main())

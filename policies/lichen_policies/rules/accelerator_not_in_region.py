"""Accelerated machine in a region where its kind is not made.

Why: Not every region has every accelerator. What is not made there fails when it is deployed, often
after the rest of the stack was made and is paid for, and a pool that scales to it never grows.

Fix: Deploy to one of the regions that the message names, which are the cleanest that have it, or
choose an accelerator that the region has.

Exceptions: Clouds bring machines to further regions all the time, so a list of them is soon behind:
it advises, and blocks in production only where the list was whole and is at most ``days`` days old
(``make refresh-aws`` reads it anew). It speaks of regions, not of zones, nor of quota and free
capacity. Where the catalogue knows no region of a machine, where one of its sources has the machine
in the region, and where only customers on an allowlist can have it, it is silent; so it is of
serverless containers, whose regions are another list. It is silent too where the machine or the
accelerator beside it is not known, since too-many-accelerators says that it cannot be checked; an
accelerator that is known is judged beside such a machine. Where the accelerator is known and the
region is not (a variable, or a provider that is written elsewhere), it is unverified; where the
region is another cloud's it says nothing. A machine that a launch template names is reported there,
once, and not again at the groups that use it. Of SageMaker it also reports the machines that its
hosting does not take at all.

Tags: It reads none but ``lichen:environment``, which chooses the level.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip, Listing, Machine, Region
from lichen_policies.facts import MachineKind, is_unknown
from lichen_policies.named_hardware import (
    chip_named,
    is_name,
    machine_if_known,
    machine_of,
    written,
)
from lichen_policies.offered import machines_with, regions_of, regions_of_all, where_made
from lichen_policies.rule import HIGHER_IS_STRICTER, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days after which a list that was whole only advises."""

    days: Annotated[int, Meta(ge=0, le=3650), HIGHER_IS_STRICTER] = 14


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="hardware")
def accelerator_not_in_region(fact: MachineKind, limits: Limits, known: Known) -> Iterator[Finding]:
    if is_unknown(fact.as_read("chip")):
        raise NotApplicable("its accelerator is not known: see too-many-accelerators")
    if fact.chip is None:
        machine_if_known(fact)
    machine = known.catalogue.machines.get(fact.if_known.machine or "")
    chip = chip_named(fact.chip, known.catalogue) if fact.chip is not None else None
    if fact.chip is None and machine is not None:
        chip = known.catalogue.accelerator_of(machine)
    if chip is None:
        raise NotApplicable("it names no accelerator of the catalogue")
    if machine is not None and _is_refused(fact, machine, known):
        yield _not_hosted(fact, machine, known)
        return
    if _is_serverless(fact, known):
        raise NotApplicable("where a serverless container has accelerators is in no list")
    if fact.region is None:
        raise NotApplicable("no region is stated: see region-unresolved")
    here = known.region(fact.region)
    # What pods ask for is of the cloud that their region is of.
    cloud = machine.cloud if machine else here.cloud if fact.cloud == "kubernetes" else fact.cloud
    listing = known.catalogue.listing(cloud, chip.kind)
    if here.cloud != cloud or listing is None:
        raise NotApplicable("no list of regions of such machines is known")
    rows = _rows(fact, machine, chip, cloud, known)
    regions = regions_of_all(rows, known)
    if not regions or here.name in regions or not _covers(listing, here, known):
        return
    yield _not_here(fact, chip, here, regions, listing, limits, known)


def _rows(
    fact: MachineKind, machine: Machine | None, chip: Chip, cloud: str, known: Known
) -> Sequence[Machine]:
    """The machine, where it carries the accelerator; else all that do, or that take it."""
    if machine is not None and machine.accelerator is not None and fact.chip is None:
        return (machine,)
    return machines_with(chip, cloud, known)


def _covers(listing: Listing, here: Region, known: Known) -> bool:
    """Whether the list speaks of the region at all. Of TPUs the list is one of zones, and speaks of
    all regions."""
    return listing.kind == "tpu" or known.catalogue.once(_Lists).covers(listing.source, here)


class _Lists:
    """What the lists of one catalogue say of a region, found once for all resources that are
    there: of each machine it decodes a table's rows."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._covered: dict[tuple[str, str], bool] = {}
        self._made: dict[tuple[str, str, str | None], list[Machine]] = {}
        self._said: dict[tuple[object, ...], str] = {}

    def covers(self, source: str, here: Region) -> bool:
        """Whether a source lists any machine in a region, or says that it is not there."""
        key = source, here.name
        if key not in self._covered:
            # Those of the region's cloud first: one is enough, and the others' rows stay encoded.
            every = sorted(
                self._catalogue.machines.values(), key=lambda row: row.cloud != here.cloud
            )
            self._covered[key] = any(
                source in (*offer.listed_by, *offer.not_listed_by)
                for machine in every
                for offer in self._catalogue.offers_of(machine.name)
                if offer.region == here.name
            )
        return self._covered[key]

    def made(self, here: Region, kind: str, hosting: str | None, known: Known) -> list[Machine]:
        """The machines of a region with accelerators of a kind that are not retired, which a
        hosting takes; all of them where it is None."""
        key = here.name, kind, hosting
        if key not in self._made:
            self._made[key] = [
                machine
                for machine in self._catalogue.machines.values()
                if machine.cloud == here.cloud
                and (its := self._catalogue.accelerator_of(machine)) is not None
                and its.kind == kind
                and (hosting is None or self._catalogue.hosts(hosting, machine))
                and here.name in regions_of(machine, known)
                and not self._catalogue.retired_hardware(machine.family, its.family, machine.cloud)
            ]
        return self._made[key]

    def said(self, key: tuple[object, ...], say: Callable[[], str]) -> str:
        """What is said of all resources with a key, composed once."""
        if key not in self._said:
            self._said[key] = say()
        return self._said[key]


def _is_serverless(fact: MachineKind, known: Known) -> bool:
    hosting = known.catalogue.hostings.get(fact.hosting or "")
    return hosting is not None and hosting.kind == "serverless"


def _is_refused(fact: MachineKind, machine: Machine, known: Known) -> bool:
    hosting = known.catalogue.hostings.get(fact.hosting or "")
    return (
        hosting is not None
        and bool(fact.machine_prefix)
        and not known.catalogue.hosts(hosting.name, machine)
    )


def _not_hosted(fact: MachineKind, machine: Machine, known: Known) -> Finding:
    hosting = known.catalogue.hostings[fact.hosting or ""]
    source = known.catalogue.sources[hosting.source]
    others = [
        row
        for row in known.catalogue.machines.values()
        if row.accelerator == machine.accelerator and known.catalogue.hosts(hosting.name, row)
    ]
    wanted = machine.accelerators
    nearest = min(others, key=lambda row: abs(row.accelerators - wanted), default=None)
    other = f"{fact.machine_prefix}{nearest.name}" if nearest else "a machine that it takes"
    return Finding(
        what=f"{hosting.title} takes no {written(fact)} for endpoints ({source.publisher}, "
        f"{source.fetched})",
        limit="an endpoint must run on a machine that its service takes; this finding only "
        "advises, because the list grows",
        or_else=f"set {fact.path} to {other}",
        path=fact.path,
        sources=(hosting.source,),
        advice=True,
    )


def _not_here(
    fact: MachineKind,
    chip: Chip,
    here: Region,
    regions: frozenset[str],
    listing: Listing,
    limits: Limits,
    known: Known,
) -> Finding:
    source = known.catalogue.sources[listing.source]
    age = known.today - datetime.date.fromisoformat(listing.as_of)
    sure = listing.whole and age <= datetime.timedelta(days=limits.days)
    name = chip.name if fact.chip is not None or fact.machine is None else written(fact)
    doubt = (
        f"is of {listing.as_of} and regions gain machines every month"
        if listing.whole
        else "may leave out what exists"
    )
    because = f"; this finding only advises, because the list {doubt}"
    where = here.name, regions, known.regions, known.clouds
    return Finding(
        what=f"{here.name} is not among the {len(regions)} regions that have "
        f"{name if is_name(name) or name == chip.name else chip.name} ({source.publisher}, "
        f"{listing.as_of})",
        limit="a machine can be made only in a region that has it" + ("" if sure else because),
        or_else=known.catalogue.once(_Lists).said(
            (*where, fact.machine, fact.hosting, fact.machine_prefix, fact.path, chip.name),
            lambda: _or_else(fact, chip, here, regions, known),
        ),
        path=fact.path,
        sources=(listing.source,),
        advice=not sure,
    )


def _or_else(
    fact: MachineKind, chip: Chip, here: Region, names: frozenset[str], known: Known
) -> str:
    beside = where_made((fact.machine,) if fact.machine else (), (), here.cloud, known)
    rows = [known.catalogue.regions[name] for name in names if name in known.catalogue.regions]
    allowed = [
        row
        for row in rows
        if row.partition == here.partition and known.may_advise(row) and beside.has(row)
    ]
    best = sorted(
        allowed,
        key=lambda row: (row.grid_gco2e_kwh is None, row.grid_gco2e_kwh or 0, row.name),
    )[:3]
    other = _made_here(fact, chip, here, known)
    change = f"choose an accelerator that {here.name} has at {fact.path}"
    if other is not None:
        change += f", such as {other.accelerator}"
    if not best:
        return change
    places = " or ".join(
        f"{row.name} ({row.grid_gco2e_kwh:.0f} gCO2e/kWh)" if row.grid_gco2e_kwh else row.name
        for row in best
    )
    return f"deploy to {places}" + ("" if other is None else f"; or {change}")


def _made_here(fact: MachineKind, chip: Chip, here: Region, known: Known) -> Machine | None:
    """The machine of the region whose accelerators are nearest in memory, the larger ones first."""
    named = machine_of(fact, known)
    wanted_gib = (named.accelerator_memory_gib if named else chip.memory_gib) or 0
    hosting = (fact.hosting or "") if fact.machine_prefix else None

    def how_far(machine: Machine) -> tuple[bool, float, str]:
        gib = machine.accelerator_memory_gib or 0
        return gib < wanted_gib, abs(gib - wanted_gib), machine.name

    made = known.catalogue.once(_Lists).made(here, chip.kind, hosting, known)
    return min(made, default=None, key=how_far)

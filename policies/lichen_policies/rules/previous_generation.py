"""Machine of an older generation whose successor is in the same region.

Why: Each generation of processors and accelerators does more work for a watt and usually for a
dollar. An older machine stays in a template because nobody looks at it again.

Fix: Measure the work on the machine that the message names, then move to it.

Exceptions: It only advises. The successor must be in the region on the same hosting, be for sale
there to everybody on demand, be of the same processor architecture, and be at least as large: as
many vCPUs and as much memory, or as many accelerators with as much memory each and no less than
nine tenths of the bandwidth and of the speed. It must emit less by ``less_pct`` percent or more,
idle hours and making included, and cost at most ``dearer_pct`` percent more: a newer machine that
is dearer than that saves money only where fewer of them do the work, which nobody knows before it
is measured. A general machine (no accelerators, no ``lichen:*`` tags) has a successor only if that
costs no more. Where a price is not known it is silent. What a provider itself calls a previous
generation has no part in it. Machines without a hypervisor (metal) are compared with such. Where
the machine is not known it says nothing: too-many-accelerators says that it cannot be checked; so
it does where the region is one that the catalogue does not have. A machine that a launch template
names is judged there, once. Hardware that is retired is a matter of retired-hardware.

Tags: It reads none for the finding; ``lichen:model`` and ``lichen:peak-rps`` make the figures of a
month those of the declared traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine, Region
from lichen.figures import co2e, usd
from lichen.holding import Holding
from lichen_policies.facts import MachineKind
from lichen_policies.named_hardware import families, machine_if_known, machine_of, written
from lichen_policies.offered import regions_of
from lichen_policies.provisioned import is_for_models, provisioned
from lichen_policies.rule import Finding, Known, NotApplicable, Saves, Unverified, rule

_NO_SLOWER = 0.9


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much less the successor must emit, and how much more it may cost, in percent."""

    less_pct: Annotated[float, Meta(ge=0, le=100)] = 10.0
    dearer_pct: Annotated[float, Meta(ge=0, le=1000)] = 15.0


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def previous_generation(fact: MachineKind, limits: Limits, known: Known) -> Iterator[Finding]:
    machine = None if machine_if_known(fact) is None else machine_of(fact, known)
    if machine is None or fact.chip is not None:
        raise NotApplicable("it names no machine of the catalogue by itself")
    if machine.successor is None:
        return
    if known.catalogue.retired_hardware(*families(fact, known), fact.cloud):
        raise NotApplicable("its hardware is retired: see retired-hardware")
    if fact.region is None:
        raise NotApplicable("no region is stated: see region-unresolved")
    here = _region(fact.region, known)
    if here.cloud != machine.cloud:
        raise NotApplicable("the region is another cloud's")
    now = _month(fact, machine, here, known)
    found = [
        (later, _month(fact, later, here, known))
        for later in _successors(machine, known)
        if _can_be_had(fact, later, here, known)
    ]
    if not is_for_models(fact, machine.name, known):
        limits = msgspec.structs.replace(limits, dearer_pct=0)
    better = [(later, then) for later, then in found if _is_better(now, then, limits)]
    if not better:
        return
    later, then = min(better, key=lambda each: _grams(each[1]))
    yield _finding(fact, machine, later, here, now, then, limits)


def _region(name: str, known: Known) -> Region:
    try:
        return known.region(name)
    except Unverified as error:
        raise NotApplicable(f"{error}: see dirty-region") from None


def _month(fact: MachineKind, machine: Machine, here: Region, known: Known) -> Holding:
    count = max(fact.machines, 1)
    return provisioned(fact, machine, count, fact.hosting, here, known.catalogue)


def _successors(machine: Machine, known: Known) -> Iterator[Machine]:
    """Of each later family the smallest machine that does what this one does."""
    by_family = known.catalogue.once(_by_family)
    seen, waiting = {machine.family}, list(_families(machine))
    while waiting:
        family = waiting.pop(0)
        if family in seen:
            continue
        seen.add(family)
        rows = [row for row in by_family.get(family, ()) if row.cloud == machine.cloud]
        waiting += [each for row in rows for each in _families(row)]
        able = [row for row in rows if _does_as_much(row, machine, known)]
        if able:
            yield min(able, key=lambda row: (row.vcpu, row.memory_gib or 0, row.name))


def _by_family(catalogue: object) -> dict[str, list[Machine]]:
    found: dict[str, list[Machine]] = {}
    for row in catalogue.machines.values():  # type: ignore[attr-defined]
        found.setdefault(row.family, []).append(row)
    return found


def _families(machine: Machine) -> Iterator[str]:
    """The families that the catalogue names as successors: ``n4 / n4a (arm)``."""
    for part in (machine.successor or "").split("/"):
        words = part.split()
        if words and (len(words) == 1 or machine.architecture == "arm64"):
            yield words[0]


def _does_as_much(later: Machine, machine: Machine, known: Known) -> bool:
    if later.architecture != machine.architecture or later.accelerators != machine.accelerators:
        return False
    if ("metal" in later.name) != ("metal" in machine.name):
        return False
    if (later.memory_gib or 0) < (machine.memory_gib or 0) * _NO_SLOWER:
        return False
    if machine.accelerator is None:
        return later.vcpu >= machine.vcpu
    new, old = (known.catalogue.accelerator_of(each) for each in (later, machine))
    if new is None or old is None or new.kind != old.kind:
        return False
    pairs = (
        (new.memory_gib, old.memory_gib, 1.0),
        (new.bandwidth_gb_s, old.bandwidth_gb_s, _NO_SLOWER),
        (new.fp16_tflops or new.bf16_tflops, old.fp16_tflops or old.bf16_tflops, _NO_SLOWER),
    )
    return all(
        mine is not None and theirs is not None and mine >= theirs * share
        for mine, theirs, share in pairs
    )


def _can_be_had(fact: MachineKind, later: Machine, here: Region, known: Known) -> bool:
    catalogue = known.catalogue
    if fact.hosting in catalogue.hostings and not catalogue.hosts(fact.hosting or "", later):
        return False
    if here.name not in regions_of(later, known):
        return False
    sales = catalogue.sales_of(later.name)
    return sales is None or "on-demand" in sales.ways(here.name)


def _grams(month: Holding) -> float:
    return float("inf") if month.gco2e_month is None else month.gco2e_month.likely


def _is_better(now: Holding, then: Holding, limits: Limits) -> bool:
    grams, here = now.grams_less(then), now.gco2e_month
    if grams is None or here is None or now.usd_month is None or then.usd_month is None:
        return False
    affordable = then.usd_month <= now.usd_month * (1 + limits.dearer_pct / 100)
    return affordable and grams.likely > 0 and grams.likely >= here.likely * limits.less_pct / 100


def _finding(
    fact: MachineKind,
    machine: Machine,
    later: Machine,
    here: Region,
    now: Holding,
    then: Holding,
    limits: Limits,
) -> Finding:
    name, other = written(fact), f"{fact.machine_prefix}{later.name}"
    count = f"{fact.machines} x " if fact.machines > 1 else ""
    return Finding(
        what=f"{count}{name}{_figures(now)} has a successor in {here.name}: {other}"
        f"{_chips(later)}{_figures(then)}",
        limit=f"a successor is advised where it emits less by {limits.less_pct:g} % and costs "
        + (f"at most {limits.dearer_pct:g} % more" if limits.dearer_pct else "no more"),
        or_else=f"measure the work on {other}, then set {fact.path} to it",
        path=fact.path,
        saves=Saves(gco2e_month=now.grams_less(then), usd_month=now.usd_less(then)),
        sources=tuple(dict.fromkeys((machine.source, *now.sources, *then.sources))),
    )


def _chips(machine: Machine) -> str:
    return f" with {machine.accelerators:g} {machine.accelerator}" if machine.accelerator else ""


def _figures(month: Holding) -> str:
    parts = [] if month.usd_month is None else [usd(month.usd_month)]
    if month.gco2e_month is not None:
        parts.append(co2e(month.gco2e_month))
    return f" (a month: {' and '.join(parts)})" if parts else ""

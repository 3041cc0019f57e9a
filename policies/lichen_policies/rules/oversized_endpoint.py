"""Endpoint far larger than the model and the traffic that it declares.

Why: Capacity that no request uses is paid for and powered all the same, and its making is charged
to the work: four large machines for one request a second emit ten times what the work needs.

Fix: Take the machine and the count that the message names, or correct the passport (the tags
``lichen:model``, ``lichen:precision``, ``lichen:peak-rps``, ``lichen:input-tokens``,
``lichen:output-tokens``, ...) where it is the declaration that is wrong.

Exceptions: Without a model and a peak rate in its passport an endpoint is not judged: nobody can
say what it needs. It is judged at its start and its floor, not at its ceiling, and by the slow end
of the interval of what its machines bear, so that an uncertain prediction is no finding. Serverless
endpoints are not looked at, nor endpoints that cannot bear the work at all. Models that share one
endpoint are judged by the one that the passport names, and where it names no precision, at bf16.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import NotApplicable, Serving, Unverified
from lichen_policies.provisioned import load_over
from lichen_policies.rulebook import UNSTATED, Finding, Known, Saves

if TYPE_CHECKING:
    from lichen.catalogue.schema import Machine, Region
    from lichen.holding import Holding
    from lichen.passport import Passport
    from lichen.sizing import Sizing
    from lichen.workload import ModelCard, Workload

SEVERITY = "high"
LEVELS = {"dev": "mandatory", "staging": "mandatory", "prod": "mandatory"}
JUDGES = Serving
LIMITS_BY_ENVIRONMENT = {"prod": {"replicas": 2}}


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how often the peak may be borne, and how often the power and the price of the best
    machine for the work may be held. ``replicas``: how many machines may be held whatever the
    traffic, so that one may fail."""

    times: Annotated[float, Meta(ge=1, le=1000)] = 2.0
    replicas: Annotated[int, Meta(ge=1, le=1000)] = 1


class Deployment(msgspec.Struct, frozen=True):
    """Machines of one type under one name, and what a month of them takes."""

    machine: Machine
    name: str
    count: int
    sizing: Sizing
    month: Holding

    @property
    def watts(self) -> float:
        assert self.month.watts is not None, "what draws nobody knows how much is left out"
        return self.month.watts.likely

    @property
    def told(self) -> str:
        return f"{self.count} x {self.name}"


def judge(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    passport = fact.passport
    environment = fact.known("environment") or UNSTATED
    workload = None if passport is None else passport.as_workload(environment)
    if passport is None or workload is None:
        raise NotApplicable("no model and peak rate are declared in its passport")
    if fact.serverless or fact.machine is None:
        raise NotApplicable("it holds no machine")
    assert isinstance(workload.model, str)
    card, machine = known.model(workload.model), known.machine(fact.machine)
    sizing = _sized(workload, card, machine, known)
    if sizing is None:
        raise NotApplicable(f"{fact.machine} cannot bear the work that is declared at all")
    count = max(fact.machines or 1, fact.floor or 0)
    borne_rps = sizing.rps_per_replica.low * count
    peak_rps = workload.traffic.peak_rps
    if borne_rps <= limits.times * peak_rps:
        return
    region = known.catalogue.regions.get(fact.known("region") or "")
    deployed = _deployment(machine, count, sizing, fact, region, known)
    if deployed is None:
        return
    able = list(_able(workload, card, fact, region, limits, known))
    kin = [held for held in able if _kind(held.machine) == _kind(machine)]
    best, nearest = _least(deployed, able, limits), _least(deployed, kin, limits)
    # Where no smaller machine of its kind would do, it is too large only if so few of it are.
    too_large = sizing.rps_per_replica.low * limits.replicas > limits.times * peak_rps
    better = nearest or (best if too_large else None)
    if best is None or better is None:
        return
    yield Finding(
        what=_what(deployed, better, borne_rps, passport, card),
        limit=f"at most {limits.times:g} times the need may be held"
        + (f", and {limits.replicas} machines whatever it is" if limits.replicas > 1 else ""),
        fix=_fix(fact, deployed, better, best),
        path=fact.machine_at,
        saves=_saves(deployed, better),
        sources=tuple(filter(None, (card.source, *(machine.power_source or ())))),
    )


def _sized(workload: Workload, card: ModelCard, machine: Machine, known: Known) -> Sizing | None:
    """None where the machine cannot bear the work; unverified where nobody can say."""
    from lichen.sizing import Misfit, lay_out

    layout = lay_out(workload, card, machine, workload.precisions[0], known.catalogue)
    if not isinstance(layout, Misfit):
        return layout.sizing()
    if layout.kind in ("card", "hardware"):
        raise Unverified(f"what {card.name} needs cannot be computed: {layout.reason}")
    return None


def _able(
    workload: Workload,
    card: ModelCard,
    fact: Serving,
    region: Region | None,
    limits: Limits,
    known: Known,
) -> Iterator[Deployment]:
    """Every machine that the same hosting offers in the same region and that does the work."""
    for machine in known.catalogue.machines.values():
        if machine.cloud != fact.cloud or not known.catalogue.hosts(fact.hosting, machine):
            continue
        if region is not None and not _offered(machine, region, known):
            continue
        try:
            sizing = _sized(workload, card, machine, known)
        except Unverified:
            continue
        if sizing is None:
            continue
        count = max(sizing.replicas_peak, limits.replicas)
        held = _deployment(machine, count, sizing, fact, region, known)
        if held is not None:
            yield held


def _offered(machine: Machine, region: Region, known: Known) -> bool:
    return any(offer.region == region.name for offer in known.catalogue.offers_of(machine.name))


def _deployment(
    machine: Machine,
    count: int,
    sizing: Sizing,
    fact: Serving,
    region: Region | None,
    known: Known,
) -> Deployment | None:
    """None where nobody publishes the machine's watts."""
    from lichen.holding import holding

    catalogue, load = known.catalogue, load_over(sizing, count)
    month = holding(machine, count, region, fact.hosting, catalogue, load=load)
    if month.watts is None:
        return None
    hosting = catalogue.hostings.get(fact.hosting)
    prefix = hosting.machine_prefix if hosting else ""
    return Deployment(machine, prefix + machine.name, count, sizing, month)


def _least(deployed: Deployment, able: list[Deployment], limits: Limits) -> Deployment | None:
    """What draws least, if what is deployed draws and costs more than the limit times as much."""
    least = min(able, key=lambda one: (one.watts, one.month.usd_month or 0), default=None)
    if least is None or deployed.watts <= limits.times * least.watts:
        return None
    now, then = deployed.month.usd_month, least.month.usd_month
    if now is not None and then is not None:
        return least if now > limits.times * then else None
    return least


def _what(
    deployed: Deployment, better: Deployment, borne_rps: float, passport: Passport, card: ModelCard
) -> str:
    peak_rps = passport.peak_rps or 0
    times = f" ({borne_rps / peak_rps:.0f} times)" if peak_rps else ""
    sizing = deployed.sizing
    return (
        f"{deployed.told} bear at least {borne_rps:.2g} requests/s of {card.name} where "
        f"{peak_rps:g} are declared{times}, with "
        f"{sizing.prediction.memory_available_gib * deployed.count:.0f} GiB of memory for models "
        f"where {better.sizing.prediction.memory_gib.likely * better.count:.0f} GiB are needed"
    )


def _fix(fact: Serving, deployed: Deployment, better: Deployment, best: Deployment) -> str:
    changes = [f"{fact.machines_at} to {better.count}"]
    if better.name != deployed.name:
        changes.insert(0, f"{fact.machine_at} to {better.name} ({_chips(better.machine)})")
    if fact.floor is not None and fact.floor > better.count:
        changes.append(f"{fact.floor_at} to {better.count} at the most")
    less = (1 - best.watts / better.watts) * 100
    if less < 1:
        return f"set {' and '.join(changes)}"
    return (
        f"set {' and '.join(changes)}; or take {best.told} ({_chips(best.machine)}), "
        f"which draw {less:.0f} % less"
    )


def _kind(machine: Machine) -> tuple[str | None, str]:
    """What an image is built for."""
    return machine.accelerator, machine.architecture


def _chips(machine: Machine) -> str:
    if machine.accelerator is None:
        return f"{machine.vcpu:g} vCPU of {machine.cpu}"
    return f"{machine.accelerators:g} {machine.accelerator}"


def _saves(deployed: Deployment, better: Deployment) -> Saves:
    """A month of what is deployed, less a month of what does the work."""
    from lichen.holding import saved

    now, then = deployed.month, better.month
    usd = None
    if now.usd_month is not None and then.usd_month is not None:
        usd = now.usd_month - then.usd_month
    return Saves(gco2e_month=saved(now.gco2e_month, then.gco2e_month), usd_month=usd)

"""Endpoint far larger than the model and the traffic that it declares.

Why: Unused capacity costs money and draws power, and making it emitted carbon too: four large
machines for one request a second emit ten times what the work needs.

Fix: Use the machine and the count that the message names. If the declaration is wrong, correct the
tags (``lichen:model``, ``lichen:precision``, ``lichen:peak-rps``, ``lichen:input-tokens``,
``lichen:output-tokens``, ...).

Exceptions: An endpoint whose ``lichen:*`` tags declare no model or no peak rate is not judged: what
it needs is unknown. It is judged at its start and its floor, not at its ceiling, and by the low end
of the interval of what its machines serve, so that an uncertain prediction is no finding.
Serverless endpoints are not judged, nor endpoints that cannot serve the work at all, which
unable-endpoint finds. Models that share one endpoint are judged by the one that the tags name. Tags
without a precision mean bf16. ``lichen:minimum-replicas`` justifies no more machines than the limit
``replicas``.

Tags: It needs ``lichen:model`` and ``lichen:peak-rps``, and finds nothing without them. With
``lichen:output-tokens`` and ``lichen:precision`` its figures are nearer to the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.workload import ModelCard
from lichen_policies.facts import Serving
from lichen_policies.fleets import Fleet, Fleets, declared_workload
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    Change,
    Finding,
    Known,
    NotApplicable,
    Saves,
    rule,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how many times the peak rate may be served, and how many times the power and the
    price of the best machine for the work are allowed. ``replicas``: how many machines are always
    allowed, so that one may fail."""

    times: Annotated[float, Meta(ge=1, le=1000), LOWER_IS_STRICTER] = 2.0
    replicas: Annotated[int, Meta(ge=1, le=1000), LOWER_IS_STRICTER] = 1


@rule(
    severity="high",
    dev="mandatory",
    staging="mandatory",
    prod="mandatory",
    theme="size",
    limits={"prod": {"replicas": 2}},
)
def oversized_endpoint(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    workload = declared_workload(fact, most_replicas=limits.replicas)
    if workload is None:
        raise NotApplicable("the lichen:* tags do not declare both a model and a peak rate")
    if fact.serverless or fact.machine is None:
        raise NotApplicable("it runs on no machine of its own")
    card, machine = known.declared_model(fact), known.machine(fact.machine)
    region = known.catalogue.regions.get(fact.if_known.region or "")
    fleets = Fleets(workload, card, fact.hosting, region, known)
    sizing = fleets.sized(machine)
    if sizing is None:
        raise NotApplicable(f"{fact.machine} cannot serve the declared work: see unable-endpoint")
    peak_rps, count = workload.traffic.peak_rps, max(fact.machines or 1, fact.floor or 0)
    if sizing.rps_per_replica.low * count <= limits.times * peak_rps:
        return
    deployed = fleets.of(machine, count, sizing)
    if deployed is None:
        return
    able = list(fleets.able(fact.cloud, limits.replicas))
    related = [fleet for fleet in able if fleet.image == deployed.image]
    best, nearest = _least(deployed, able, limits), _least(deployed, related, limits)
    # Where no smaller machine for the same image would do, it is too large only if the machines
    # that are always allowed exceed the limit.
    too_large = sizing.rps_per_replica.low * limits.replicas > limits.times * peak_rps
    better = nearest or (best if too_large else None)
    if best is None or better is None:
        return
    yield Finding(
        what=_what(deployed, better, peak_rps, card),
        limit=_limit(limits),
        changes=tuple(_changes(fact, deployed, better)),
        or_else=_or_else(better, best),
        path=fact.machine_at,
        saves=_saves(deployed, better),
        sources=tuple(filter(None, (card.source, *(machine.power_source or ())))),
    )


def _least(deployed: Fleet, able: list[Fleet], limits: Limits) -> Fleet | None:
    """What draws least, if what is deployed draws and costs more than the limit times as much."""
    least = min(able, key=lambda fleet: (fleet.watts, fleet.month.usd_month or 0), default=None)
    if least is None or deployed.watts <= limits.times * least.watts:
        return None
    now, then = deployed.month.usd_month, least.month.usd_month
    if now is not None and then is not None:
        return least if now > limits.times * then else None
    return least


def _what(deployed: Fleet, better: Fleet, peak_rps: float, card: ModelCard) -> str:
    served_rps = deployed.served_rps
    times = f"{served_rps / peak_rps:.0f} times " if peak_rps else ""
    have_gib = deployed.sizing.prediction.memory_available_gib * deployed.count
    need_gib = better.sizing.prediction.memory_gib.likely * better.count
    return (
        f"{deployed.text} can serve at least {served_rps:.2g} requests/s of {card.name}, "
        f"{times}the declared peak of {peak_rps:g}; {have_gib:.0f} GiB of memory is for models, "
        f"{need_gib:.0f} GiB is needed"
    )


def _limit(limits: Limits) -> str:
    times = "twice" if limits.times == 2 else f"{limits.times:g} times"
    always = f"; {limits.replicas} machines are always allowed" if limits.replicas > 1 else ""
    return f"the limit is {times} the capacity needed{always}"


def _changes(fact: Serving, deployed: Fleet, better: Fleet) -> Iterator[Change]:
    same = better.name == deployed.name
    yield Change(
        path=fact.machine_at,
        to=better.name,
        note="" if same else better.chips,
        keeps=same,
    )
    yield Change(path=fact.machines_at, to=better.count)
    if fact.floor is not None and fact.floor > better.count:
        yield Change(path=fact.floor_at, to=better.count, at_most=True)


def _or_else(better: Fleet, best: Fleet) -> str:
    less_pct = (1 - best.watts / better.watts) * 100
    if less_pct < 1:
        return ""
    draws = "draws" if best.count == 1 else "draw"
    return f"use {best.text} ({best.chips}), which {draws} {less_pct:.0f} % less power"


def _saves(deployed: Fleet, better: Fleet) -> Saves:
    """A month of the deployed machines, less a month of the better ones."""
    now, then = deployed.month, better.month
    return Saves(gco2e_month=now.grams_less(then), usd_month=now.usd_less(then))

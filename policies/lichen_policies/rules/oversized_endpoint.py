"""Endpoint far larger than the model and the traffic that it declares.

Why: Unused capacity costs money and draws power, and making it emitted carbon too: four large
machines for one request a second emit ten times what the work needs.

Fix: Use the machine and the count that the message names. If the declaration is wrong, correct the
tags (``lichen:model``, ``lichen:precision``, ``lichen:peak-rps``, ``lichen:input-tokens``,
``lichen:output-tokens``, ...).

Exceptions: Endpoints are those of SageMaker, Vertex AI and Azure Machine Learning, and pods that
serve a model and name their machine. An endpoint whose ``lichen:*`` tags declare no model or no
peak rate is not judged: what it needs is unknown. It is judged at its start and its floor, not at
its ceiling, and by the low end of the interval of what its machines serve, so that an uncertain
prediction is no finding. Serverless endpoints are not judged, nor endpoints that cannot serve the
work at all, which unable-endpoint finds. Models that share one endpoint are judged by the one that
the tags name. Tags without a precision mean bf16. ``lichen:minimum-replicas`` justifies no more
machines than the limit ``replicas``.

Tags: It needs ``lichen:model`` and ``lichen:peak-rps``, and finds nothing without them. With
``lichen:output-tokens`` and ``lichen:precision`` its figures are nearer to the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen.figures import amount, whole
from lichen.workload import ModelCard
from lichen_policies.facts import Serving
from lichen_policies.fleets import Deployed, Fleet, deployed, image_on
from lichen_policies.rule import LOWER_IS_STRICTER, MINIMUM_REPLICAS, Change, Finding, Known, rule


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
    here = deployed(fact, known, most_replicas=limits.replicas)
    fleet, peak_rps = here.fleet, here.workload.traffic.peak_rps
    if not fleet.serves_more_than(limits.times * peak_rps):
        return
    best = _least(here, fact.cloud, limits)
    nearest = best and _least(here, fact.cloud, limits, lambda each: image_on(each) == fleet.image)
    # Where no smaller machine for the same image would do, it is too large only if the machines
    # that are always allowed exceed the limit.
    one_rps = fleet.rps_each.low
    too_large = one_rps * limits.replicas > limits.times * peak_rps
    better = nearest or (best if too_large else None)
    if best is None or better is None:
        return
    yield Finding(
        what=_what(fleet, better, peak_rps, here.card),
        limit=_limit(limits),
        changes=tuple(_changes(fact, fleet, better)),
        or_else=_or_else(fact, better, best),
        path=fact.machine_at,
        saves=here.saved_by(better),
        sources=tuple(filter(None, (here.card.source, *(fleet.machine.power_source or ())))),
    )


def _least(
    here: Deployed,
    cloud: str,
    limits: Limits,
    fits: Callable[[Machine], bool] | None = None,
) -> Fleet | None:
    """What draws least, if what is deployed draws and costs more than the limit times as much."""
    fleet = here.fleet
    least = here.fleets.lightest(
        cloud, fits, least=limits.replicas, most_watts=fleet.watts / limits.times
    )
    if least is None or fleet.watts <= limits.times * least.watts:
        return None
    now, then = fleet.month.usd_month, least.month.usd_month
    if now is not None and then is not None:
        return least if now > limits.times * then else None
    return least


def _what(fleet: Fleet, better: Fleet, peak_rps: float, card: ModelCard) -> str:
    served_rps = float(f"{fleet.served_rps:.2g}")  # an estimate has no more digits
    times = f"{fleet.served_rps / peak_rps:.0f} times " if peak_rps else ""
    have_gib = fleet.sizing.prediction.memory_available_gib * fleet.count
    need_gib = better.sizing.prediction.memory_gib.likely * better.count
    return (
        f"{fleet.text} can serve at least {whole(served_rps)} requests/s of {card.name}, "
        f"{times}the declared peak of {peak_rps:g}; {_gib(have_gib)} of memory is for models, "
        f"{_gib(need_gib)} is needed"
    )


def _gib(size: float) -> str:
    return f"{size:,.0f} GiB" if size >= 1 else f"{amount(size)} GiB"


def _limit(limits: Limits) -> str:
    times = "twice" if limits.times == 2 else f"{limits.times:g} times"
    always = f"; {limits.replicas} machines are always allowed" if limits.replicas > 1 else ""
    return f"the limit is {times} the capacity needed{always}"


def _changes(fact: Serving, fleet: Fleet, better: Fleet) -> Iterator[Change]:
    same = better.name == fleet.name
    # Pods wait for ever where no node is of the type that they ask for.
    safe = better.machine.family == fleet.machine.family and (same or fact.chips is None)
    yield Change(
        path=fact.machine_at,
        to=better.name,
        note="" if same else better.chips,
        keeps=same,
        safe=safe,
    )
    if fact.chips is not None and better.machine.accelerators not in (0, fact.chips):
        yield Change(path=fact.chips_at, to=int(better.machine.accelerators), safe=safe)
    yield Change(
        path=fact.machines_at,
        to=better.count,
        keeps=bool(fact.scaled_by) and (fact.machines or 1) <= better.count,
        safe=safe,
        workload=MINIMUM_REPLICAS,
    )
    if fact.floor is not None and fact.floor > better.count and not fact.scaled_by:
        yield Change(
            path=fact.floor_at, to=better.count, at_most=True, safe=safe, workload=MINIMUM_REPLICAS
        )


def _or_else(fact: Serving, better: Fleet, best: Fleet) -> str:
    return "; or ".join(filter(None, (_at_its_scaler(fact, better), _another(better, best))))


def _at_its_scaler(fact: Serving, better: Fleet) -> str:
    """The floor, where another resource sets it."""
    if not fact.scaled_by or (fact.floor or 0) <= better.count:
        return ""
    return f"set {fact.floor_at} of {fact.scaled_by} to at most {better.count}"


def _another(better: Fleet, best: Fleet) -> str:
    less_pct = (1 - best.watts / better.watts) * 100
    if less_pct < 1:
        return ""
    draws = "draws" if best.count == 1 else "draw"
    return f"use {best.text} ({best.chips}), which {draws} {less_pct:.0f} % less power"

"""The sentences of a placement: why this offer, why each other one lost, what to relax."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen.catalogue.schema import Region
from lichen.grid import classify
from lichen.interval import Interval
from lichen.placing.candidates import Candidate, Rejected, no_component
from lichen.words import Objective


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """How near a machine came to doing the work, and what to relax so that it does."""

    machine: str
    reason: str
    relax: str


def about_the_grid(region: Region) -> str:
    """What the region's electricity is, by whose figure."""
    grid = classify(region)
    return (
        f"{region.name} ({region.place}) has a {grid.level}-carbon grid: "
        f"{region.grid_gco2e_kwh:.0f} gCO2e/kWh ({region.grid_source}, {region.grid_year}), "
        f"{grid.agreement} among {len(grid.readings)} readings"
    )


def about_the_cheapest(
    chosen: Candidate, cheapest: Candidate, objective: Objective, cost_tolerance_pct: float
) -> str:
    """What the choice costs beside the cheapest offer that does the work, and saves."""
    more = more_than(chosen.usd_hour, cheapest.usd_hour)
    bound = f", within the {cost_tolerance_pct:g} % tolerance" if objective == "carbon" else ""
    less = 1 - chosen.gco2e_hour / cheapest.gco2e_hour
    machine, region = cheapest.name
    return (
        f"it costs {more} the cheapest, {machine} in {region}{bound}, "
        f"and emits {less * 100:.0f} % less"
    )


def about_the_next(chosen: Candidate, ours: Interval, other: Candidate, theirs: Interval) -> str:
    """How the next machine stands to the choice, by their grams an hour."""
    machine, region = other.name
    told = f"the next machine, {machine} in {region}, "
    if theirs.likely < ours.likely:
        return f"{told}emits less but costs {more_than(other.usd_hour, chosen.usd_hour)} it"
    more = f"{told}emits {more_than(theirs.likely, ours.likely)} it"
    if theirs.low <= ours.high:
        return f"{more}, but the intervals overlap: published watts cannot tell the two apart"
    return more


_LESS: dict[Objective, str] = {
    "carbon": "emit {} less",
    "cost": "cost {} less",
    "balanced": "have {} less carbon times cost",
}


def about_the_unmade(candidate: Candidate, share: float, objective: Objective) -> str:
    """What could not be taken because nothing makes it: ``share`` of the choice's score."""
    machine, region = candidate.name
    precision = candidate.held.sizing.prediction.precision
    less = _LESS[objective].format(f"{(1 - share) * 100:.0f} %")
    return f"{machine} in {region} at {precision} would {less}, but {candidate.held.unmade}"


def why_it_lost(
    loser: Candidate,
    chosen: Candidate,
    cheapest_usd_hour: float,
    limit_usd_hour: float,
    objective: Objective,
) -> Rejected:
    """A candidate that was not taken, as a rejected offer."""
    machine, region = loser.name
    dearer = objective == "cost" or (objective == "carbon" and loser.usd_hour > limit_usd_hour)
    if objective == "cost":
        reason = f"costs {more_than(loser.usd_hour, chosen.usd_hour)} the chosen placement"
    elif dearer:
        reason = f"costs {more_than(loser.usd_hour, cheapest_usd_hour)} the cheapest that fits"
    elif objective == "carbon":
        reason = f"emits {more_than(loser.gco2e_hour, chosen.gco2e_hour)} the chosen placement"
    else:
        ours, theirs = (one.gco2e_hour * one.usd_hour for one in (chosen, loser))
        reason = f"carbon times cost is {more_than(theirs, ours)} the chosen placement's"
    kind = "cost" if dearer else "carbon"
    return Rejected(machine=machine, region=region, kind=kind, reason=reason)


def more_than(value: float, reference: float) -> str:
    """``34 % more than``, ``2.3 times as much as``: how a value stands to a smaller one."""
    ratio = value / reference if reference else float("inf")
    if ratio >= 2:
        return f"{ratio:.1f} times as much as"
    return f"{(ratio - 1) * 100:.0f} % more than"


_RELAX: dict[str, str] = {
    "memory": "allow a lower precision (precisions: [bf16, int8]) or choose a smaller model",
    "latency": "raise the latency bounds, or ask for fewer tokens",
    "throughput": "lower traffic.peak_rps for one workload, or split it in two",
    "context": "lower traffic.input_tokens or output_tokens, or choose a model with more context",
    "precision": "name a precision that the chip runs (precisions: [bf16, int8])",
    "card": "add the missing fields to the model card",
    "hosting": "widen where.hosting",
    "where": "widen where.regions, countries, residency or clouds",
    "component": "widen where, or precisions, to what the components make",
    "unknown": "add the missing figure to your own catalogue rows",
}


def nearest_misses(
    unmade: Candidate | None, rejected: list[Rejected], most: int = 3
) -> Iterator[Miss]:
    """One row a machine, those that came nearest first.

    What does the work and only cannot be made comes nearest, and is one row: its best.
    """
    nearest = [] if unmade is None else [no_component(unmade)]
    others = (loser for loser in rejected if loser.kind != "component")
    seen: set[str] = set()
    for loser in [*nearest, *sorted(others, key=_distance)]:
        if loser.machine in seen or len(seen) == most:
            continue
        seen.add(loser.machine)
        relax = _RELAX.get(loser.kind, "see the reason")
        if loser.kind == "latency" and loser.shortfall:
            relax += f" (it needs {loser.shortfall:.2f} times what was asked)"
        yield Miss(machine=loser.machine, reason=loser.reason, relax=relax)


_LAST = ("where", "unknown")
"""Reasons that say nothing of the work: told where there is no other."""


def _distance(loser: Rejected) -> tuple[bool, bool, float]:
    return (loser.kind in _LAST, loser.shortfall is None, loser.shortfall or 0.0)

"""The sentences of a placement: why this offer, why each other one lost, what to relax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Region
from lichen.grid import classify
from lichen.interval import Interval
from lichen.placing.candidates import Candidate
from lichen.placing.objective import AIMS
from lichen.placing.placement import Miss, Rejected
from lichen.placing.question import Question
from lichen.words import Objective, WayOfBuying


def about_the_grid(region: Region) -> str:
    """What the region's electricity is, by whose figure."""
    grid = classify(region)
    return (
        f"{region.name} ({region.place}) has a {grid.level}-carbon grid: "
        f"{region.grid_gco2e_kwh:.0f} gCO2e/kWh ({region.grid_source}, {region.grid_year}), "
        f"{grid.agreement} among {len(grid.readings)} readings"
    )


def about_the_cheapest(chosen: Candidate, cheapest: Candidate, question: Question) -> str:
    """What the choice costs and saves, compared with the cheapest offer that does the work."""
    more = more_than(chosen.usd_hour, cheapest.usd_hour)
    tolerated = AIMS[question.objective].tolerated
    limit = f", within the {question.cost_tolerance_pct:g} % tolerance" if tolerated else ""
    less = 1 - chosen.gco2e_hour / cheapest.gco2e_hour
    machine, region = cheapest.name
    return (
        f"it costs {more} the cheapest offer, {machine} in {region}{limit}, "
        f"and emits {less * 100:.0f} % less"
    )


def about_the_next(chosen: Candidate, ours: Interval, other: Candidate, theirs: Interval) -> str:
    """How the next machine compares with the choice, by their grams an hour."""
    machine, region = other.name
    subject = f"the next machine, {machine} in {region},"
    if theirs.likely < ours.likely and gives_way(other, chosen):
        return f"{subject} emits less, but its price is assumed and the chosen one's is known"
    if theirs.likely < ours.likely:
        return f"{subject} emits less but costs {more_than(other.usd_hour, chosen.usd_hour)} it"
    more = f"{subject} emits {more_than(theirs.likely, ours.likely)} it"
    if theirs.low <= ours.high:
        return f"{more}, but the intervals overlap: published watts cannot separate the two"
    return more


def about_the_price(chosen: Candidate, catalogue: Catalogue) -> Iterator[str]:
    """What is assumed or derived of the price, and what way of buying it is of."""
    price, hosting = chosen.price, chosen.sized.hosting
    machine, region = chosen.name
    if price.basis != "published" and hosting.base is not None:
        base = catalogue.hostings[hosting.base]
        yield (
            f"we have no published price of {machine} on {hosting.title} in {region}: that it is "
            f"offered there, and at this price, is assumed from {base.title} ({price.source})"
        )
    elif price.basis != "published":
        yield f"the price of {machine} in {region} is {price.basis} from those of other regions"
    if chosen.bought.sold != "on-demand":
        yield f"the price is of {chosen.bought.sold} machines: {_BOUGHT[chosen.bought.sold]}"


_BOUGHT: Mapping[WayOfBuying, str] = {
    "spot": "the provider may take them back at any time, and the price moves",
    "flex-start": "they start when some are free and run for seven days at most",
    "capacity-block": "they are booked ahead for a fixed time, and paid whether used or not",
    "reservation": "they are reserved by contract, and paid whether used or not",
}


def about_the_unmade(unmade: Candidate, chosen: Candidate, objective: Objective) -> str:
    """The better offer that was not taken because no component can make it.

    Where it is not better by the objective itself, it is so much cheaper that the choice would be
    beyond the tolerance: then its cost is named.
    """
    theirs = unmade.gco2e_hour, unmade.usd_hour
    ours = chosen.gco2e_hour, chosen.usd_hour
    aim, but_more = AIMS[objective], ""
    if aim.least(*theirs) >= aim.least(*ours):
        aim = AIMS["cost"]
        more = more_than(unmade.gco2e_hour, chosen.gco2e_hour)
        but_more = f" and emit {more} the chosen placement"
    share = aim.least(*theirs) / aim.least(*ours)
    machine, region = unmade.name
    precision = unmade.sized.sizing.prediction.precision
    less = aim.would_be_less.format(f"{(1 - share) * 100:.0f} %")
    return f"{machine} in {region} at {precision} would {less}{but_more}, but {unmade.sized.unmade}"


def nothing_is_made(chosen: Candidate) -> str:
    """That the choice is to be provisioned by hand: no component can make any offer."""
    return (
        "no component can make any offer that does the work, so provision this one yourself: "
        f"{chosen.sized.unmade}"
    )


def no_component(candidate: Candidate) -> Rejected:
    """A candidate that no component can make, as a rejected offer."""
    machine, region = candidate.name
    return Rejected(
        machine=machine, region=region, kind="component", reason=candidate.sized.unmade or ""
    )


def why_it_lost(
    loser: Candidate, chosen: Candidate, cheapest_usd_hour: float, question: Question
) -> Rejected:
    """A candidate that was not taken, as a rejected offer."""
    machine, region = loser.name
    aim = AIMS[question.objective]
    limit_usd_hour = cheapest_usd_hour * (1 + question.cost_tolerance_pct / 100)
    if aim.tolerated and loser.usd_hour > limit_usd_hour:
        more = more_than(loser.usd_hour, cheapest_usd_hour)
        reason = f"costs {more} the cheapest offer that does the work"
        return Rejected(machine=machine, region=region, kind="cost", reason=reason)
    theirs = aim.least(loser.gco2e_hour, loser.usd_hour)
    ours = aim.least(chosen.gco2e_hour, chosen.usd_hour)
    if theirs < ours and gives_way(loser, chosen):
        reason = (
            "its price is assumed, and that of the chosen placement, within the tolerance, is known"
        )
        return Rejected(machine=machine, region=region, kind="unknown", reason=reason)
    reason = aim.is_more.format(more_than(theirs, ours))
    return Rejected(machine=machine, region=region, kind=aim.kind, reason=reason)


def gives_way(assumed: Candidate, known: Candidate) -> bool:
    """Whether the one's price is assumed and the other's is not."""
    return assumed.price.basis == "assumed" != known.price.basis


def more_than(value: float, reference: float) -> str:
    """``34 % more than`` or ``2.3 times as much as``: a value compared with a smaller one."""
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
    "where": "change the field of where that the reason names",
    "sold": "name the way of buying in where.sold, such as sold: [on-demand, spot]",
    "zone": "choose a region that the provider lists",
    "retired": "choose newer hardware",
    "unknown": "add the missing figure to your own catalogue rows",
}


def nearest_misses(rejected: Iterable[Rejected], most: int = 3) -> Iterator[Miss]:
    """One row a machine, those that came nearest first."""
    seen: set[str] = set()
    for loser in sorted(rejected, key=_distance):
        if loser.machine in seen or len(seen) == most:
            continue
        seen.add(loser.machine)
        relax = _RELAX.get(loser.kind, "see the reason")
        if loser.kind == "latency" and loser.shortfall:
            relax += f" (it needs {loser.shortfall:.2f} times the limit)"
        yield Miss(machine=loser.machine, reason=loser.reason, relax=relax)


_LAST = ("where", "unknown", "zone", "retired")
"""Reasons that say nothing of the work: shown where there is no other."""


def _distance(loser: Rejected) -> tuple[bool, bool, float]:
    return (loser.kind in _LAST, loser.shortfall is None, loser.shortfall or 0.0)

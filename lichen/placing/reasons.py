"""The sentences of a placement: why this offer, why each other one lost, what to relax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Region
from lichen.figures import figure, grams, many, percent, span, usd
from lichen.grid import classify
from lichen.interval import Interval
from lichen.placing.candidates import Candidate
from lichen.placing.objective import AIMS
from lichen.placing.placement import Hinge, Miss, Option, Rejected, WorthMeasuring
from lichen.placing.question import Question
from lichen.placing.ranking import gives_way
from lichen.words import Objective, WayOfBuying


def about_the_grid(region: Region) -> str:
    """What the region's electricity is, by whose figure."""
    grid = classify(region)
    advised = grid.level == "high" and not grid.surely_high
    return (
        f"{region.name} ({region.place}) has a {grid.level}-carbon grid: "
        f"{region.grid_gco2e_kwh:.0f} gCO2e/kWh ({region.grid_source}, {region.grid_year}), "
        f"{grid.agreement} among {many(len(grid.readings), 'reading')}"
        + ("; the rule dirty-region advises against it" if advised else "")
    )


def about_dirty_regions(question: Question, elsewhere_times: float | None) -> str:
    """That the choice is in a region which our own rule blocks, since nothing else is allowed, or
    nothing but what costs ``elsewhere_times`` as much."""
    asked = question.workload.where
    limits = "regions" if asked.regions else "countries" if asked.countries else "where"
    field = "where" if limits == "where" else f"where.{limits}"
    widen = f"in production, so widen {field} if you can"
    if elsewhere_times is None:
        return (
            "every allowed region with an offer that does the work has a high-carbon grid: the "
            f"rule dirty-region blocks it {widen}"
        )
    return (
        "in the allowed regions whose grid is not surely high in carbon the work costs "
        f"{elsewhere_times:.1f} times as much or more: the rule dirty-region blocks this one "
        f"{widen}"
    )


def in_a_dirty_region(candidate: Candidate, region: Region) -> Rejected:
    """A candidate that is not among the choice for its region's grid, as a rejected offer."""
    return Rejected(
        machine=candidate.offer.machine,
        region=region.name,
        kind="grid",
        reason=(
            f"{region.name} ({region.place}) has a high-carbon grid, "
            f"{region.grid_gco2e_kwh:.0f} gCO2e/kWh, and other regions do the work"
        ),
    )


def far_dearer(candidate: Candidate, cheapest_usd_hour: float) -> Rejected:
    """A candidate in a cleaner region that is too dear to be among the choice."""
    more = more_than(candidate.usd_hour, cheapest_usd_hour)
    return Rejected(
        machine=candidate.offer.machine,
        region=candidate.offer.region,
        kind="cost",
        reason=f"costs {more} the cheapest offer that does the work",
    )


TIE = 0.01
"""Offers that differ by a hundredth or less are in a tie: no figure here is that sure."""


def ties(ranked: Sequence[Candidate], question: Question) -> Iterator[Candidate]:
    """The next candidates that are as good as the first: by the objective, and by what decides
    between equals."""
    aim = AIMS[question.objective]
    least, tie_break = aim.score(ranked[0].gco2e_hour, ranked[0].usd_hour)
    for one in ranked[1:]:
        theirs = aim.score(one.gco2e_hour, one.usd_hour)
        if theirs[0] > least * (1 + TIE):
            return
        if abs(theirs[1] - tie_break) <= tie_break * TIE:
            yield one


def about_ties(tied: Sequence[Candidate], question: Question) -> str:
    """Which other offers are as good as the choice."""
    named = [f"{machine} in {region}" for machine, region in (one.name for one in tied[:2])]
    more = len(tied) - len(named)
    names = ", ".join(named) if more else " and ".join(named)
    names += f" and {more} more" if more else ""
    verb = "ties" if len(tied) == 1 else "tie"
    return f"{names} {verb} with it: carbon and cost are within {TIE * 100:g} %, so either will do"


def usd_per_tonne(chosen: Candidate, other: Candidate) -> float | None:
    """Dollars for each tonne of CO2e that the cleaner of two avoids; None where it costs no more
    or neither is cleaner."""
    dollars = chosen.usd_hour - other.usd_hour
    avoided_g = other.gco2e_hour - chosen.gco2e_hour
    if not avoided_g or dollars / avoided_g <= 0:
        return None
    return dollars / avoided_g * 1e6


def about_the_cheapest(chosen: Candidate, cheapest: Candidate, question: Question) -> str:
    """What the choice costs and saves, compared with the cheapest offer that does the work."""
    more = more_than(chosen.usd_hour, cheapest.usd_hour)
    tolerated = AIMS[question.objective].tolerated
    limit = f", within the {question.cost_tolerance_pct:g} % tolerance" if tolerated else ""
    grams_now = cheapest.gco2e_hour
    less = f"{percent(1 - chosen.gco2e_hour / grams_now)} less" if grams_now else "as much"
    machine, region = cheapest.name
    each = usd_per_tonne(chosen, cheapest)
    a_tonne = "" if each is None else f": {usd(each)} for each tonne avoided"
    return (
        f"it costs {more} the cheapest offer, {machine} in {region}{limit}, "
        f"and emits {less}{a_tonne}"
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
    chip = catalogue.machine(chosen.offer.machine).accelerator
    if price.basis != "published" and hosting.base is not None:
        base = catalogue.hostings[hosting.base]
        yield (
            f"we have no published price of {machine} on {hosting.title} in {region}: that it is "
            f"offered there, and at this price, is assumed from {base.title} ({price.source})"
        )
    elif price.basis != "published" and catalogue.rate(hosting.name, region, chip) is not None:
        source = catalogue.sources[price.source]
        yield f"the price of {machine} in {region} is {price.basis}: {source.title}"
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
    beyond the tolerance: then its cost is named, as it is where it is less than half.
    """
    theirs = unmade.gco2e_hour, unmade.usd_hour
    ours = chosen.gco2e_hour, chosen.usd_hour
    aim, but_more = AIMS[objective], ""
    if aim.least(*theirs) >= aim.least(*ours):
        aim = AIMS["cost"]
        more = more_than(unmade.gco2e_hour, chosen.gco2e_hour)
        but_more = f" and emit {more} the chosen placement"
    elif aim is not AIMS["cost"] and unmade.usd_hour * 2 < chosen.usd_hour:
        cheaper = percent(1 - unmade.usd_hour / chosen.usd_hour)
        but_more = f" and {AIMS['cost'].would_be_less.format(cheaper)}"
    share = aim.least(*theirs) / aim.least(*ours)
    machine, region = unmade.name
    precision = unmade.sized.layout.precision
    less = aim.would_be_less.format(percent(1 - share))
    return f"{machine} in {region} at {precision} would {less}{but_more}, but {unmade.sized.unmade}"


def about_hinge(hinge: Hinge) -> str:
    """Which assumed figure the choice hangs on, and where it flips."""
    assumed = hinge.assumed
    where = "above" if hinge.flips_at > assumed.likely else "below"
    return (
        f"the choice hangs on an assumed figure: if the {hinge.figure} of {hinge.machine} were "
        f"{where} {figure(hinge.flips_at)} {hinge.unit} (assumed {figure(assumed.likely)}, "
        f"{span(assumed.low, assumed.high)}), {hinge.then_machine} in {hinge.then_region} would "
        "be chosen"
    )


def about_measuring(worth: WorthMeasuring) -> str:
    """What a benchmark would likely save."""
    dollars = f"{usd(abs(worth.usd_month))} a month"
    if worth.chosen:
        fewer = f"{many(worth.replicas_peak, 'replica')} at the peak, "
        return (
            f"a benchmark of {worth.machine} would likely save "
            f"{fewer if worth.replicas_peak else ''}{dollars}"
        )
    mass = f"{grams(abs(worth.gco2e_month))} CO2e a month"
    return (
        f"a benchmark of {worth.machine} in {worth.region} would likely make it the choice: "
        f"{dollars} {_less_or_more(worth.usd_month)}, {mass} {_less_or_more(worth.gco2e_month)}"
    )


def about_the_likely(likely: Option, confidence: float) -> str:
    """What would do at its likely speed, and how to take it."""
    return (
        f"{likely.machine} in {likely.region} would do the work at its likely speed, for "
        f"{usd(likely.usd_month)} a month, but not with {confidence * 100:g} % confidence: add a "
        "benchmark record of it to evidence, or lower confidence"
    )


def _less_or_more(saved: float) -> str:
    return "less" if saved >= 0 else "more"


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
        machine=machine,
        region=region,
        kind=candidate.sized.unmade_kind,
        reason=candidate.sized.unmade or "",
    )


def why_they_lost(
    losers: Iterable[Candidate], chosen: Candidate, cheapest_usd_hour: float, question: Question
) -> Iterator[Rejected]:
    """The candidates that were not taken, as rejected offers."""
    aim = AIMS[question.objective]
    least, tolerated = aim.least, aim.tolerated
    limit_usd_hour = cheapest_usd_hour * (1 + question.cost_tolerance_pct / 100)
    ours = least(chosen.gco2e_hour, chosen.usd_hour)
    too_dear = _Comparison("costs {} the cheapest offer that does the work", cheapest_usd_hour)
    worse = _Comparison(aim.is_more, ours)
    for loser in losers:
        offer, dollars = loser.offer, loser.usd_hour
        if tolerated and dollars > limit_usd_hour:
            reason, kind = too_dear.with_value(dollars), "cost"
        else:
            theirs = least(loser.gco2e_hour, dollars)
            reason, kind = worse.with_value(theirs), aim.kind
            if theirs < ours and gives_way(loser, chosen):
                reason = "its price is assumed; the chosen one's is known, and near it"
                kind = "unknown"
        yield Rejected(machine=offer.machine, region=offer.region, kind=kind, reason=reason)


class _Comparison:
    """A sentence about values that are compared with one reference. Thousands of offers lose for
    the same few sentences: each is written once."""

    def __init__(self, sentence: str, reference: float) -> None:
        self._sentence, self._reference = sentence, reference
        self._written: dict[int, str] = {}

    def with_value(self, value: float) -> str:
        if not self._reference:
            return self._sentence.format(more_than(value, self._reference))
        ratio = value / self._reference
        key = round(ratio * 10) + 1000 if ratio >= 2 else round(ratio * 100)
        written = self._written.get(key)
        if written is None:
            written = self._sentence.format(more_than(value, self._reference))
            self._written[key] = written
        return written


def more_than(value: float, reference: float) -> str:
    """``34 % more than``, ``2.3 times as much as`` or ``as much as``: a value compared with a
    smaller one."""
    if not reference:
        return "more than" if value else "as much as"
    ratio = value / reference
    if ratio >= 2:
        return f"{ratio:.1f} times as much as"
    if abs(ratio - 1) < 0.005:
        return "as much as"
    return f"{percent(ratio - 1)} more than"


_RELAX: dict[str, str] = {
    "memory": "allow a lower precision (precisions: [bf16, int8]) or choose a smaller model",
    "latency": "raise the latency bounds, or ask for fewer tokens",
    "throughput": "lower traffic.peak_rps for one workload, or split it in two",
    "context": "lower traffic.input_tokens or output_tokens, or choose a model with more context",
    "precision": "name a precision that the chip runs (precisions: [bf16, int8])",
    "compiled": "compile the model's files for another shape, or leave compiled out",
    "card": "add the missing fields to the model card",
    "hosting": "widen where.hosting",
    "where": "change the field of where that the reason names",
    "sold": "name the way of buying in where.sold, such as sold: [on-demand, spot]",
    "zone": "choose a region that the provider lists",
    "retired": "choose newer hardware",
    "unknown": "add the missing figure to your own catalogue rows",
    "watts": "give its idle_w, half_load_w and full_load_w in your own machines.csv",
    "chip": "name a chip of `lichen catalogue accelerators`, or give its row in your own chips.csv",
    "hardware": "choose a machine with another chip, or another model",
    "component": "leave out where.hosting, or provision it yourself",
    "zero": "set availability: {minimum_replicas: 1}, or mode: asynchronous",
    "image": "give an image of your own, or choose a region where one is published",
}


def nearest_misses(rejected: Iterable[Rejected], most: int = 3) -> Iterator[Miss]:
    """One row a machine: the nearest of each kind of reason, then those that came nearest.

    Three machines a little too small say nothing of a latency bound that no larger one keeps.
    """
    seen: set[str] = set()
    for loser in _a_kind_each(sorted(rejected, key=_distance)):
        if loser.machine in seen or len(seen) == most:
            continue
        seen.add(loser.machine)
        relax = _RELAX[loser.kind]
        if loser.kind == "latency" and loser.shortfall:
            relax += f" (it needs {loser.shortfall:.2f} times the limit)"
        yield Miss(machine=loser.machine, reason=loser.reason, relax=relax)


def _a_kind_each(ranked: Sequence[Rejected]) -> Iterator[Rejected]:
    """The first of each kind that says by how much the work is missed, or that no larger machine
    helps; then all in their order."""
    kinds: set[str] = set()
    for loser in ranked:
        says_why = loser.shortfall or loser.kind == "zero"
        if loser.kind not in kinds and says_why and _FARTHER.get(loser.kind, 0) <= 0:
            kinds.add(loser.kind)
            yield loser
    yield from ranked


_FARTHER: dict[str, int] = {
    "context": -1,
    "zero": -1,
    "zone": 1,
    "sold": 1,
    "unknown": 1,
    "hosting": 2,
    "retired": 3,
    "where": 4,
}
"""Kinds of reason that are shown before or after the others. A request that the model does not
accept comes first, since no machine helps, and so does a hosting that no request wakes. Reasons
that say nothing of the work come last: what cannot be bought, or has no price that we know, what
the workload's hosting does not have, the rest."""


def _distance(loser: Rejected) -> tuple[int, bool, float]:
    return (_FARTHER.get(loser.kind, 0), loser.shortfall is None, loser.shortfall or 0.0)

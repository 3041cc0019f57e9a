"""The offer to take for a workload, the next best, and why every other one lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lichen.catalogue import Catalogue, staleness
from lichen.document import InputError
from lichen.emissions import HOURS_PER_MONTH, Footprint
from lichen.placing.candidates import Candidate, JudgedOffers, judge_offers, retirement_notes
from lichen.placing.objective import AIMS
from lichen.placing.placement import NoPlacement, Option, Placement, Rejected
from lichen.placing.question import COST_TOLERANCE_PCT, Question
from lichen.placing.reasons import (
    about_the_cheapest,
    about_the_grid,
    about_the_next,
    about_the_price,
    about_the_unmade,
    gives_way,
    nearest_misses,
    no_component,
    nothing_is_made,
    why_it_lost,
)
from lichen.placing.receipt import money_and_carbon
from lichen.workload import Workload

Rank = Callable[[Candidate], tuple[bool, float, float, tuple[str, str]]]
"""What puts candidates in order, the one to take first."""


def place(question: Question, *, runners_up: int = 5) -> Placement | NoPlacement:
    """Judge every offer of the catalogue for a workload, and take one.

    ``carbon`` takes the lowest gCO2e among offers within the tolerance of the cheapest,
    ``cost`` the cheapest, ``balanced`` the lowest product of both. An offer that no component can
    make is taken only where none that does the work can be made: its option says so.
    Raises :class:`InputError` where the model card lacks what a formula needs.
    """
    workload, catalogue = question.workload, question.catalogue
    judged = judge_offers(question)
    possible = judged.able or judged.unmade
    cheapest_usd_hour = min((one.usd_hour for one in possible), default=0.0)
    rank = _rank(question, cheapest_usd_hour)
    if not possible:
        _check_card(judged.rejected)
        return NoPlacement(
            workload=workload.name,
            model=question.card.name,
            nearest=tuple(nearest_misses(judged.rejected)),
            rejected=tuple(judged.rejected),
        )
    ranked = known_first(sorted(possible, key=rank), question)
    chosen, losers = ranked[0], ranked[1:]
    made = {one.name for one in judged.able}
    unmade = [one for one in judged.unmade if one.name not in made] if made else []

    def options(candidates: Iterable[Candidate]) -> tuple[Option, ...]:
        return tuple(_option(one, workload, catalogue) for one in candidates)

    layout = chosen.sized.layout
    emitted = _footprint(chosen, catalogue)
    return Placement(
        workload=workload.name,
        model=question.card.name,
        objective=question.objective,
        cost_tolerance_pct=question.cost_tolerance_pct,
        functional_unit=functional_unit(workload),
        chosen=_option(chosen, workload, catalogue),
        sizing=chosen.sized.sizing,
        footprint=emitted,
        because=tuple(_because(ranked, judged, question)),
        notes=(*layout.notes(), *_notes(chosen, question)),
        steps=(*layout.steps(), *money_and_carbon(chosen, emitted, catalogue)),
        savings=layout.savings(),
        runners_up=options(losers[:runners_up]),
        front=options(_front(ranked)),
        by_cloud=options(_best_by_cloud(judged, catalogue, rank)),
        rejected=(
            *judged.rejected,
            *(no_component(one) for one in unmade),
            *(why_it_lost(one, chosen, cheapest_usd_hour, question) for one in losers),
        ),
    )


def _rank(question: Question, cheapest_usd_hour: float) -> Rank:
    aim = AIMS[question.objective]
    limit_usd_hour = cheapest_usd_hour * (1 + question.cost_tolerance_pct / 100)

    def rank(one: Candidate) -> tuple[bool, float, float, tuple[str, str]]:
        too_dear = aim.tolerated and one.usd_hour > limit_usd_hour
        return (too_dear, *aim.score(one.gco2e_hour, one.usd_hour), one.name)

    return rank


def known_first(ranked: list[Candidate], question: Question) -> list[Candidate]:
    """The ranking, where a first offer of assumed price gives way to one whose price is known.

    It gives way to the first that is within the tolerance of it, or within the usual one if that is
    narrower: in cost, and in what the objective makes least.
    """
    first, aim = ranked[0], AIMS[question.objective]
    factor = 1 + min(question.cost_tolerance_pct, COST_TOLERANCE_PCT) / 100
    most = factor * aim.least(first.gco2e_hour, first.usd_hour)
    for place, one in enumerate(ranked):
        if (
            gives_way(first, one)
            and one.usd_hour <= first.usd_hour * factor
            and aim.least(one.gco2e_hour, one.usd_hour) <= most
        ):
            return [one, *ranked[:place], *ranked[place + 1 :]]
    return ranked


def _check_card(rejected: Iterable[Rejected]) -> None:
    """Where nothing fits for want of a field of the model card, the card is to be completed."""
    for loser in rejected:
        if loser.kind == "card":
            raise InputError(loser.reason, fix="add what is missing to the card", field="model")


def functional_unit(workload: Workload) -> str:
    """The functional unit (R in SCI) that emissions and cost are divided by."""
    return "1,000 output tokens" if workload.traffic.output_tokens else "1,000 requests"


def _units_hour(workload: Workload) -> float:
    requests_hour = sum(workload.traffic.profile_rps) / 24 * 3600
    return requests_hour * (workload.traffic.output_tokens or 1) / 1000


def _option(candidate: Candidate, workload: Workload, catalogue: Catalogue) -> Option:
    """A candidate with its intervals, also by the month and by the functional unit."""
    units_hour, sized = _units_hour(workload), candidate.sized
    sizing, usd_hour = sized.sizing, candidate.usd_hour
    grams = _footprint(candidate, catalogue).gco2e_hour
    return Option(
        machine=candidate.offer.machine,
        region=candidate.offer.region,
        cloud=catalogue.regions[candidate.offer.region].cloud,
        hosting=sized.hosting.name,
        hosting_title=sized.hosting.title,
        precision=sizing.prediction.precision,
        stack=sizing.prediction.stack,
        replicas_minimum=sizing.replicas_minimum,
        replicas_peak=sizing.replicas_peak,
        replicas_maximum=sizing.replicas_maximum,
        replicas_mean=sized.replicas_mean,
        usd_hour=usd_hour,
        usd_month=usd_hour * HOURS_PER_MONTH,
        usd_unit=usd_hour / units_hour if units_hour else None,
        price_basis="machine" if sized.hosting.base is None else "hosting",
        price_known=candidate.price.basis,
        sold=candidate.bought.sold,
        gco2e_hour=grams,
        gco2e_month=grams * HOURS_PER_MONTH,
        gco2e_unit=grams / units_hour if units_hour else None,
        unmade=sized.unmade,
    )


def _footprint(candidate: Candidate, catalogue: Catalogue) -> Footprint:
    return candidate.sized.power.footprint(catalogue.regions[candidate.offer.region])


def _because(ranked: list[Candidate], judged: JudgedOffers, question: Question) -> Iterator[str]:
    catalogue, chosen = question.catalogue, ranked[0]
    cheapest = min(ranked, key=lambda one: one.usd_hour)
    cheaper_unmade = any(one.usd_hour < cheapest.usd_hour for one in judged.unmade)
    does = "does the work and can be made" if judged.able and cheaper_unmade else "does the work"
    yield about_the_grid(catalogue.region(chosen.offer.region))
    if len(ranked) == 1:
        yield f"it is the only offer that {does}"
    elif cheapest is chosen:
        yield f"it is the cheapest offer that {does}"
    else:
        yield about_the_cheapest(chosen, cheapest, question)
    if other := next((one for one in ranked if one.offer.machine != chosen.offer.machine), None):
        ours, theirs = (_footprint(one, catalogue).gco2e_hour for one in (chosen, other))
        yield about_the_next(chosen, ours, other, theirs)
    if not judged.able:
        yield nothing_is_made(chosen)
        return
    best = _best_of_any(judged, question)
    if best.sized.unmade is not None:
        yield about_the_unmade(best, chosen, question.objective)


def _best_of_any(judged: JudgedOffers, question: Question) -> Candidate:
    """What would be taken if a component could make everything."""
    everything = (*judged.able, *judged.unmade)
    return min(everything, key=_rank(question, min(one.usd_hour for one in everything)))


def _notes(chosen: Candidate, question: Question) -> Iterator[str]:
    catalogue, offer, price = question.catalogue, chosen.offer, chosen.price
    region, machine = catalogue.region(offer.region), catalogue.machine(offer.machine)
    yield from about_the_price(chosen, catalogue)
    yield from retirement_notes(chosen.sized.layout, machine, catalogue)
    if question.today is not None:
        yield from staleness.staleness_notes(
            catalogue, region, machine, offer, price, question.today
        )
    for table, key in (
        ("regions", region.name),
        ("machines", machine.name),
        ("hostings", price.hosting),
        ("offers", f"{machine.name} {region.name}"),
        ("prices", f"{machine.name} {region.name} {price.hosting}"),
    ):
        if own := catalogue.own(table, key):
            yield f"{', '.join(own)} of {key} from your own {table}"


def _front(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates that no other beats on both carbon and cost, cheapest first."""
    least = float("inf")
    for one in sorted(candidates, key=lambda one: (one.usd_hour, one.gco2e_hour, one.name)):
        if one.gco2e_hour < least:
            least = one.gco2e_hour
            yield one


def _best_by_cloud(judged: JudgedOffers, catalogue: Catalogue, rank: Rank) -> Iterator[Candidate]:
    """The best of each cloud; one that no component can make only where the cloud has no other."""
    of_cloud: dict[str, list[Candidate]] = {}
    for one in (*judged.able, *judged.elsewhere, *judged.unmade):
        of_cloud.setdefault(catalogue.regions[one.offer.region].cloud, []).append(one)
    for _, candidates in sorted(of_cloud.items()):
        made = [one for one in candidates if one.sized.unmade is None]
        yield min(made or candidates, key=rank)

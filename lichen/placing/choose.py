"""The offer to take for a workload, the next best, and why every other one lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from lichen.catalogue import Catalogue, staleness
from lichen.document import InputError
from lichen.placing.billing import about_billing
from lichen.placing.candidates import Candidate, JudgedOffers, judge_offers, retirement_notes
from lichen.placing.compiling import compile_command, compile_note
from lichen.placing.hinges import hinges
from lichen.placing.instead import instead_of
from lichen.placing.measuring import worth_measuring
from lichen.placing.objective import AIMS
from lichen.placing.option import footprint_of, functional_unit, option_of
from lichen.placing.placement import Compared, NoPlacement, Option, Placement, Rejected
from lichen.placing.question import Question
from lichen.placing.ranking import (
    Pool,
    best_by_cloud,
    front_of,
    known_first,
    pool_of,
    rank_of,
    surely_high_regions,
)
from lichen.placing.reasons import (
    about_dirty_regions,
    about_the_cheapest,
    about_the_grid,
    about_the_next,
    about_the_price,
    about_the_unmade,
    about_ties,
    far_dearer,
    in_a_dirty_region,
    nearest_misses,
    no_component,
    nothing_is_made,
    ties,
    usd_per_tonne,
    why_they_lost,
)
from lichen.placing.receipt import money_and_carbon
from lichen.placing.variants import variants_of
from lichen.placing.widening import widening_notes
from lichen.sizing.confidence import LIKELY
from lichen.visible import visible


def place(
    question: Question, *, runners_up: int = 5, variants: bool = False
) -> Placement | NoPlacement:
    """Judge every offer of the catalogue for a workload, and take one.

    ``carbon`` takes the lowest gCO2e among offers within the tolerance of the cheapest,
    ``cost`` the cheapest, ``balanced`` the lowest product of both. An offer in a region whose grid
    is surely high in carbon is taken only where no other does the work, and one that no component
    can make only where none that does the work can be made: both are said. ``variants`` places the
    other ways to serve the model too, which takes as long again.
    Raises :class:`InputError` where the model card lacks what a formula needs.
    """
    workload, catalogue = question.workload, question.catalogue
    judged = judge_offers(question)
    pool = pool_of((*judged.able, *judged.unmade), catalogue)
    possible = pool.candidates
    if not possible:
        _check_card(judged.rejected)
        return NoPlacement(
            workload=workload.name,
            model=question.card.name,
            confidence=workload.wanted_confidence,
            likely=_likely(question, judged.rejected),
            compile_command=_compile_again(question),
            nearest=tuple(nearest_misses(judged.rejected)),
            rejected=tuple(judged.rejected),
        )
    cheapest = min(possible, key=lambda one: (one.usd_hour, one.gco2e_hour))
    greenest = min(possible, key=lambda one: (one.gco2e_hour, one.usd_hour))
    rank = rank_of(question, cheapest.usd_hour)
    ranked = known_first(sorted(possible, key=rank), question)
    chosen, losers = ranked[0], ranked[1:]

    def option(candidate: Candidate) -> Option:
        return option_of(candidate, workload, question.card, catalogue)

    def compared(candidate: Candidate) -> Compared | None:
        if candidate is chosen:
            return None
        return Compared(option=option(candidate), usd_tonne=usd_per_tonne(chosen, candidate))

    layout = chosen.sized.layout
    sizing = layout.sizing()
    command = compile_command(layout, sizing, catalogue.machine(chosen.offer.machine))
    emitted = footprint_of(chosen, catalogue)
    tolerance = f"{question.cost_tolerance_pct:g}"
    return Placement(
        workload=workload.name,
        model=question.card.name,
        objective=question.objective,
        cost_tolerance_pct=question.cost_tolerance_pct,
        chosen_by=AIMS[question.objective].named.format(tolerance),
        functional_unit=functional_unit(question.card),
        chosen=option(chosen),
        cheapest=compared(cheapest),
        greenest=compared(greenest),
        sizing=sizing,
        origin=layout.origin(catalogue),
        footprint=emitted,
        because=tuple(_because(ranked, cheapest, pool, judged, question)),
        hinges=tuple(hinges(ranked, question)),
        worth_measuring=tuple(worth_measuring(ranked, rank, question)),
        notes=(
            *layout.notes(),
            *([] if command is None or workload.compiled else [compile_note(command)]),
            *_notes(chosen, question),
        ),
        compile_command=command,
        steps=(*layout.steps(), *money_and_carbon(chosen, emitted, catalogue)),
        savings=tuple(instead_of(chosen, question)),
        variants=tuple(variants_of(question, chosen, judged)) if variants else None,
        runners_up=tuple(map(option, losers[:runners_up])),
        front=tuple(map(option, front_of(ranked, cheapest))),
        by_cloud=tuple(map(option, best_by_cloud(ranked, judged, catalogue, rank))),
        rejected=(
            *judged.rejected,
            *_not_among(pool, judged, cheapest.usd_hour, catalogue),
            *why_they_lost(losers, chosen, cheapest.usd_hour, question),
        ),
    )


def _not_among(
    pool: Pool, judged: JudgedOffers, cheapest_usd_hour: float, catalogue: Catalogue
) -> Iterator[Rejected]:
    """Offers that do the work and that the choice is not among, each once."""
    blocked = surely_high_regions(catalogue)
    seen: set[int] = set()  # one object an offer: quick to compare
    if judged.able and judged.unmade:  # the same offer may be in both, at two precisions
        seen.update(id(one.offer) for one in pool.candidates)
    for one in pool.others:
        if id(one.offer) in seen:
            continue
        seen.add(id(one.offer))
        if one.offer.region in blocked and not pool.surely_high:
            yield in_a_dirty_region(one, catalogue.regions[one.offer.region])
        elif pool.surely_high and one.offer.region not in blocked:
            yield far_dearer(one, cheapest_usd_hour)
        else:
            yield no_component(one)


def _compile_again(question: Question) -> str | None:
    """The command that compiles the files for the best shape that serves the workload; None where
    they are not compiled, or no shape does."""
    if question.workload.compiled is None:
        return None
    anew = replace(question, workload=replace(question.workload, compiled=None))
    judged = judge_offers(anew)
    pool = pool_of(
        (
            one
            for one in (*judged.able, *judged.unmade)
            if one.sized.layout.arrangement.stack.compile is not None
        ),
        question.catalogue,
    )
    if not pool.candidates:
        return None
    rank = rank_of(anew, min(one.usd_hour for one in pool.candidates))
    best = min(pool.candidates, key=rank)
    machine = question.catalogue.machine(best.offer.machine)
    return compile_command(best.sized.layout, best.sized.layout.sizing(), machine)


def _likely(question: Question, rejected: Iterable[Rejected]) -> Option | None:
    """What would be chosen at the likely speed, where some machine lost for its latency."""
    workload = question.workload
    if workload.wanted_confidence <= LIKELY or all(one.kind != "latency" for one in rejected):
        return None
    unsure = replace(question, workload=replace(workload, confidence=LIKELY))
    answer = place(unsure, runners_up=0)
    return answer.chosen if isinstance(answer, Placement) else None


def _check_card(rejected: Iterable[Rejected]) -> None:
    """Where nothing fits for want of a field of the model card, the card is to be completed."""
    for loser in rejected:
        if loser.kind == "card":
            raise InputError(loser.reason, fix="add what is missing to the card", field="model")


def _because(
    ranked: list[Candidate],
    cheapest: Candidate,
    pool: Pool,
    judged: JudgedOffers,
    question: Question,
) -> Iterator[str]:
    catalogue, chosen = question.catalogue, ranked[0]
    cheaper_unmade = any(one.usd_hour < cheapest.usd_hour for one in judged.unmade)
    does = "does the work and can be made" if pool.made and cheaper_unmade else "does the work"
    yield about_the_grid(catalogue.region(chosen.offer.region))
    if pool.surely_high:
        yield about_dirty_regions(question, pool.elsewhere_times)
    if len(ranked) == 1:
        yield f"it is the only offer that {does}"
    elif cheapest is chosen:
        yield f"it is the cheapest offer that {does}"
    else:
        yield about_the_cheapest(chosen, cheapest, question)
    if tied := list(ties(ranked, question)):
        yield about_ties(tied, question)
    elif other := next((one for one in ranked if one.offer.machine != chosen.offer.machine), None):
        ours, theirs = (footprint_of(one, catalogue).gco2e_hour for one in (chosen, other))
        yield about_the_next(chosen, ours, other, theirs)
    if not pool.made:
        yield nothing_is_made(chosen)
        return
    best = _best_of_any(pool, judged, question)
    if best.sized.unmade is not None:
        yield about_the_unmade(best, chosen, question.objective)


def _best_of_any(pool: Pool, judged: JudgedOffers, question: Question) -> Candidate:
    """What would be taken if a component could make everything."""
    blocked = surely_high_regions(question.catalogue)
    everything = [
        *pool.candidates,
        *(one for one in judged.unmade if (one.offer.region in blocked) == pool.surely_high),
    ]
    return min(everything, key=rank_of(question, min(one.usd_hour for one in everything)))


def _about_other_records(question: Question) -> Iterator[str]:
    """Records of another model, whose speed says nothing of this one."""
    name = question.card.name
    for model in dict.fromkeys(record.model for record in question.evidence):
        if model != name:
            yield (
                f"a benchmark record of {visible(model)} in evidence narrows nothing: the workload "
                f"serves {name}"
            )


def _notes(chosen: Candidate, question: Question) -> Iterator[str]:
    catalogue, offer, price = question.catalogue, chosen.offer, chosen.price
    region, machine = catalogue.region(offer.region), catalogue.machine(offer.machine)
    yield from _about_other_records(question)
    yield from widening_notes(chosen, question)
    for record in question.evidence:
        if record.model != question.card.name:
            yield (
                f"the record of {record.measured_on} is of {record.model}, and not of "
                f"{question.card.name}: its times are not used"
            )
    yield from about_the_price(chosen, catalogue)
    if billed := about_billing(chosen.sized.hosting, region.name, catalogue):
        yield billed
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

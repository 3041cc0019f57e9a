"""The offer to take for a workload, the next best, and why every other one lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

import msgspec

from lichen.catalogue import Catalogue, staleness
from lichen.document import InputError
from lichen.emissions import HOURS_PER_MONTH, Footprint
from lichen.evidence import Record
from lichen.interval import Interval
from lichen.placing.allowed import check_where
from lichen.placing.candidates import Candidate, Judged, Rejected, WhyUnmade, judge_offers, score
from lichen.placing.reasons import (
    Miss,
    about_the_cheapest,
    about_the_grid,
    about_the_next,
    about_the_unmade,
    nearest_misses,
    why_it_lost,
)
from lichen.sizing import Saving, Sizing, Step
from lichen.words import Objective, Precision
from lichen.workload import ModelCard, Workload

__all__ = [
    "Miss",
    "NoPlacement",
    "Option",
    "Placement",
    "Rejected",
    "WhyUnmade",
    "model_card",
    "place",
]

COST_TOLERANCE_PCT = 15.0
"""How much above the cheapest that does the work a cleaner placement may cost (design choice)."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that does the work, at one precision.

    ``usd_*`` and ``gco2e_*`` count the replicas held over a day, idle hours included; ``*_unit``
    is for one functional unit (see Placement.functional_unit), None where there is no traffic.
    ``hosting`` is the name of a row of hostings.csv. ``price_basis`` says whether the price is a
    managed hosting's or the bare machine's. ``unmade``
    is why nothing makes it real: such an option is never chosen, and told for comparison alone.
    """

    machine: str
    region: str
    cloud: str
    hosting: str
    hosting_title: str
    precision: Precision
    stack: str
    replicas_minimum: int
    replicas_peak: int
    replicas_maximum: int
    replicas_mean: float
    usd_hour: float
    usd_month: float
    usd_unit: float | None
    price_basis: Literal["hosting", "machine"]
    gco2e_hour: Interval
    gco2e_month: Interval
    gco2e_unit: Interval | None
    unmade: str | None = None


class Placement(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="placement"):
    """The offer to take, and the whole argument for it.

    ``steps`` are the receipt: the arithmetic from the model's size to grams and dollars.
    ``savings`` are other ways to hold the same machine. ``notes`` say which of the rows that it
    rests on are past their age, which are the organisation's own, and what its evidence told.
    """

    workload: str
    model: str
    objective: Objective
    cost_tolerance_pct: float
    functional_unit: str
    chosen: Option
    sizing: Sizing
    footprint: Footprint
    because: tuple[str, ...]
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    savings: tuple[Saving, ...]
    runners_up: tuple[Option, ...]
    front: tuple[Option, ...]
    by_cloud: tuple[Option, ...]
    rejected: tuple[Rejected, ...]


class NoPlacement(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="nothing-fits"
):
    """Nothing fits: the nearest misses with what to relax, and every offer's reason."""

    workload: str
    model: str
    nearest: tuple[Miss, ...]
    rejected: tuple[Rejected, ...]


Rank = Callable[[Candidate], tuple[bool, float, float, tuple[str, str]]]
"""What puts candidates in order, the one to take first."""


def place(
    workload: Workload,
    catalogue: Catalogue,
    *,
    objective: Objective = "carbon",
    cost_tolerance_pct: float = COST_TOLERANCE_PCT,
    runners_up: int = 5,
    evidence: Sequence[Record] = (),
    why_unmade: WhyUnmade | None = None,
    today: date | None = None,
) -> Placement | NoPlacement:
    """Judge every offer of the catalogue for a workload.

    ``carbon`` takes the lowest gCO2e among offers within the tolerance of the cheapest,
    ``cost`` the cheapest, ``balanced`` the lowest product of both. ``evidence`` narrows what is
    predicted where it was measured. ``why_unmade`` is asked once for each machine and precision
    that does the work; what it gives a reason for is not taken.
    ``today`` is what the age of rows is told by; left out, it is not told.
    Raises :class:`InputError` where the workload names something the catalogue does not know.
    """
    card = model_card(workload, catalogue)
    check_where(workload.where, catalogue)
    _check_tokens(workload, card)
    judged = judge_offers(
        workload, card, catalogue, objective, evidence=evidence, why_unmade=why_unmade
    )
    cheapest_usd_hour = min((one.usd_hour for one in judged.able), default=0.0)
    limit_usd_hour = cheapest_usd_hour * (1 + cost_tolerance_pct / 100)

    def rank(one: Candidate) -> tuple[bool, float, float, tuple[str, str]]:
        too_dear = objective == "carbon" and one.usd_hour > limit_usd_hour
        return (too_dear, *score(one.gco2e_hour, one.usd_hour, objective), one.name)

    if not judged.able:
        _check_card(judged.rejected)
        nearest = nearest_misses(min(judged.unmade, key=rank, default=None), judged.rejected)
        return NoPlacement(
            workload=workload.name,
            model=card.name,
            nearest=tuple(nearest),
            rejected=tuple(judged.rejected),
        )
    ranked = sorted(judged.able, key=rank)
    chosen, losers = ranked[0], ranked[1:]

    def options(candidates: Iterable[Candidate]) -> tuple[Option, ...]:
        return tuple(_option(one, workload, catalogue) for one in candidates)

    layout = chosen.held.layout
    emitted = _footprint(chosen, catalogue)
    return Placement(
        workload=workload.name,
        model=card.name,
        objective=objective,
        cost_tolerance_pct=cost_tolerance_pct,
        functional_unit=functional_unit(workload),
        chosen=_option(chosen, workload, catalogue),
        sizing=chosen.held.sizing,
        footprint=emitted,
        because=tuple(_because(ranked, judged, catalogue, objective, cost_tolerance_pct, rank)),
        notes=(*layout.notes(), *_notes(chosen, catalogue, today)),
        steps=(*layout.steps(), *_money_and_carbon(chosen, emitted, catalogue)),
        savings=layout.savings(),
        runners_up=options(losers[:runners_up]),
        front=options(_front(ranked)),
        by_cloud=options(_best_by_cloud(judged, catalogue, rank)),
        rejected=(
            *judged.rejected,
            *(
                why_it_lost(one, chosen, cheapest_usd_hour, limit_usd_hour, objective)
                for one in losers
            ),
        ),
    )


def model_card(workload: Workload, catalogue: Catalogue) -> ModelCard:
    """The workload's model: its own card, or the catalogue's of that name."""
    if isinstance(workload.model, ModelCard):
        return workload.model
    try:
        return catalogue.model(workload.model)
    except InputError as error:
        raise InputError(error.wrong, fix=error.fix, field="model") from None


def _check_tokens(workload: Workload, card: ModelCard) -> None:
    """A language model is sized by its tokens: without them nothing can be said."""
    if card.kind not in ("llm", "vlm"):
        return
    for field in ("input_tokens", "output_tokens"):
        if getattr(workload.traffic, field) is None:
            raise InputError(
                f"is required, since {card.name} is a language model",
                fix=f"add {field}: of a typical request",
                field=f"traffic.{field}",
            )


def _check_card(rejected: Iterable[Rejected]) -> None:
    """Where nothing fits for want of a field of the model card, the card is to be mended."""
    for loser in rejected:
        if loser.kind == "card":
            raise InputError(loser.reason, fix="add what is missing to the card", field="model")


def functional_unit(workload: Workload) -> str:
    """What emissions and cost are told for one of: the R of SCI."""
    return "1,000 output tokens" if workload.traffic.output_tokens else "1,000 requests"


def _units_hour(workload: Workload) -> float:
    requests_hour = sum(workload.traffic.profile_rps) / 24 * 3600
    return requests_hour * (workload.traffic.output_tokens or 1) / 1000


def _option(candidate: Candidate, workload: Workload, catalogue: Catalogue) -> Option:
    """A candidate with its intervals, and told by the month and by the unit."""
    units_hour, held = _units_hour(workload), candidate.held
    sizing, usd_hour = held.sizing, candidate.usd_hour
    grams = _footprint(candidate, catalogue).gco2e_hour
    return Option(
        machine=candidate.offer.machine,
        region=candidate.offer.region,
        cloud=catalogue.regions[candidate.offer.region].cloud,
        hosting=held.hosting.name,
        hosting_title=held.hosting.title,
        precision=sizing.prediction.precision,
        stack=sizing.prediction.stack,
        replicas_minimum=sizing.replicas_minimum,
        replicas_peak=sizing.replicas_peak,
        replicas_maximum=sizing.replicas_maximum,
        replicas_mean=held.replicas_mean,
        usd_hour=usd_hour,
        usd_month=usd_hour * HOURS_PER_MONTH,
        usd_unit=usd_hour / units_hour if units_hour else None,
        price_basis="machine" if held.hosting.base is None else "hosting",
        gco2e_hour=grams,
        gco2e_month=grams * HOURS_PER_MONTH,
        gco2e_unit=grams / units_hour if units_hour else None,
        unmade=held.unmade,
    )


def _footprint(candidate: Candidate, catalogue: Catalogue) -> Footprint:
    return candidate.held.power.footprint(catalogue.regions[candidate.offer.region])


def _because(
    ranked: list[Candidate],
    judged: Judged,
    catalogue: Catalogue,
    objective: Objective,
    cost_tolerance_pct: float,
    rank: Rank,
) -> Iterator[str]:
    chosen, unmade = ranked[0], min(judged.unmade, key=rank, default=None)
    able = "does the work" if unmade is None else "does the work and can be made"
    yield about_the_grid(catalogue.region(chosen.offer.region))
    cheapest = min(ranked, key=lambda one: one.usd_hour)
    if len(ranked) == 1:
        yield f"it is the only offer that {able}"
    elif cheapest is chosen:
        yield f"it is the cheapest offer that {able}"
    else:
        yield about_the_cheapest(chosen, cheapest, objective, cost_tolerance_pct)
    if other := next((one for one in ranked if one.offer.machine != chosen.offer.machine), None):
        ours, theirs = (_footprint(one, catalogue).gco2e_hour for one in (chosen, other))
        yield about_the_next(chosen, ours, other, theirs)
    if unmade is not None and rank(unmade) <= rank(chosen):
        ours_score = score(chosen.gco2e_hour, chosen.usd_hour, objective)[0]
        share = score(unmade.gco2e_hour, unmade.usd_hour, objective)[0] / ours_score
        yield about_the_unmade(unmade, share, objective)


def _notes(chosen: Candidate, catalogue: Catalogue, today: date | None) -> Iterator[str]:
    offer, price = chosen.offer, chosen.price
    region, machine = catalogue.region(offer.region), catalogue.machine(offer.machine)
    if today is not None:
        yield from staleness.staleness_notes(catalogue, region, machine, offer, price, today)
    for table, key in (
        ("regions", region.name),
        ("machines", machine.name),
        ("hostings", price.hosting),
        ("offers", f"{machine.name} {region.name}"),
        ("prices", f"{machine.name} {region.name} {price.hosting}"),
    ):
        if own := catalogue.own(table, key):
            yield f"{', '.join(own)} of {key} from your own {table}"


def _money_and_carbon(
    chosen: Candidate, emitted: Footprint, catalogue: Catalogue
) -> Iterator[Step]:
    """The receipt's last lines: from the replicas held to dollars and grams."""
    held, offer = chosen.held, chosen.offer
    machine, region = catalogue.machine(offer.machine), catalogue.region(offer.region)
    replicas = f"{held.replicas_mean:.3g} replicas"
    yield Step(
        "cost",
        chosen.usd_hour * HOURS_PER_MONTH,
        "USD/month",
        f"{chosen.usd_hour / held.replicas_mean if held.replicas_mean else 0:.4g} USD/h x "
        f"{replicas} x {HOURS_PER_MONTH:g} h",
        chosen.price.source,
    )
    yield Step(
        "power",
        emitted.watts.likely,
        "W",
        f"at load {held.sizing.load:.0%}, {replicas}",
        ", ".join(machine.power_source),
    )
    yield Step(
        "operation",
        emitted.operational_gco2e_hour.likely,
        "gCO2e/h",
        f"{emitted.watts.likely:.4g} W / 1000 x PUE {emitted.pue:g} x "
        f"{emitted.grid_gco2e_kwh:g} gCO2e/kWh",
        f"{region.grid_source}; PUE {region.pue_source}",
    )
    if emitted.embodied_gco2e_hour is not None:
        yield Step(
            "making",
            emitted.embodied_gco2e_hour.likely,
            "gCO2e/h",
            f"embodied carbon over the machine's life, {replicas}",
            ", ".join(machine.embodied_source),
        )


def _front(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates that no other beats on both carbon and cost, cheapest first."""
    least = float("inf")
    for one in sorted(candidates, key=lambda one: (one.usd_hour, one.gco2e_hour, one.name)):
        if one.gco2e_hour < least:
            least = one.gco2e_hour
            yield one


def _best_by_cloud(judged: Judged, catalogue: Catalogue, rank: Rank) -> Iterator[Candidate]:
    """The best of each cloud; one that nothing makes only where no other stands for its cloud."""
    of_cloud: dict[str, list[Candidate]] = {}
    for one in (*judged.able, *judged.elsewhere, *judged.unmade):
        of_cloud.setdefault(catalogue.regions[one.offer.region].cloud, []).append(one)
    for _, candidates in sorted(of_cloud.items()):
        made = [one for one in candidates if one.held.unmade is None]
        yield min(made or candidates, key=rank)

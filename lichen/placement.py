"""Every offer judged for a workload: the one to take, the next best, and why the others lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.grid import classify
from lichen.catalogue.tables import Machine, Offer
from lichen.document import InputError
from lichen.emissions import (
    HOURS_PER_MONTH,
    Footprint,
    effective_gco2e_kwh,
    embodied_gco2e_hour,
    footprint,
)
from lichen.energy import machine_watts
from lichen.interval import Interval
from lichen.sizing import Misfit, Sizing, size
from lichen.where import Refusal, check_where, hosting, refusals
from lichen.workload import Hosting, ModelCard, Precision, Workload

Objective = Literal["carbon", "cost", "balanced"]

COST_TOLERANCE_PCT = 15.0
"""How much above the cheapest that does the work a cleaner placement may cost (design choice)."""

WhyUnmade = Callable[[Machine, Hosting, Sizing], str | None]
"""Says, as a clause, why nothing makes a machine so held and sized real; None where it can be."""


class Option(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An offer that does the work, at one precision.

    ``usd_*`` and ``gco2e_*`` count the replicas held over a day, idle hours included; ``*_unit``
    is for one functional unit (see Placement.functional_unit), None where there is no traffic.
    ``price_basis`` says whether the price is the hosting's own or the bare machine's. ``unmade``
    is why nothing makes it real: such an option is never chosen, and told for comparison alone.
    """

    machine: str
    region: str
    cloud: str
    hosting: Hosting
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


Rank = Callable[[Option], tuple[bool, float, float, str, str]]
"""What puts options in order, the one to take first."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An offer that lost, with the one reason; ``shortfall`` is asked over available (above 1)."""

    machine: str
    region: str
    kind: str
    reason: str
    shortfall: float | None = None


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """How near a machine came to doing the work, and what to relax so that it does."""

    machine: str
    reason: str
    relax: str


class Placement(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="placement"):
    """The offer to take, and the whole argument for it."""

    workload: str
    model: str
    objective: Objective
    cost_tolerance_pct: float
    functional_unit: str
    chosen: Option
    sizing: Sizing
    footprint: Footprint
    because: tuple[str, ...]
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


def place(
    workload: Workload,
    catalogue: Catalogue,
    *,
    objective: Objective = "carbon",
    cost_tolerance_pct: float = COST_TOLERANCE_PCT,
    runners_up: int = 5,
    why_unmade: WhyUnmade | None = None,
) -> Placement | NoPlacement:
    """Judge every offer of the catalogue for a workload.

    ``carbon`` takes the lowest gCO2e among offers within the tolerance of the cheapest,
    ``cost`` the cheapest, ``balanced`` the lowest product of both. ``why_unmade`` is asked once
    for each machine and precision that does the work; what it gives a reason for is not taken.
    Raises :class:`InputError` where the workload names something the catalogue does not know.
    """
    card = model_card(workload, catalogue)
    check_where(workload.where, catalogue)
    judged = _judge_all(workload, card, catalogue, objective, why_unmade)
    able, unmade, rejected = judged.able, judged.unmade, judged.rejected
    if not able:
        unmade.sort(key=lambda option: _score_of(option, objective))
        return NoPlacement(
            workload=workload.name,
            model=card.name,
            nearest=tuple(_nearest_misses(unmade, rejected)),
            rejected=tuple(rejected),
        )
    cheapest_usd_hour = min(option.usd_hour for option in able)
    limit_usd_hour = cheapest_usd_hour * (1 + cost_tolerance_pct / 100)

    def rank(option: Option) -> tuple[bool, float, float, str, str]:
        too_dear = objective == "carbon" and option.usd_hour > limit_usd_hour
        return (too_dear, *_score_of(option, objective), option.machine, option.region)

    able.sort(key=rank)
    chosen, losers = able[0], able[1:]
    rejected += [
        Rejected(
            machine=option.machine,
            region=option.region,
            kind="cost" if rank(option)[0] or objective == "cost" else "carbon",
            reason=_why_it_lost(option, chosen, cheapest_usd_hour, limit_usd_hour, objective),
        )
        for option in losers
    ]
    best_unmade = min(unmade, key=rank, default=None)
    sizing = size(workload, card, catalogue.machine(chosen.machine), chosen.precision, catalogue)
    assert isinstance(sizing, Sizing)
    return Placement(
        workload=workload.name,
        model=card.name,
        objective=objective,
        cost_tolerance_pct=cost_tolerance_pct,
        functional_unit=functional_unit(workload),
        chosen=chosen,
        sizing=sizing,
        footprint=_footprint(catalogue, chosen, sizing),
        because=(
            *_because(
                chosen, losers, catalogue, objective, cost_tolerance_pct, best_unmade is None
            ),
            *_had_it_been_made(best_unmade, chosen, objective, rank),
        ),
        runners_up=tuple(losers[:runners_up]),
        front=tuple(_front(able)),
        by_cloud=tuple(_best_by_cloud([*able, *judged.elsewhere, *unmade], rank)),
        rejected=tuple(rejected),
    )


def model_card(workload: Workload, catalogue: Catalogue) -> ModelCard:
    """The workload's model: its own card, or the catalogue's of that name."""
    if isinstance(workload.model, ModelCard):
        return workload.model
    try:
        return catalogue.model(workload.model)
    except InputError as error:
        raise InputError(error.wrong, fix=error.fix, field="model") from None


def functional_unit(workload: Workload) -> str:
    """What emissions and cost are told for one of: the R of SCI."""
    return "1,000 output tokens" if workload.traffic.output_tokens else "1,000 requests"


def _units_hour(workload: Workload) -> float:
    requests_hour = sum(workload.traffic.profile_rps) / 24 * 3600
    return requests_hour * (workload.traffic.output_tokens or 1) / 1000


class _Judged(msgspec.Struct, frozen=True):
    """Options that may be taken, those on clouds that may not, those that nothing makes, and the
    rejected offers."""

    able: list[Option] = []
    elsewhere: list[Option] = []
    unmade: list[Option] = []
    rejected: list[Rejected] = []


def _judge_all(
    workload: Workload,
    card: ModelCard,
    catalogue: Catalogue,
    objective: Objective,
    why_unmade: WhyUnmade | None,
) -> _Judged:
    refused = refusals(workload.where, catalogue)
    units_hour = _units_hour(workload)
    judged = _Judged()
    rejected = judged.rejected
    for machine in catalogue.machines.values():
        offers = catalogue.offers_of(machine.name)
        if not any(_may_be_shown(refused[offer.region]) for offer in offers):
            rejected += [_refused(offer, refused[offer.region]) for offer in offers]
            continue
        sized = _sized(workload, card, machine, catalogue, why_unmade)
        for offer in offers:
            refusal = refused[offer.region]
            if not _may_be_shown(refusal):
                rejected.append(_refused(offer, refusal))
                continue
            if isinstance(sized, Rejected):
                rejected.append(msgspec.structs.replace(sized, region=offer.region))
                continue
            options = [_option(offer, held, catalogue, units_hour, objective) for held in sized]
            first = options[0]
            if isinstance(first, Rejected):
                rejected.append(first)
            elif refusal is not None:
                judged.elsewhere.append(first)
                rejected.append(_refused(offer, refusal))
            else:
                if first.unmade is not None:
                    rejected.append(_no_component(first, first.unmade))
                for option in options:
                    assert isinstance(option, Option), "what is known of an offer is no precision's"
                    (judged.able if option.unmade is None else judged.unmade).append(option)
    return judged


def _may_be_shown(refusal: Refusal | None) -> bool:
    return refusal is None or refusal.kind == "cloud"


def _refused(offer: Offer, refusal: Refusal | None) -> Rejected:
    assert refusal is not None
    return Rejected(machine=offer.machine, region=offer.region, kind="where", reason=refusal.reason)


def _no_component(option: Option, reason: str) -> Rejected:
    return Rejected(machine=option.machine, region=option.region, kind="component", reason=reason)


class _Held(msgspec.Struct, frozen=True):
    """A machine that does the work at a precision, before any region is looked at.

    ``watts`` and ``embodied_gco2e_hour`` are of all replicas held, on average over the day.
    """

    sizing: Sizing
    hosting: Hosting
    replicas_mean: float
    watts: Interval
    embodied_gco2e_hour: Interval | None
    unmade: str | None

    def gco2e_hour(self, effective_gco2e_kwh: float) -> float:
        """The likely emissions at a socket of that intensity."""
        making = self.embodied_gco2e_hour.likely if self.embodied_gco2e_hour else 0.0
        return self.watts.likely * effective_gco2e_kwh / 1000 + making


def _sized(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    catalogue: Catalogue,
    why_unmade: WhyUnmade | None,
) -> list[list[_Held]] | Rejected:
    """The machine at every precision that does the work, or the reason of the nearest one.

    Those that can be made come first, those that cannot apart from them; no list is empty.
    """

    def no(kind: str, reason: str, shortfall: float | None = None) -> Rejected:
        return Rejected(
            machine=machine.name, region="", kind=kind, reason=reason, shortfall=shortfall
        )

    way = hosting(machine, workload.where)
    if way is None:
        return no("hosting", f"not held by {' or '.join(workload.where.hosting)}")
    held: list[_Held] = []
    misfits: list[Misfit] = []
    for precision in workload.precisions:
        sizing = size(workload, card, machine, precision, catalogue)
        if isinstance(sizing, Misfit):
            misfits.append(sizing)
            continue
        watts = machine_watts(machine, sizing.load)
        if watts is None:
            return no("unknown", "nobody publishes its watts")
        replicas = sum(sizing.replica_hours_by_hour) / 24
        unmade = why_unmade(machine, way, sizing) if why_unmade else None
        making = _making(machine, replicas)
        held.append(_Held(sizing, way, replicas, watts * replicas, making, unmade))
    if held:
        made = [one for one in held if one.unmade is None]
        return [group for group in (made, [one for one in held if one.unmade is not None]) if group]
    nearest = min(misfits, key=lambda misfit: misfit.shortfall or float("inf"))
    return no(nearest.kind, nearest.reason, nearest.shortfall)


def _making(machine: Machine, replicas: float) -> Interval | None:
    embodied = embodied_gco2e_hour(machine)
    return None if embodied is None else embodied * replicas


def _option(
    offer: Offer,
    held: list[_Held],
    catalogue: Catalogue,
    units_hour: float,
    objective: Objective,
) -> Option | Rejected:
    """The best precision of a machine in a region, or what is not known of the offer."""
    hosted = held[0].hosting == "sagemaker" and offer.sagemaker_usd_hour is not None
    price_usd_hour = offer.sagemaker_usd_hour if hosted else offer.usd_hour
    region = catalogue.regions[offer.region]
    effective = effective_gco2e_kwh(region)
    if price_usd_hour is None or effective is None:
        what = "price" if price_usd_hour is None else "grid"
        return Rejected(
            machine=offer.machine, region=region.name, kind="unknown", reason=f"{what} not known"
        )
    best = min(
        held,
        key=lambda one: _score(
            one.gco2e_hour(effective), price_usd_hour * one.replicas_mean, objective
        ),
    )
    sizing, usd_hour = best.sizing, price_usd_hour * best.replicas_mean
    grams = footprint(region, best.watts, best.embodied_gco2e_hour).gco2e_hour
    return Option(
        machine=offer.machine,
        region=region.name,
        cloud=region.cloud,
        hosting=best.hosting,
        precision=sizing.prediction.precision,
        stack=sizing.prediction.stack,
        replicas_minimum=sizing.replicas_minimum,
        replicas_peak=sizing.replicas_peak,
        replicas_maximum=sizing.replicas_maximum,
        replicas_mean=best.replicas_mean,
        usd_hour=usd_hour,
        usd_month=usd_hour * HOURS_PER_MONTH,
        usd_unit=usd_hour / units_hour if units_hour else None,
        price_basis="hosting" if hosted else "machine",
        gco2e_hour=grams,
        gco2e_month=grams * HOURS_PER_MONTH,
        gco2e_unit=grams / units_hour if units_hour else None,
        unmade=best.unmade,
    )


def _score(grams: float, dollars: float, objective: Objective) -> tuple[float, float]:
    """What an objective makes least, and what breaks a tie."""
    if objective == "carbon":
        return grams, dollars
    if objective == "cost":
        return dollars, grams
    return grams * dollars, dollars


def _score_of(option: Option, objective: Objective) -> tuple[float, float]:
    return _score(option.gco2e_hour.likely, option.usd_hour, objective)


def _why_it_lost(
    option: Option,
    chosen: Option,
    cheapest_usd_hour: float,
    limit_usd_hour: float,
    objective: Objective,
) -> str:
    if objective == "cost":
        return f"costs {_more_than(option.usd_hour, chosen.usd_hour)} the chosen placement"
    if objective == "carbon" and option.usd_hour > limit_usd_hour:
        return f"costs {_more_than(option.usd_hour, cheapest_usd_hour)} the cheapest that fits"
    ours, theirs = chosen.gco2e_hour.likely, option.gco2e_hour.likely
    if objective == "carbon":
        return f"emits {_more_than(theirs, ours)} the chosen placement"
    more = _more_than(theirs * option.usd_hour, ours * chosen.usd_hour)
    return f"carbon times cost is {more} the chosen placement's"


def _more_than(value: float, reference: float) -> str:
    """``34 % more than``, ``2.3 times as much as``: how a value stands to a smaller one."""
    ratio = value / reference if reference else float("inf")
    if ratio >= 2:
        return f"{ratio:.1f} times as much as"
    return f"{(ratio - 1) * 100:.0f} % more than"


def _front(options: Iterable[Option]) -> Iterator[Option]:
    """The options that no other beats on both carbon and cost, cheapest first."""
    least = float("inf")
    for option in sorted(options, key=lambda o: (o.usd_hour, o.gco2e_hour.likely)):
        if option.gco2e_hour.likely < least:
            least = option.gco2e_hour.likely
            yield option


def _best_by_cloud(options: list[Option], rank: Rank) -> Iterator[Option]:
    """The best of each cloud; one that nothing makes only where no other stands for its cloud."""
    for cloud in sorted({option.cloud for option in options}):
        yield min(
            (option for option in options if option.cloud == cloud),
            key=lambda option: (option.unmade is not None, rank(option)),
        )


def _footprint(catalogue: Catalogue, option: Option, sizing: Sizing) -> Footprint:
    machine = catalogue.machine(option.machine)
    watts = machine_watts(machine, sizing.load)
    assert watts is not None, "an option was made of its watts"
    replicas = option.replicas_mean
    return footprint(catalogue.region(option.region), watts * replicas, _making(machine, replicas))


def _because(
    chosen: Option,
    losers: list[Option],
    catalogue: Catalogue,
    objective: Objective,
    cost_tolerance_pct: float,
    all_made: bool,
) -> Iterator[str]:
    able = "does the work" if all_made else "does the work and can be made"
    region = catalogue.region(chosen.region)
    grid = classify(region)
    yield (
        f"{region.name} ({region.place}) has a {grid.level}-carbon grid: "
        f"{region.grid_gco2e_kwh:.0f} gCO2e/kWh ({region.grid_source}, {region.grid_year}), "
        f"{grid.agreement} among {len(grid.readings)} readings"
    )
    if not losers:
        yield f"it is the only offer that {able}"
        return
    cheapest = min([chosen, *losers], key=lambda option: option.usd_hour)
    if cheapest is chosen:
        yield f"it is the cheapest offer that {able}"
    else:
        more = _more_than(chosen.usd_hour, cheapest.usd_hour)
        bound = f", within the {cost_tolerance_pct:g} % tolerance" if objective == "carbon" else ""
        less = 1 - chosen.gco2e_hour.likely / cheapest.gco2e_hour.likely
        yield (
            f"it costs {more} the cheapest, {cheapest.machine} in {cheapest.region}{bound}, "
            f"and emits {less * 100:.0f} % less"
        )
    other = next((option for option in losers if option.machine != chosen.machine), None)
    if other is None:
        return
    ours, theirs = chosen.gco2e_hour, other.gco2e_hour
    told = f"the next machine, {other.machine} in {other.region}, "
    if theirs.likely < ours.likely:
        yield f"{told}emits less but costs {_more_than(other.usd_hour, chosen.usd_hour)} it"
    elif theirs.low <= ours.high:
        yield (
            f"{told}emits {_more_than(theirs.likely, ours.likely)} it, but the intervals overlap: "
            "published watts cannot tell the two apart"
        )
    else:
        yield f"{told}emits {_more_than(theirs.likely, ours.likely)} it"


_LESS: dict[Objective, str] = {
    "carbon": "emit {} less",
    "cost": "cost {} less",
    "balanced": "have {} less carbon times cost",
}


def _had_it_been_made(
    option: Option | None, chosen: Option, objective: Objective, rank: Rank
) -> Iterator[str]:
    if option is None or rank(option) > rank(chosen):
        return
    less = 1 - _score_of(option, objective)[0] / _score_of(chosen, objective)[0]
    yield (
        f"{option.machine} in {option.region} at {option.precision} would "
        f"{_LESS[objective].format(f'{less * 100:.0f} %')}, but {option.unmade}"
    )


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


def _nearest_misses(
    unmade: list[Option], rejected: list[Rejected], most: int = 3
) -> Iterator[Miss]:
    """One row a machine, those that came nearest first.

    What does the work and only cannot be made comes nearest, and is one row: its best.
    """
    nearest = [_no_component(option, option.unmade or "") for option in unmade[:1]]
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


def _distance(loser: Rejected) -> tuple[bool, float]:
    return (loser.shortfall is None, loser.shortfall or 0.0)

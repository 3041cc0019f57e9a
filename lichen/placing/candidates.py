"""Every offer of the catalogue judged once: a candidate that does the work, or its one reason.

A machine is sized once for each precision, however many regions offer it; an offer then costs a
look at its price and its grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Hosting, Machine, Offer, Price
from lichen.emissions import effective_gco2e_kwh
from lichen.evidence import Record
from lichen.holding import Power, power_of
from lichen.placing.allowed import Refusal, allowed_ways, refusals
from lichen.sizing import Layout, Misfit, Sizing, lay_out
from lichen.words import Objective
from lichen.workload import ModelCard, Workload

WhyUnmade = Callable[[Machine, str, Sizing], str | None]
"""Says, as a clause, why nothing makes a machine on a hosting (by name) and so sized; None where it
can be made."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An offer that lost, with the one reason; ``shortfall`` is asked over available (above 1)."""

    machine: str
    region: str
    kind: str
    reason: str
    shortfall: float | None = None


class Held(msgspec.Struct, frozen=True):
    """A machine that does the work at a precision, before any region is looked at.

    ``power`` is of all replicas, on average over the day. ``unmade`` is why nothing makes it real.
    """

    layout: Layout
    sizing: Sizing
    hosting: Hosting
    replicas_mean: float
    power: Power
    unmade: str | None


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """An offer that does the work at its best precision, with its price: likely dollars and grams
    an hour, of all replicas."""

    offer: Offer
    held: Held
    price: Price
    usd_hour: float
    gco2e_hour: float

    @property
    def name(self) -> tuple[str, str]:
        return self.offer.machine, self.offer.region


class Judged(msgspec.Struct, frozen=True):
    """Candidates that may be taken, those on clouds that may not, those that nothing makes, and
    the rejected offers."""

    able: list[Candidate] = []
    elsewhere: list[Candidate] = []
    unmade: list[Candidate] = []
    rejected: list[Rejected] = []


def score(grams: float, dollars: float, objective: Objective) -> tuple[float, float]:
    """What an objective makes least, and what breaks a tie."""
    if objective == "carbon":
        return grams, dollars
    if objective == "cost":
        return dollars, grams
    return grams * dollars, dollars


def judge_offers(
    workload: Workload,
    card: ModelCard,
    catalogue: Catalogue,
    objective: Objective,
    *,
    evidence: Sequence[Record] = (),
    why_unmade: WhyUnmade | None = None,
) -> Judged:
    """Every offer, once."""
    refused = refusals(workload.where, catalogue)
    ways = allowed_ways(workload.where, catalogue)
    effective = {name: effective_gco2e_kwh(region) for name, region in catalogue.regions.items()}
    judged = Judged()
    reject = judged.rejected.append
    for machine in catalogue.machines.values():
        sized: list[list[Held]] | Misfit | None = None
        way = ways.of(machine, catalogue)
        prices = {} if way is None else catalogue.prices_of(machine.name, way.name)
        for offer in catalogue.offers_of(machine.name):
            refusal = refused[offer.region]
            if refusal is not None and refusal.kind == "where":
                reject(_refused(offer, refusal))
                continue
            if way is None:
                reject(_unhosted(offer, ways.why_none(machine)))
                continue
            price, grid = prices.get(offer.region), effective[offer.region]
            if price is None or grid is None:
                reject(_unknown(offer, "price" if price is None else "grid"))
                continue
            if sized is None:  # only a machine that some region may offer is sized
                sized = _sized(workload, card, machine, way, catalogue, evidence, why_unmade)
            if isinstance(sized, Misfit):
                reject(
                    Rejected(
                        machine=machine.name,
                        region=offer.region,
                        kind=sized.kind,
                        reason=sized.reason,
                        shortfall=sized.shortfall,
                    )
                )
                continue
            found = [_candidate(offer, price, group, grid, objective) for group in sized]
            best = found[0]
            if isinstance(best, Rejected):
                reject(best)
            elif refusal is not None:
                judged.elsewhere.append(best)
                reject(_refused(offer, refusal))
            else:
                if best.held.unmade is not None:
                    reject(no_component(best))
                for one in found:
                    (judged.able if one.held.unmade is None else judged.unmade).append(one)
    return judged


def _refused(offer: Offer, refusal: Refusal) -> Rejected:
    return Rejected(machine=offer.machine, region=offer.region, kind="where", reason=refusal.reason)


def no_component(candidate: Candidate) -> Rejected:
    """A candidate that nothing makes, as a rejected offer."""
    machine, region = candidate.name
    return Rejected(
        machine=machine, region=region, kind="component", reason=candidate.held.unmade or ""
    )


def _sized(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    way: Hosting,
    catalogue: Catalogue,
    evidence: Sequence[Record],
    why_unmade: WhyUnmade | None,
) -> list[list[Held]] | Misfit:
    """The machine at every precision that does the work, or the nearest one's misfit.

    Those that can be made come first, those that cannot apart from them; no list is empty.
    """
    held: list[Held] = []
    misfits: list[Misfit] = []
    for precision in workload.precisions:
        layout = lay_out(workload, card, machine, precision, catalogue, evidence)
        if isinstance(layout, Misfit):
            misfits.append(layout)
            continue
        sizing = layout.sizing()
        replicas = sum(sizing.replica_hours_by_hour) / 24
        power = power_of(machine, replicas, sizing.load)
        if power is None:
            return Misfit("hardware", "nobody publishes its watts", None)
        unmade = why_unmade(machine, way.name, sizing) if why_unmade else None
        held.append(Held(layout, sizing, way, replicas, power, unmade))
    if not held:
        return min(misfits, key=lambda misfit: misfit.shortfall or float("inf"))
    return [group for group in _made_first(held) if group]


def _made_first(held: list[Held]) -> Iterator[list[Held]]:
    yield [one for one in held if one.unmade is None]
    yield [one for one in held if one.unmade is not None]


def _unhosted(offer: Offer, why: str) -> Rejected:
    return Rejected(machine=offer.machine, region=offer.region, kind="hosting", reason=why)


def _unknown(offer: Offer, what: str) -> Rejected:
    """An offer of which a figure is missing that no answer can do without."""
    return Rejected(
        machine=offer.machine, region=offer.region, kind="unknown", reason=f"{what} not known"
    )


def _candidate(
    offer: Offer,
    price: Price,
    held: list[Held],
    effective_gco2e_kwh: float,
    objective: Objective,
) -> Candidate:
    """The best precision of a machine in a region."""
    candidates = [
        Candidate(
            offer,
            one,
            price,
            price.usd_hour * one.replicas_mean,
            one.power.likely_gco2e_hour(effective_gco2e_kwh),
        )
        for one in held
    ]
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=lambda one: score(one.gco2e_hour, one.usd_hour, objective))

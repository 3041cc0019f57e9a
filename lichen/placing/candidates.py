"""Every offer of the catalogue judged once: a candidate that does the work, or its one reason.

A machine is sized once for each precision, however many regions offer it; an offer then costs a
look at its price and its grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Hosting, Machine, Offer, Price, Retired
from lichen.emissions import effective_gco2e_kwh
from lichen.holding import Power, power_of
from lichen.placing.allowed import allowed_ways, refusals
from lichen.placing.billing import paid_of
from lichen.placing.buying import (
    Bought,
    about_retired,
    bought_by_region,
    sold_as,
    ways_of_hosting,
    ways_to_buy,
    why_not_bought,
    why_retired,
)
from lichen.placing.images import not_published
from lichen.placing.made import Wanted, why_unmade
from lichen.placing.objective import AIMS
from lichen.placing.placement import Rejected
from lichen.placing.question import Question
from lichen.sizing import Layout, Misfit, lay_out_as_usual
from lichen.sizing.replicas import floor_of
from lichen.sizing.start_up import start_of, start_s
from lichen.words import WayOfBuying
from lichen.workload import Where, Workload


class SizedMachine(msgspec.Struct, frozen=True):
    """A machine that does the work at a precision, before any region is looked at.

    ``power`` is of all replicas, on average over the day. ``unmade`` is the
    reason why no component can make it; None where one can. ``unmade_kind``: for want of a
    component anywhere, or of the image in this region.
    """

    layout: Layout
    hosting: Hosting
    replicas_mean: float
    power: Power
    unmade: str | None
    unmade_kind: Literal["component", "image"] = "component"


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """An offer that does the work at its best precision, with its price: likely dollars and grams
    an hour, of all replicas."""

    offer: Offer
    sized: SizedMachine
    bought: Bought
    usd_hour: float
    gco2e_hour: float

    @property
    def price(self) -> Price:
        return self.bought.price

    @property
    def name(self) -> tuple[str, str]:
        return self.offer.machine, self.offer.region


class JudgedOffers(msgspec.Struct, frozen=True):
    """Every offer, judged.

    ``able``: candidates that may be taken. ``elsewhere``: those on clouds that the workload does
    not allow. ``unmade``: those that no component makes, also of a machine that is able at another
    precision. ``rejected``: the offers that do not do the work or may not be used.
    """

    able: list[Candidate] = []
    elsewhere: list[Candidate] = []
    unmade: list[Candidate] = []
    rejected: list[Rejected] = []


def judge_offers(question: Question, only_region: str | None = None) -> JudgedOffers:
    """Every offer of the catalogue, once; those of ``only_region`` alone where it is given."""
    catalogue, workload = question.catalogue, question.workload
    bounds = _bounds_of(catalogue, workload.where)
    refused = bounds.refused
    ways = allowed_ways(workload.where, catalogue, ways_to_buy(workload), workload.mode)
    ways_of: dict[tuple[str, tuple[str, ...]], tuple[Hosting, ...]] = {}
    effective = {
        name: gco2e_kwh
        for name, region in catalogue.regions.items()
        if (gco2e_kwh := effective_gco2e_kwh(region)) is not None
    }
    judged = JudgedOffers()
    reject = judged.rejected.extend
    pin = question.pin
    one_region = only_region if pin is None else pin.region
    for machine in catalogue.machines.values():
        name = machine.name
        if pin is not None and name != pin.machine:
            continue
        allowed, outside = bounds.of(name)
        if one_region is not None:
            allowed = [offer for offer in allowed if offer.region == one_region]
            outside = [offer for offer in outside if offer.region == one_region]
        reject(outside)
        if not allowed:  # only a machine that some region may offer is priced and sized
            continue
        retired = catalogue.retired(machine)
        if ended := why_retired(retired):
            reject(_rejected(allowed, "retired", ended))
            continue
        offered_by = (machine.cloud, machine.hostings)  # the same of many machines
        if offered_by not in ways_of:
            ways_of[offered_by] = ways.of(machine, catalogue)
        if not ways_of[offered_by]:
            reject(_rejected(allowed, "hosting", ways.why_none(machine, catalogue)))
            continue
        found, lost = _best(
            _judged_on(way, machine, allowed, retired, effective, ways.bought, question)
            for way in ways_of[offered_by]
        )
        reject(lost)
        for candidates in found:
            refusal = refused[candidates[0].offer.region]
            if refusal is not None:
                judged.elsewhere.append(candidates[0])
                reject(_rejected([candidates[0].offer], "where", refusal.reason))
                continue
            for one in candidates:
                (judged.able if one.sized.unmade is None else judged.unmade).append(one)
    return judged


_OnOneWay = tuple[list[list[Candidate]], list[Rejected]]
"""Of a machine on one hosting: what each offer that does the work may be, what can be made first,
and the others, each with its reason."""


def _judged_on(
    way: Hosting,
    machine: Machine,
    allowed: Sequence[Offer],
    retired: tuple[Retired, ...],
    effective: Mapping[str, float],
    bought_in: tuple[WayOfBuying, ...],
    question: Question,
) -> _OnOneWay:
    """A machine's offers on a hosting; ``effective`` has the gCO2e/kWh of each region whose grid is
    known."""
    catalogue = question.catalogue
    ways_bought = ways_of_hosting(way, bought_in)
    if not ways_bought:
        reason = f"{way.title} is sold only {sold_as(way.sold)}"
        return [], _rejected(allowed, "sold", reason)
    bought = bought_by_region(machine.name, way, ways_bought, catalogue)
    known = [one for one in allowed if one.region in bought and one.region in effective]
    lost: list[Rejected] = []
    if len(known) < len(allowed):
        barred = [one for one in allowed if one.region not in bought]
        lost += why_not_bought(machine, barred, way, ways_bought, catalogue)
        dark = [one for one in allowed if one.region in bought and one.region not in effective]
        lost += _rejected(dark, "unknown", "grid not known")
    if not known:
        return [], lost
    sized = _sized(question, machine, way, retired)
    if isinstance(sized, Misfit):
        return [], lost + _rejected(known, sized.kind, sized.reason, sized.shortfall)
    if asleep := _why_it_sleeps(way, question.workload):
        return [], lost + _rejected(known, "zero", asleep)
    return [
        [
            _candidate(offer, bought[offer.region], group, effective[offer.region], question)
            for group in _where_published(sized, offer.region, question)
        ]
        for offer in known
    ], lost


def _why_it_sleeps(way: Hosting, workload: Workload) -> str | None:
    """Why zero machines would stay zero: a request in real time wakes them on few hostings. None
    where one does, and where a machine always runs."""
    if workload.mode != "real-time" or floor_of(workload) > 0:
        return None
    if way.reaches_zero in ("yes", "inference-component"):
        return None
    return f"no request wakes {way.title} from zero {way.unit}"


def _best(ways: Iterable[_OnOneWay]) -> _OnOneWay:
    """Each offer on the hosting that is best for it: one that can be made, then the cheapest, then
    the first. What no hosting lets do the work has the reason of the first."""
    first, *others = ways
    if not others:
        return first
    found: dict[str, list[Candidate]] = {}
    lost: dict[str, Rejected] = {}
    for candidates, rejected in (first, *others):
        for one in candidates:
            region = one[0].offer.region
            if region not in found or _cost(one) < _cost(found[region]):
                found[region] = one
        for each in rejected:
            lost.setdefault(each.region, each)
    return list(found.values()), [lost[region] for region in lost if region not in found]


def _cost(candidates: list[Candidate]) -> tuple[bool, float]:
    best = candidates[0]
    return best.sized.unmade is not None, best.usd_hour


class _Bounds:
    """The offers that a workload's ``where`` allows and those that it does not, machine by machine:
    the same for every workload that says the same of where it may be."""

    def __init__(self, catalogue: Catalogue, where: Where) -> None:
        self.refused = refusals(where, catalogue)
        self._reasons = {
            name: refusal.reason
            for name, refusal in self.refused.items()
            if refusal is not None and refusal.kind == "where"
        }
        self._catalogue = catalogue
        self._parted: dict[str, tuple[Sequence[Offer], Sequence[Rejected]]] = {}

    def of(self, machine: str) -> tuple[Sequence[Offer], Sequence[Rejected]]:
        """A machine's offers that are allowed, and why each other is not."""
        parted = self._parted.get(machine)
        if parted is None:
            reasons, allowed, outside = self._reasons, [], []
            for offer in self._catalogue.offers_of(machine):
                reason = reasons.get(offer.region)
                if reason is None:
                    allowed.append(offer)
                else:
                    outside.append(
                        Rejected(machine=machine, region=offer.region, kind="where", reason=reason)
                    )
            parted = self._parted[machine] = allowed, outside
        return parted


@lru_cache(maxsize=4)
def _bounds_of(catalogue: Catalogue, where: Where) -> _Bounds:
    return _Bounds(catalogue, where)


def _rejected(
    offers: Sequence[Offer], kind: str, reason: str, shortfall: float | None = None
) -> list[Rejected]:
    """Offers of a machine that lose for the same reason."""
    return [
        Rejected(
            machine=offer.machine,
            region=offer.region,
            kind=kind,
            reason=reason,
            shortfall=shortfall,
        )
        for offer in offers
    ]


def _sized(
    question: Question, machine: Machine, way: Hosting, retired: tuple[Retired, ...]
) -> list[list[SizedMachine]] | Misfit:
    """The machine at every precision that does the work, or the nearest one's misfit.

    Those that can be made come first, those that cannot apart from them; no list is empty.
    """
    workload = question.workload
    sized: list[SizedMachine] = []
    misfits: list[Misfit] = []
    for precision in workload.precisions_of(question.card):
        layout = lay_out_as_usual(
            workload, question.card, machine, precision, question.catalogue, question.evidence
        )
        if isinstance(layout, Misfit):
            misfits.append(layout)
            continue
        if ended := next(_retired_for(layout, retired, refused=True), None):
            misfits.append(Misfit("retired", f"retired: {about_retired(ended)}"))
            continue
        replicas_mean, draw = paid_of(layout, way)
        power = power_of(machine, replicas_mean, draw)
        if power is None:
            return Misfit("watts", "its watts are not known", None)
        unmade = _why_unmade(question, machine, way, layout)
        sized.append(SizedMachine(layout, way, replicas_mean, power, unmade))
    if not sized:
        return min(misfits, key=lambda misfit: misfit.shortfall or float("inf"))
    return [group for group in _made_first(sized) if group]


def _retired_for(layout: Layout, retired: Iterable[Retired], *, refused: bool) -> Iterator[Retired]:
    """Those rows that speak of a layout's serving stack and kind of work."""
    stack, work = layout.arrangement.stack.stack, layout.arrangement.need.work
    for row in retired:
        speaks_of_it = row.stack in (None, stack) and (not row.works or work in row.works)
        if row.refused == refused and speaks_of_it:
            yield row


def retirement_notes(layout: Layout, machine: Machine, catalogue: Catalogue) -> Iterator[str]:
    """What an answer says of software and hardware that are near their end."""
    for row in _retired_for(layout, catalogue.retired(machine), refused=False):
        yield about_retired(row)


def _why_unmade(question: Question, machine: Machine, way: Hosting, layout: Layout) -> str | None:
    if question.makes is None:
        return None
    start = start_of(question.catalogue, way.name)
    wanted = Wanted(
        machine=machine.name,
        hosting=way.name,
        hosting_title=way.title,
        family=layout.arrangement.chips.family,
        kind=question.card.kind,
        mode=question.workload.mode,
        to_zero=floor_of(question.workload) == 0,
        precision=layout.precision,
        copies=layout.capacity.arrangement.copies,
        start_s=start_s(layout.arrangement.need.weight_bytes, start),
        longest_start_s=start.longest_s,
    )
    return why_unmade(wanted, question.makes) or _why_unnamed(question, way)


def _why_unnamed(question: Question, way: Hosting) -> str | None:
    """Why no component makes it where the workload does not name the hosting: machines and
    containers need a network of the user's, which a managed hosting brings."""
    named = {way.name, way.kind} & set(question.workload.where.hosting)
    if way.kind not in ("compute", "containers", "tpu") or named:
        return None
    return f"a component makes it on {way.title} only where where.hosting names {way.name}"


def _where_published(
    sized: list[list[SizedMachine]], region: str, question: Question
) -> list[list[SizedMachine]]:
    """The machines, where one that can be made lacks its image in a region, or may not sleep there,
    as one that cannot."""
    first = sized[0][0]
    if first.unmade is not None or question.makes is None:
        return sized
    awake = _why_awake(first, region, question)
    if awake is not None:
        return [[replace(one, unmade=awake) for one in sized[0]], *sized[1:]]
    if question.own_images:
        return sized
    missing = not_published(
        question.catalogue,
        first.hosting.name,
        first.layout.arrangement.chips.family,
        question.card.kind,
        region,
    )
    if missing is None:
        return sized
    lacking = [replace(one, unmade=missing, unmade_kind="image") for one in sized[0]]
    return [lacking, *sized[1:]]


def _why_awake(one: SizedMachine, region: str, question: Question) -> str | None:
    """A clause that says that a region's hosting keeps a machine running; None where it does not,
    or where that is not asked for."""
    workload, hosting = question.workload, one.hosting
    if workload.mode != "real-time" or floor_of(workload) > 0:
        return None
    for row in question.makes or ():
        if row.hosting == hosting.name and region in row.not_to_zero_in:
            return (
                f"{hosting.title} was seen to refuse zero machines in real time there: set "
                "availability: {minimum_replicas: 1}, or mode: asynchronous"
            )
    return None


def _made_first(sized: list[SizedMachine]) -> Iterator[list[SizedMachine]]:
    yield [one for one in sized if one.unmade is None]
    yield [one for one in sized if one.unmade is not None]


def _candidate(
    offer: Offer,
    bought: Bought,
    sized: list[SizedMachine],
    effective_gco2e_kwh: float,
    question: Question,
) -> Candidate:
    """The best precision of a machine in a region."""
    candidates = [
        Candidate(
            offer,
            one,
            bought,
            bought.usd_hour * one.replicas_mean,
            one.power.likely_gco2e_hour(effective_gco2e_kwh),
        )
        for one in sized
    ]
    if len(candidates) == 1:
        return candidates[0]
    aim = AIMS[question.objective]
    return min(candidates, key=lambda one: aim.score(one.gco2e_hour, one.usd_hour))

"""Where the choice hangs on an assumed figure: which one, and at which value another wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.emissions import effective_gco2e_kwh
from lichen.interval import Interval
from lichen.placing.candidates import Candidate
from lichen.placing.objective import AIMS
from lichen.placing.placement import Hinge
from lichen.placing.question import Question
from lichen.units import kwh

CONTENDERS = 30
"""Machines beside the chosen one, each in its best region, that may become the choice."""
RIVALS = 3
"""Of these, machines whose own assumed figures are varied."""
_BISECTIONS = 30

Figure = Literal["embodied carbon", "power", "price"]


class Contender(NamedTuple):
    """A machine in its best region: dollars an hour, and grams an hour by cause."""

    candidate: Candidate
    machine: Machine
    usd_hour: float
    operation_gco2e_hour: float
    making_gco2e_hour: float

    @property
    def shares(self) -> str:
        """What machines have in common whose watts and making rest on one figure."""
        return self.machine.accelerator or self.machine.cpu or self.machine.name

    def at(self, figure: Figure, factor: float) -> Contender:
        """The same with one of its figures times ``factor``."""
        if figure == "price":
            return self._replace(usd_hour=self.usd_hour * factor)
        if figure == "power":
            return self._replace(operation_gco2e_hour=self.operation_gco2e_hour * factor)
        return self._replace(making_gco2e_hour=self.making_gco2e_hour * factor)


def hinges(ranked: Sequence[Candidate], question: Question) -> list[Hinge]:
    """Each assumed figure of the chosen machine and of its best rivals that, within its own
    interval, would make another machine the choice.

    One figure is varied at a time, for all machines that share it. The one that has to move least
    comes first.
    """
    contenders = list(_contenders(ranked, question.catalogue))
    seen: set[tuple[Figure, str]] = set()
    found: list[Hinge] = []
    for one in contenders[: 1 + RIVALS]:
        for figure, interval, unit in _assumed(one, question.catalogue):
            key = figure, one.machine.name if figure == "price" else one.shares
            if key not in seen and interval.likely > 0:
                seen.add(key)
                found += _flips(contenders, one, figure, interval, unit, question)
    return sorted(
        found, key=lambda hinge: abs(hinge.flips_at - hinge.assumed.likely) / hinge.assumed.likely
    )


def _contenders(ranked: Sequence[Candidate], catalogue: Catalogue) -> Iterator[Contender]:
    """The best machines, each in its best region; the cheapest too, which sets what is too dear."""
    first: dict[str, Candidate] = {}
    for one in ranked:
        if len(first) > CONTENDERS:
            break
        first.setdefault(one.offer.machine, one)
    contenders = list(first.values())
    cheapest = min(ranked, key=lambda one: one.usd_hour)
    if cheapest not in contenders:
        contenders.append(cheapest)
    for one in contenders:
        grid = effective_gco2e_kwh(catalogue.regions[one.offer.region])
        assert grid is not None, "a candidate's grid is known"
        power = one.sized.power
        making = power.embodied_gco2e_hour
        yield Contender(
            one,
            catalogue.machine(one.offer.machine),
            one.usd_hour,
            kwh(power.watts.likely) * grid,
            0.0 if making is None else making.likely,
        )


def _assumed(one: Contender, catalogue: Catalogue) -> Iterator[tuple[Figure, Interval, str]]:
    """The figures of a contender that nobody publishes, each with its interval and unit."""
    machine, price = one.machine, one.candidate.price
    if machine.embodied_basis == "assumed" and machine.embodied_kgco2e is not None:
        yield "embodied carbon", machine.embodied_kgco2e, "kg CO2e"
    if machine.power_basis == "assumed" and machine.half_load_w is not None:
        yield "power", machine.half_load_w, "W at half load"
    markup = catalogue.markup(machine.name, price.hosting)
    if price.basis == "assumed" and markup is not None and one.candidate.sized.replicas_mean:
        usd_hour = one.usd_hour / one.candidate.sized.replicas_mean
        yield "price", markup.markup * (usd_hour / markup.markup.likely), "USD an hour"


def _flips(
    contenders: Sequence[Contender],
    one: Contender,
    figure: Figure,
    interval: Interval,
    unit: str,
    question: Question,
) -> Iterator[Hinge]:
    """Where the choice flips towards either end of an interval, if it does."""
    usual = _chosen(contenders, question)

    def chosen_at(value: float) -> Contender:
        factor = value / interval.likely
        varied = [
            each.at(figure, factor) if _shares_figure(each, one, figure) else each
            for each in contenders
        ]
        return _chosen(varied, question)

    for end in (interval.low, interval.high):
        if chosen_at(end).machine.name == usual.machine.name:
            continue
        near, far = interval.likely, end
        for _ in range(_BISECTIONS):
            middle = (near + far) / 2.0
            if chosen_at(middle).machine.name == usual.machine.name:
                near = middle
            else:
                far = middle
        then = chosen_at(far).candidate.offer
        yield Hinge(
            figure=figure,
            machine=one.machine.name,
            unit=unit,
            assumed=interval,
            flips_at=far,
            then_machine=then.machine,
            then_region=then.region,
        )


def _shares_figure(each: Contender, one: Contender, figure: Figure) -> bool:
    if figure == "price":
        return each.machine.name == one.machine.name
    basis = each.machine.embodied_basis if figure == "embodied carbon" else each.machine.power_basis
    return each.shares == one.shares and basis == "assumed"


def _chosen(contenders: Sequence[Contender], question: Question) -> Contender:
    aim = AIMS[question.objective]
    limit = min(one.usd_hour for one in contenders) * (1 + question.cost_tolerance_pct / 100)

    def rank(one: Contender) -> tuple[bool, float, float]:
        grams = one.operation_gco2e_hour + one.making_gco2e_hour
        return (aim.tolerated and one.usd_hour > limit, *aim.score(grams, one.usd_hour))

    return min(contenders, key=rank)

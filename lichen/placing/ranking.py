"""Which candidates may be chosen, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from lichen.catalogue import Catalogue
from lichen.grid import RegionClass, classify
from lichen.placing.candidates import Candidate, JudgedOffers
from lichen.placing.objective import AIMS
from lichen.placing.question import COST_TOLERANCE_PCT, Question

Rank = Callable[[Candidate], tuple[bool, float, float, tuple[str, str]]]
"""What puts candidates in order, the one to take first."""


class Pool(msgspec.Struct, frozen=True):
    """The candidates that the choice is among.

    ``made``: a component can make them. ``surely_high``: all are in regions whose grid is surely
    high in carbon, since the workload allows nothing else.
    """

    candidates: list[Candidate]
    made: bool
    surely_high: bool


def grids(catalogue: Catalogue) -> Mapping[str, RegionClass]:
    """How clean each region's grid is; the catalogue keeps them."""
    return catalogue.once(_classified)


def _classified(catalogue: Catalogue) -> Mapping[str, RegionClass]:
    return {name: classify(region) for name, region in catalogue.regions.items()}


def pool_of(candidates: Iterable[Candidate], catalogue: Catalogue) -> Pool:
    """Those to choose among: not in a region that is surely high in carbon, where any other does
    the work; of these, what a component can make."""
    of_class = grids(catalogue)
    groups: dict[tuple[bool, bool], list[Candidate]] = {}
    for one in candidates:
        key = of_class[one.offer.region].surely_high, one.sized.unmade is not None
        groups.setdefault(key, []).append(one)
    if not groups:
        return Pool([], made=False, surely_high=False)
    surely_high, unmade = min(groups)
    return Pool(groups[surely_high, unmade], made=not unmade, surely_high=surely_high)


def rank_of(question: Question, cheapest_usd_hour: float) -> Rank:
    """The order of the objective; what costs more than the tolerance allows comes last."""
    aim = AIMS[question.objective]
    limit_usd_hour = cheapest_usd_hour * (1 + question.cost_tolerance_pct / 100)

    def rank(one: Candidate) -> tuple[bool, float, float, tuple[str, str]]:
        too_dear = aim.tolerated and one.usd_hour > limit_usd_hour
        return (too_dear, *aim.score(one.gco2e_hour, one.usd_hour), one.name)

    return rank


def gives_way(assumed: Candidate, known: Candidate) -> bool:
    """Whether the one's price is assumed and the other's is not."""
    return assumed.price.basis == "assumed" != known.price.basis


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


def front_of(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates that no other beats on both carbon and cost, cheapest first."""
    least = float("inf")
    for one in sorted(candidates, key=lambda one: (one.usd_hour, one.gco2e_hour, one.name)):
        if one.gco2e_hour < least:
            least = one.gco2e_hour
            yield one


def best_by_cloud(judged: JudgedOffers, catalogue: Catalogue, rank: Rank) -> Iterator[Candidate]:
    """The best of each cloud that may be chosen."""
    of_cloud: dict[str, list[Candidate]] = {}
    for one in (*judged.able, *judged.elsewhere, *judged.unmade):
        of_cloud.setdefault(catalogue.regions[one.offer.region].cloud, []).append(one)
    for _, candidates in sorted(of_cloud.items()):
        yield min(pool_of(candidates, catalogue).candidates, key=rank)

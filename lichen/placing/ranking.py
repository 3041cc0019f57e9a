"""Which candidates may be chosen, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from lichen.catalogue import Catalogue
from lichen.defaults import COST_TOLERANCE_PCT
from lichen.grid import classify
from lichen.placing.candidates import Candidate, JudgedOffers
from lichen.placing.objective import AIMS
from lichen.placing.question import Question

Rank = Callable[[Candidate], tuple[bool, float, float]]
"""What puts candidates in order, the one to take first."""


FAR_DEARER = 3.0
"""A region that is surely high in carbon is left only for offers that cost at most this many times
as much (design choice): eight GPUs are no alternative to one."""


class Pool(msgspec.Struct, frozen=True):
    """The candidates that the choice is among, and the ``others`` that do the work.

    ``made``: a component can make them. ``surely_high``: all are in regions whose grid is surely
    high in carbon, since the workload allows nothing else; or nothing but what costs
    ``elsewhere_times`` as much, more than FAR_DEARER.
    """

    candidates: list[Candidate]
    others: list[Candidate]
    made: bool
    surely_high: bool
    elsewhere_times: float | None = None


def surely_high_regions(catalogue: Catalogue) -> frozenset[str]:
    """The regions whose grid is surely high in carbon; the catalogue keeps them."""
    return catalogue.once(_surely_high_regions)


def _surely_high_regions(catalogue: Catalogue) -> frozenset[str]:
    return frozenset(
        name for name, region in catalogue.regions.items() if classify(region).surely_high
    )


def pool_of(candidates: Iterable[Candidate], catalogue: Catalogue) -> Pool:
    """Those to choose among: not in a region that is surely high in carbon, where any other does
    the work and is not far dearer; of these, what a component can make."""
    of_class = surely_high_regions(catalogue)
    groups: dict[tuple[bool, bool], list[Candidate]] = {}
    for one in candidates:
        key = one.offer.region in of_class, one.sized.unmade is not None
        group = groups.get(key)
        if group is None:
            groups[key] = [one]
        else:
            group.append(one)
    if not groups:
        return Pool([], [], made=False, surely_high=False)
    times = _elsewhere_times(groups)
    far = times is not None and times > FAR_DEARER
    surely_high, unmade = first = min(key for key in groups if key[0] or not far)
    others = [one for key, group in sorted(groups.items()) if key != first for one in group]
    return Pool(
        groups[first],
        others,
        made=not unmade,
        surely_high=surely_high,
        elsewhere_times=times if surely_high else None,
    )


def _elsewhere_times(groups: Mapping[tuple[bool, bool], list[Candidate]]) -> float | None:
    """The cheapest offer outside the regions that are surely high in carbon, over the cheapest in
    them; None where there is not one of each."""
    cheapest: dict[bool, float] = {}
    for (surely_high, _), group in groups.items():
        least = min(one.usd_hour for one in group)
        cheapest[surely_high] = min(least, cheapest.get(surely_high, least))
    if len(cheapest) < 2 or not cheapest[True]:
        return None
    return cheapest[False] / cheapest[True]


def rank_of(question: Question, cheapest_usd_hour: float) -> Rank:
    """The order of the objective; what costs more than the tolerance allows comes last. Of equals
    the first in the catalogue is the first: :func:`sorted` and :func:`min` keep their order."""
    aim = AIMS[question.objective]
    least, tie_break, tolerated = aim.least, aim.tie_break, aim.tolerated
    limit_usd_hour = cheapest_usd_hour * (1 + question.cost_tolerance_pct / 100)

    def rank(one: Candidate) -> tuple[bool, float, float]:
        grams, dollars = one.gco2e_hour, one.usd_hour
        return (
            tolerated and dollars > limit_usd_hour,
            least(grams, dollars),
            tie_break(grams, dollars),
        )

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


def front_of(candidates: Iterable[Candidate], cheapest: Candidate) -> Iterator[Candidate]:
    """The candidates that no other beats on both carbon and cost, ``cheapest`` first."""
    yield cheapest
    least = cheapest.gco2e_hour
    cleaner = [one for one in candidates if one.gco2e_hour < least]
    for one in sorted(cleaner, key=lambda one: (one.usd_hour, one.gco2e_hour)):
        if one.gco2e_hour < least:
            least = one.gco2e_hour
            yield one


def best_by_cloud(
    ranked: Iterable[Candidate], judged: JudgedOffers, catalogue: Catalogue, rank: Rank
) -> Iterator[Candidate]:
    """The best of each cloud that may be chosen: of those that the choice is among, ``ranked``,
    if the cloud has one there."""
    best: dict[str, Candidate] = {}
    for one in ranked:
        best.setdefault(one.sized.hosting.cloud, one)
    others: dict[str, list[Candidate]] = {}
    for one in (*judged.able, *judged.elsewhere, *judged.unmade):
        cloud = one.sized.hosting.cloud
        if cloud not in best:
            others.setdefault(cloud, []).append(one)
    for cloud, candidates in others.items():
        best[cloud] = min(pool_of(candidates, catalogue).candidates, key=rank)
    for _, one in sorted(best.items()):
        yield one

"""What a prediction rests on: rows of its family and stack, of related ones, or of neither."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from derive.fit.model import KnownCoefficient, Observation, side
from lichen.catalogue.schema import FitBasis

FITTED_CLUSTERS = 2
"""A pair of family and stack is fitted with this many clusters of rows; with fewer it leans on
related ones so much that it is called borrowed."""

Pair = tuple[str, str, str]


class Support:
    """Who measured each family of chips under each stack. What is known beside the rows, of a
    whole pair, counts as many clusters."""

    def __init__(
        self, observations: Sequence[Observation], known: Sequence[KnownCoefficient] = ()
    ) -> None:
        self._clusters: dict[Pair, set[tuple[str, str]]] = defaultdict(set)
        every: list[Observation | KnownCoefficient] = [*observations, *known]
        self._kind = {pair_of(o): o.kind for o in every}
        for o in observations:
            self._clusters[pair_of(o)].add((o.publisher, o.cluster))
        for k in known:
            for count in range(FITTED_CLUSTERS):
                self._clusters[pair_of(k)].add((k.publisher, str(count)))

    def publishers(self, pair: Pair, without: str = "") -> set[str]:
        """Those who measured the pair, one of them left out."""
        return {publisher for publisher, _ in self._clusters.get(pair, ()) if publisher != without}

    def basis(self, pair: Pair, kind: str, like: str = "", without: str = "") -> FitBasis:
        """What a prediction of the pair rests on, where one publisher's rows are left out;
        ``like`` is a stack that it leans on where nobody measured its own."""
        own = {c for c in self._clusters.get(pair, ()) if c[0] != without}
        if len(own) >= FITTED_CLUSTERS:
            return "fitted"
        _, stack, work = pair
        related = (
            own
            or self.seen_family(pair, without)
            or any(self.seen_stack(kind, each, work, without) for each in (stack, like))
        )
        return "borrowed" if related else "assumed"

    def seen_stack(self, kind: str, stack: str, work: str, without: str = "") -> bool:
        """Whether the stack was measured at this work, on any family of a kind."""
        return any(
            self._kind[other] == kind
            and other[1:] == (stack, work)
            and self.publishers(other, without)
            for other in self._clusters
        )

    def seen_family(self, pair: Pair, without: str = "") -> bool:
        """Whether the family was measured at language models, or at anything else, as the pair."""
        return any(
            other[0] == pair[0]
            and side(other[2]) == side(pair[2])
            and self.publishers(other, without)
            for other in self._clusters
        )


def pair_of(o: Observation | KnownCoefficient) -> Pair:
    """A family of chips under a stack, for a kind of work."""
    return o.family, o.stack, o.work

"""How wrong a prediction may be: quantiles of errors on publishers that the fit had not seen."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from derive.fit.fit_tables import rounded
from derive.fit.model import Array, Fit, KnownCoefficient, Observation, side
from derive.fit.support import Support, pair_of
from lichen.catalogue.schema import FitBasis

FOLDS = 20
LIKE_PARENT = {"llm": 2.0, "items": 4.0}
"""Publishers that the next wider cell counts for in a cell's interval. Fewer measured the rest than
language models, each another engine: one says less of the next."""
FEW = 0.5
"""How much further out an interval of one publisher reaches, of the way of the 80 %."""
Cell = tuple[str, ...]
Group = TypeVar("Group", bound=Hashable)


def left_out(whole: Fit, key: Callable[[Observation | KnownCoefficient], Hashable]) -> Array:
    """Log seconds of every row, predicted by a fit without any that share its key, and without
    what is known beside the rows under that key."""
    every = range(len(whole.design.observations))
    return left_out_where(whole, key, lambda o, group: key(o) == group, every, whole.predicted())


def left_out_where(
    whole: Fit,
    key: Callable[[Observation | KnownCoefficient], Group],
    hidden: Callable[[Observation | KnownCoefficient, Group], bool],
    rows: Sequence[int],
    rest: Array,
) -> Array:
    """Log seconds of rows, those of one key by a fit that does not see what is hidden from it;
    the others as in ``rest``."""
    design = whole.design
    groups: dict[Group, list[int]] = defaultdict(list)
    for place in rows:
        groups[key(design.observations[place])].append(place)
    predicted = rest.copy()
    for group, places in groups.items():
        out = [p for p, o in enumerate(design.observations) if hidden(o, group)]
        known_out = [p for p, k in enumerate(design.known) if hidden(k, group)]
        predicted[places] = Fit(design, out, whole, known_out).predicted()[places]
    return predicted


def folds_of(observations: Sequence[Observation]) -> dict[str, int]:
    """Clusters dealt into folds, family by family, so that each fold misses a little of each."""
    clusters = sorted({(o.work, o.family, o.stack, o.cluster) for o in observations})
    return {cluster: place % FOLDS for place, (*_, cluster) in enumerate(clusters)}


class Errors:
    """Errors of every row by fits that had not seen its publisher, in three degrees.

    ``fitted``: the publisher alone is left out. ``borrowed``: the pair of family and stack as
    well. ``assumed``: the family and the stack as well. Logs of measured over predicted seconds.
    """

    def __init__(self, whole: Fit) -> None:
        design = whole.design
        self.observations = design.observations
        self.support = Support(design.observations, design.known)
        unseen = left_out(whole, lambda o: o.publisher)
        self.basis: list[FitBasis] = [
            self.support.basis(pair_of(o), o.kind, without=o.publisher) for o in self.observations
        ]
        # A row that has no more than a degree without its publisher keeps that error there.
        borrowed = left_out_where(
            whole,
            lambda o: (o.publisher, pair_of(o)),
            lambda o, group: o.publisher == group[0] or pair_of(o) == group[1],
            [place for place, basis in enumerate(self.basis) if basis == "fitted"],
            unseen,
        )
        assumed = left_out_where(
            whole,
            lambda o: (o.publisher, o.family, o.stack),
            lambda o, group: o.publisher == group[0] or o.family == group[1] or o.stack == group[2],
            [place for place, basis in enumerate(self.basis) if basis != "assumed"],
            unseen,
        )
        degrees: dict[FitBasis, Array] = {
            "fitted": unseen,
            "borrowed": borrowed,
            "assumed": assumed,
        }
        self.of = {basis: design.target - seconds for basis, seconds in degrees.items()}
        self.unseen = self.of["fitted"]

    def rows(self, basis: FitBasis) -> list[int]:
        """Rows whose error at this degree is known: those that have no less when left out."""
        order: tuple[FitBasis, ...] = ("fitted", "borrowed", "assumed")
        enough = order[: order.index(basis) + 1]
        return [
            place
            for place, (o, found) in enumerate(zip(self.observations, self.basis, strict=True))
            if not o.caution and found in enough
        ]


class Spread:
    """80 % intervals of ``log(measured / predicted)`` by cell, each drawn to the next wider.

    Every publisher's rows weigh as the root of their number: a big sweep is one opinion. A cell
    with few publishers leans on the wider one, and reaches further out, as conformal intervals do.
    """

    def __init__(self, errors: Errors) -> None:
        self._support = errors.support
        self._found: dict[tuple[FitBasis, Cell], list[tuple[float, str]]] = defaultdict(list)
        self._cache: dict[tuple[FitBasis, Cell, str], tuple[float, float, int] | None] = {}
        for basis, of in errors.of.items():
            for place in errors.rows(basis):
                o = errors.observations[place]
                for cell in self._cells(o, basis, o.publisher):
                    self._found[(basis, cell)].append((float(of[place]), o.publisher))

    def _cells(self, o: Observation, basis: FitBasis, without: str = "") -> list[Cell]:
        """From the widest cell to the narrowest: an error is like others of its cell."""
        cells: list[Cell] = [
            (o.group,),
            (side(o.work), o.group),
            (o.kind, o.work, o.group),
        ]
        if basis != "fitted":
            return cells
        publishers = len(self._support.publishers(pair_of(o), without))
        level = "one" if publishers <= 1 else "two" if publishers == 2 else "many"
        return [
            *cells,
            ("support", level, side(o.work)),
            pair_of(o),
            (*pair_of(o), o.group),
        ]

    def interval(self, o: Observation, basis: FitBasis, without: str = "") -> tuple[float, float]:
        """Low and high log factors on a time; ``without`` leaves a publisher's errors out."""
        low, high = -math.log(3.0), math.log(3.0)
        # A pair that was measured begins where one that was not would end.
        chain: list[tuple[FitBasis, Cell]] = []
        if basis == "fitted":
            chain = [("borrowed", cell) for cell in self._cells(o, "borrowed")]
        for degree, cell in (*chain, *((basis, cell) for cell in self._cells(o, basis, without))):
            found = self._quantiles(degree, cell, without)
            if found is None:
                continue
            own_low, own_high, publishers = found
            weight = publishers / (publishers + LIKE_PARENT[side(o.work)])
            low = weight * min(0.0, own_low) + (1.0 - weight) * low
            high = weight * max(0.0, own_high) + (1.0 - weight) * high
        return low, high

    def _quantiles(
        self, basis: FitBasis, cell: Cell, without: str
    ) -> tuple[float, float, int] | None:
        key = (basis, cell, without)
        if key not in self._cache:
            found = [each for each in self._found.get((basis, cell), ()) if each[1] != without]
            self._cache[key] = _quantiles(found) if found else None
        return self._cache[key]

    def size(self, basis: FitBasis, cell: Cell) -> tuple[int, int, float]:
        """Rows, publishers and the median absolute error of a cell, in percent."""
        found = self._found.get((basis, cell), [])
        if not found:
            return 0, 0, float("nan")
        error_pct = median_error_pct(np.array([e for e, _ in found]))
        return len(found), len({p for _, p in found}), error_pct


def median_error_pct(errors: Array) -> float:
    """The median of predicted over measured less one, absolute, in percent; ``errors`` are logs
    of measured over predicted times."""
    return rounded(float(np.median(np.abs(np.expm1(-errors)))) * 100)


def _quantiles(found: Sequence[tuple[float, str]]) -> tuple[float, float, int]:
    """The ends of the middle 80 %, further out where there are few publishers; their number."""
    publishers = len({publisher for _, publisher in found})
    reach = min(0.97, 0.9 * (1.0 + FEW / publishers))
    return quantiles(found, 1.0 - reach, reach)


def quantiles(
    errors: Sequence[tuple[float, str]], low: float, high: float
) -> tuple[float, float, int]:
    """Two quantiles of errors, every publisher's rows weighing as the root of their number: a big
    sweep is one opinion. The third is the number of publishers."""
    count = Counter(publisher for _, publisher in errors)
    ordered = sorted(errors)
    weights = np.array([count[publisher] ** -0.5 for _, publisher in ordered])
    share = (np.cumsum(weights) - weights / 2.0) / weights.sum()
    ends = np.interp([low, high], share, [error for error, _ in ordered])
    return float(ends[0]), float(ends[1]), len(count)

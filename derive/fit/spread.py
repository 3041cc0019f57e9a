"""How wrong a prediction may be: quantiles of errors on clusters that the fit had not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from derive.fit.model import Array, Fit, Known, Observation, side

FOLDS = 20
LIKE_PARENT = 8.0
"""Clusters that the next wider cell counts for in a cell's interval."""
FEW, SOME = 3, 8
"""Clusters of a family and stack: few, some, or many."""
Cell = tuple[str, ...]


def left_out(whole: Fit, key: Callable[[Observation | Known], Hashable]) -> Array:
    """Log seconds of every row, predicted by a fit without any that share its key, and without
    what is known beside the rows under that key."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for place, o in enumerate(whole.design.observations):
        groups[key(o)].append(place)
    known: dict[Hashable, list[int]] = defaultdict(list)
    for place, k in enumerate(whole.design.known):
        known[key(k)].append(place)
    predicted = np.zeros(len(whole.design.observations))
    for group, places in groups.items():
        fit = Fit(whole.design, places, whole, known.get(group, ()))
        predicted[places] = fit.predicted()[places]
    return predicted


def folds_of(observations: Sequence[Observation]) -> dict[str, int]:
    """Clusters dealt into folds, family by family, so that each fold misses a little of each."""
    clusters = sorted({(o.work, o.family, o.stack, o.cluster) for o in observations})
    return {cluster: place % FOLDS for place, (*_, cluster) in enumerate(clusters)}


def cells_of(o: Observation, support: str) -> list[Cell]:
    """From the widest cell to the narrowest: an error is like others of its cell."""
    return [
        (o.group,),
        (o.work, o.group),
        (o.kind, o.work, o.group),
        ("support", support, side(o.work)),
        (o.family, o.stack, o.work),
        (o.family, o.stack, o.work, o.group),
    ]


class Spread:
    """80 % intervals of ``log(measured / predicted)`` by cell, each drawn to the next wider.

    A pair of family and stack with few clusters errs like other such pairs: what leaves one of
    its clusters out leaves most of what is known of it out.
    """

    def __init__(self, observations: Sequence[Observation], errors: Array) -> None:
        clusters: dict[Cell, set[str]] = defaultdict(set)
        for o in observations:
            clusters[(o.family, o.stack, o.work)].add(o.cluster)
        self._support = {
            pair: "few" if len(found) <= FEW else "some" if len(found) <= SOME else "many"
            for pair, found in clusters.items()
        }
        self._errors: dict[Cell, list[tuple[float, str]]] = defaultdict(list)
        for o, error in zip(observations, errors, strict=True):
            if o.caution:
                continue
            for cell in self._cells(o):
                self._errors[cell].append((float(error), o.cluster))

    def _cells(self, o: Observation) -> list[Cell]:
        return cells_of(o, self._support.get((o.family, o.stack, o.work), "few"))

    def interval(self, o: Observation, without: str | None = None) -> tuple[float, float]:
        """Low and high log factors; ``without`` leaves a cluster's own errors out."""
        low, high = -0.7, 0.7
        for cell in self._cells(o):
            found = [(e, c) for e, c in self._errors.get(cell, ()) if c != without]
            if not found:
                continue
            clusters = len({c for _, c in found})
            errors = np.array([e for e, _ in found])
            # Few clusters show less than the tail: reach further out, as conformal intervals do.
            reach = min(0.98, 0.9 * (1.0 + 1.0 / clusters)) if clusters > 1 else 0.98
            own_low, own_high = np.quantile(errors, [1.0 - reach, reach])
            weight = clusters / (clusters + LIKE_PARENT)
            low = weight * min(0.0, own_low) + (1.0 - weight) * low
            high = weight * max(0.0, own_high) + (1.0 - weight) * high
        return low, high

    def size(self, cell: Cell) -> tuple[int, int, float]:
        """Rows, clusters and the median absolute error of a cell, in percent."""
        found = self._errors.get(cell, [])
        if not found:
            return 0, 0, float("nan")
        errors = np.array([e for e, _ in found])
        median = float(np.median(np.abs(np.expm1(-errors)))) * 100
        return len(found), len({c for _, c in found}), median

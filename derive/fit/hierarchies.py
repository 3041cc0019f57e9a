"""Both hierarchies, fitted apart at the same time: language models, and everything else.

Their engines share no coefficient, so each has its own fit, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from derive.fit.model import Array, Design, Fit, KnownCoefficient, Observation, side
from derive.fit.spread import Errors, folds_of, left_out
from lichen.catalogue.schema import FitBasis

SIDES = ("llm", "items")


@dataclass(frozen=True)
class Side:
    """One hierarchy: where its rows are among all, its fit, and its errors on rows left out."""

    places: list[int]
    fit: Fit
    errors: Errors
    by_cluster: Array | None
    by_model: Array | None


class Hierarchies:
    """The fits of all rows. Arrays are in the order of the rows; seconds and errors are logs.

    ``whole``: also leaves clusters and models out, as docs/accuracy.md shows.
    """

    def __init__(
        self,
        observations: Sequence[Observation],
        known: Sequence[KnownCoefficient] = (),
        *,
        whole: bool = False,
    ) -> None:
        self.observations = observations
        self.target = np.array([o.log_seconds for o in observations])
        with ProcessPoolExecutor(len(SIDES)) as pool:
            ready = [pool.submit(_side, name, observations, known, whole) for name in SIDES]
            self.sides = dict(zip(SIDES, (each.result() for each in ready), strict=True))
        self.predicted = self._joined(lambda of: of.fit.predicted())
        self.unseen = self._joined(lambda of: of.errors.unseen)
        basis = {
            place: basis
            for of in self.sides.values()
            for place, basis in zip(of.places, of.errors.basis, strict=True)
        }
        self.basis: list[FitBasis] = [basis[place] for place in range(len(observations))]

    def of(self, work: str) -> Side:
        """The hierarchy of a kind of work."""
        return self.sides[side(work)]

    def effect(self, work: str, *name: str) -> float:
        """One effect of the hierarchy of a kind of work, in log units."""
        return self.of(work).fit.effect(*name)

    def by_cluster(self) -> Array:
        """Log seconds predicted by fits without a twentieth of the clusters."""
        return self._joined(lambda of: of.by_cluster)

    def by_model(self) -> Array:
        """Log seconds predicted by fits without the row's model."""
        return self._joined(lambda of: of.by_model)

    def _joined(self, values: Callable[[Side], Array | None]) -> Array:
        joined = np.zeros(len(self.observations))
        for of in self.sides.values():
            joined[of.places] = values(of)
        return joined


def _side(
    name: str, observations: Sequence[Observation], known: Sequence[KnownCoefficient], whole: bool
) -> Side:
    places = [place for place, o in enumerate(observations) if side(o.work) == name]
    own = [observations[place] for place in places]
    fit = Fit(Design(own, [k for k in known if side(k.work) == name]))
    fold = folds_of(own)

    def predicted(key: Callable[[Observation | KnownCoefficient], Hashable]) -> Array | None:
        return left_out(fit, key) if whole else None

    return Side(
        places=places,
        fit=fit,
        errors=Errors(fit),
        by_cluster=predicted(lambda o: fold.get(o.cluster)),
        by_model=predicted(lambda o: o.model),
    )

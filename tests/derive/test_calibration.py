"""What the degrees of support and the intervals promise, on publishers that a fit had not seen."""

from __future__ import annotations

import numpy as np
import pytest

from derive.fit.cloud_runs import known_from_runs
from derive.fit.hierarchies import Hierarchies
from derive.fit.model import Observation, side
from derive.fit.observations import all_rows, observed
from derive.fit.spread import Spread
from lichen.catalogue.schema import FitBasis

DEGREES: tuple[FitBasis, ...] = ("fitted", "borrowed", "assumed")


@pytest.fixture(scope="module")
def fits() -> Hierarchies:
    observations = [each.observation for each in observed(all_rows())]
    return Hierarchies(observations, known_from_runs())


@pytest.fixture(scope="module")
def spreads(fits: Hierarchies) -> dict[str, Spread]:
    return {name: Spread(of.errors) for name, of in fits.sides.items()}


def width(spread: Spread, o: Observation, basis: FitBasis) -> float:
    low, high = spread.interval(o, basis, o.publisher)
    return high - low


def test_the_same_rows_are_predicted_worse_the_less_is_known_of_them(fits: Hierarchies) -> None:
    for name, of in fits.sides.items():
        rows = of.errors.rows("fitted")
        errors = [float(np.median(np.abs(of.errors.of[basis][rows]))) for basis in DEGREES]
        assert errors == sorted(errors), (name, errors)


def test_intervals_are_wider_the_less_is_known(
    fits: Hierarchies, spreads: dict[str, Spread]
) -> None:
    for name, of in fits.sides.items():
        rows = [of.errors.observations[place] for place in of.errors.rows("fitted")]
        widths = [
            float(np.median([width(spreads[name], o, basis) for o in rows])) for basis in DEGREES
        ]
        assert widths == sorted(widths), (name, widths)


def test_four_in_five_measured_values_are_inside_the_interval_of_a_fit_without_their_publisher(
    fits: Hierarchies, spreads: dict[str, Spread]
) -> None:
    inside = []
    for o, error, basis in zip(fits.observations, fits.unseen, fits.basis, strict=True):
        if not o.caution:
            low, high = spreads[side(o.work)].interval(o, basis, o.publisher)
            inside.append(low <= error <= high)
    assert 0.75 <= float(np.mean(inside)) <= 0.88

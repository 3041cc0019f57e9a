"""Each objective is one value: its order, its tie-break and its words."""

from __future__ import annotations

from typing import get_args

import pytest

from lichen.placing.objective import AIMS
from lichen.placing.reasons import more_than
from lichen.words import Objective

CLEAN, CHEAP, BOTH = (1.0, 9.0), (9.0, 2.0), (2.0, 4.0)
"""Grams and dollars an hour of three offers."""


def test_every_objective_has_one_entry() -> None:
    assert tuple(AIMS) == get_args(Objective)


@pytest.mark.parametrize(
    ("objective", "best", "score"),
    [("carbon", CLEAN, (1.0, 9.0)), ("cost", CHEAP, (2.0, 9.0)), ("balanced", BOTH, (8.0, 4.0))],
)
def test_what_is_made_least(
    objective: Objective, best: tuple[float, float], score: tuple[float, float]
) -> None:
    aim = AIMS[objective]
    assert min((CLEAN, CHEAP, BOTH), key=lambda offer: aim.score(*offer)) == best
    assert aim.score(*best) == score


def test_a_tie_is_broken_by_the_other_figure() -> None:
    assert AIMS["carbon"].score(1.0, 2.0) < AIMS["carbon"].score(1.0, 3.0)
    assert AIMS["cost"].score(1.0, 2.0) < AIMS["cost"].score(2.0, 2.0)
    assert AIMS["balanced"].score(4.0, 2.0) < AIMS["balanced"].score(2.0, 4.0)


def test_only_carbon_may_cost_more_than_the_cheapest() -> None:
    assert [name for name, aim in AIMS.items() if aim.tolerated] == ["carbon"]


@pytest.mark.parametrize(
    ("objective", "lost", "missed"),
    [
        ("carbon", "emits 34 % more than the chosen placement", "would emit 12 % less"),
        ("cost", "costs 34 % more than the chosen placement", "would cost 12 % less"),
        (
            "balanced",
            "carbon times cost is 34 % more than the chosen placement's",
            "would have 12 % less carbon times cost",
        ),
    ],
)
def test_the_words_of_each(objective: Objective, lost: str, missed: str) -> None:
    aim = AIMS[objective]
    assert aim.is_more.format(more_than(1.34, 1.0)) == lost
    assert f"would {aim.would_be_less.format('12 %')}" == missed


def test_a_value_beside_a_smaller_one() -> None:
    assert more_than(1.5, 1.0) == "50 % more than"
    assert more_than(2.0, 1.0) == "2.0 times as much as"

"""Generated property trees: none breaks the gate, none is judged by its order, none is repeated."""

from __future__ import annotations

import random

import pytest
from lichen_policies.facts.reading import by_type

from tests.policies.trees import deployments, wrong_with

SAMPLE = 1_500
"""Trees that each run judges; ``make trees`` judges 100,000."""


@pytest.mark.parametrize("part", range(4))
def test_generated_trees_are_contained_and_judged_in_any_order(part: int) -> None:
    chance = random.Random(part)
    for resources in deployments(SAMPLE // 4, f"sample {part}"):
        assert wrong_with(resources, chance) == [], resources


def test_every_type_that_is_read_is_among_them() -> None:
    made = {
        (resource.dialect, resource.type)
        for resources in deployments(2 * len(by_type()))
        for resource in resources
    }
    assert set(by_type()) <= made

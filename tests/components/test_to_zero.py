"""A real-time endpoint without machines while nobody asks: up, woken by one request, asleep again,
changed, taken back, gone; and what of it is decided when the program runs."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_components.instead import ways_made
from lichen_components.makers import maker_of, row_of

from lichen.document import InputError
from tests.components.narrowed import CHAT, VECTORS, planned

SLEEPY: dict[str, Any] = {
    **VECTORS,
    "environment": "dev",
    "availability": {"minimum_replicas": 0},
}


def test_zero_replicas_in_real_time_are_made_of_copies_outside_production() -> None:
    plan = planned("c7g.xlarge", SLEEPY)
    chosen = plan.decision.placement.chosen
    maker: Any = maker_of(row_of(chosen.hosting, plan.decision.workload))
    assert maker.__name__ == "ToZeroEndpoint"
    assert chosen.replicas_minimum == 0
    production: Any = maker_of(
        row_of(chosen.hosting, planned("c7g.xlarge", VECTORS).decision.workload)
    )
    assert production.__name__ == "SagemakerEndpoint"
    with pytest.raises(InputError) as refused:
        planned("c7g.xlarge", SLEEPY, aws={"rollout": "canary"})
    assert refused.value.field == "rollout"
    assert "minimum_replicas: 1" in refused.value.fix


def test_the_receipt_names_what_else_can_be_built_and_what_to_write() -> None:
    by_day: dict[str, Any] = {**CHAT["traffic"], "hourly_rps": [0.0] * 16 + [0.1] * 8}
    by_day.pop("mean_rps")
    chat = {**CHAT, "environment": "dev", "traffic": by_day}
    for region, ways in (
        ("us-east-1", {"scale-to-zero", "schedule", "asynchronous"}),
        ("eu-west-3", {"schedule", "asynchronous"}),  # where zero was refused
    ):
        plan = planned("inf2.xlarge", {**chat, "where": {**CHAT["where"], "regions": [region]}})
        found = {each["way"]: each for each in ways_made(plan.decision.placement)}
        assert found.keys() == ways
        assert found["asynchronous"]["write"] == "mode: asynchronous, with requests and results"
        # Batch transform has no driver for what serves on this chip.
        assert 0 < found["schedule"]["saved_share"] < 1

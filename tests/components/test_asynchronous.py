"""An asynchronous endpoint: its queue, its keys, its scaling; up, asleep, woken, changed, gone."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_components.aws.locations import Objects
from lichen_components.aws.sagemaker.asynchronous import at_once, statements, wished_delay_s

from lichen.document import InputError
from tests.components.narrowed import CHAT, QUEUED, VECTORS, planned

SLEEPY: dict[str, Any] = {**VECTORS, "mode": "asynchronous", "environment": "dev"}


def test_a_machine_is_given_as_many_requests_as_it_computes_together() -> None:
    compiled = planned("inf2.xlarge", {**CHAT, "mode": "asynchronous"}, **QUEUED).decision
    assert at_once(compiled) == compiled.sizing.compiled_batch
    batched = planned("g6.xlarge", {**CHAT, "mode": "asynchronous"}, **QUEUED)
    assert 1 <= at_once(batched.decision) <= 1000
    lanes = int(batched.container.options["max-num-seqs"])
    assert at_once(batched.decision) <= lanes * batched.decision.sizing.prediction.copies


def test_a_wish_for_the_delay_is_the_workloads_p95_else_a_start() -> None:
    said = planned("c7g.xlarge", {**SLEEPY, "latency": {"p95_ms": 90_000}}, **QUEUED).decision
    assert wished_delay_s(said) == 90
    unsaid = planned("c7g.xlarge", {**SLEEPY, "latency": {}}, **QUEUED).decision
    assert wished_delay_s(unsaid) == unsaid.sizing.start_up_s


def test_without_topics_and_keys_it_may_read_and_write_its_places_alone() -> None:
    allowed = statements(
        partition="aws",
        requests=Objects("asked", "chat/"),
        answers=[Objects("answered", "chat/"), Objects("answered", "broken/")],
        topics=[],
        keys=[],
    )
    assert {action for each in allowed for action in each["Action"]} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }


@pytest.mark.parametrize("field", ["requests", "results"])
def test_a_place_that_is_left_out_is_asked_for(field: str) -> None:
    given = {key: value for key, value in QUEUED.items() if key != field}
    with pytest.raises(InputError, match="is required: an asynchronous endpoint") as refused:
        planned("c7g.xlarge", SLEEPY, **given)
    assert (refused.value.field, refused.value.fix) == (
        field,
        f"add {field}: s3://<bucket>/<prefix>/",
    )

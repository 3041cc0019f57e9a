"""A serverless endpoint: memory and concurrency from sizing, exclusions; up, changed, gone."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_components.aws.sagemaker.serverless import memory_mb

from lichen.document import InputError
from tests.components.narrowed import VECTORS, Only, planned

FEW: dict[str, Any] = {
    **VECTORS,
    "mode": "serverless",
    "environment": "dev",
    "traffic": {"peak_rps": 0.5, "mean_rps": 0.01, "input_tokens": 256},
}
SMALL = "serverless.2048mb"


def test_a_larger_model_takes_more_memory_and_the_largest_are_refused() -> None:
    assert memory_mb(planned(SMALL, FEW).decision) == 2048
    card = {"name": "large", "kind": "encoder", "parameters": 5.6e8, "layers": 24, "hidden": 1024}
    large = {**FEW, "model": card, "latency": {}}
    with pytest.raises(InputError, match=r"serverless needs 4\.1 GiB of memory"):
        planned("serverless.4096mb", large)
    assert memory_mb(planned("serverless.6144mb", large).decision) == 6144


def test_a_copy_answers_one_request_at_a_time() -> None:
    sizing = planned(SMALL, FEW).decision.sizing
    assert sizing.prediction.concurrency == 1


def test_copies_that_are_kept_ready_are_paid_for() -> None:
    idle = planned(SMALL, FEW).decision.placement.chosen
    ready = {**FEW, "availability": {"minimum_replicas": 2}}
    kept = planned(SMALL, ready).decision.placement.chosen
    assert idle.replicas_minimum == 0
    assert idle.usd_month < 0.1 * kept.usd_month
    assert kept.replicas_mean == kept.replicas_minimum == 2


@pytest.mark.parametrize("field", ["subnets", "capture", "shadow", "rollout"])
def test_what_serverless_does_not_take_is_refused_by_its_field(field: str) -> None:
    with pytest.raises(InputError) as refused:
        planned(SMALL, FEW, **{field: ["subnet-1"]})
    assert refused.value.field == field
    assert refused.value.fix == f"leave {field} out, or mode: real-time"


def test_its_files_are_one_archive() -> None:
    with pytest.raises(InputError, match=r"a serverless endpoint takes .* one archive") as refused:
        planned(SMALL, FEW, artifacts="s3://models-{region}/it/")
    assert refused.value.field == "artifacts"
    assert "s3://models-us-east-1/it/model.tar.gz" in refused.value.fix
    with pytest.raises(InputError, match=r"it\.tgz is no \.tar\.gz"):
        planned(SMALL, FEW, artifacts="s3://models-{region}/it.tgz")


def test_more_requests_at_once_than_an_endpoint_takes_are_refused() -> None:
    crowd = {**FEW, "traffic": {"peak_rps": 9000, "mean_rps": 1, "input_tokens": 256}}
    with pytest.raises(InputError, match="a serverless endpoint takes 200"):
        planned(SMALL, crowd)


def test_no_accelerator_is_taken() -> None:
    with pytest.raises(InputError, match="no offer can serve it"):
        planned("g6.xlarge", FEW)
    assert Only(SMALL).machine(SMALL).architecture == "x86_64"

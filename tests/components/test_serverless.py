"""A serverless endpoint: memory and concurrency from sizing, exclusions; up, changed, gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lichen_components.aws.sagemaker.serverless import at_once, memory_mb

from lichen.document import InputError
from sandbox.world import World
from tests.components.narrowed import ARTIFACTS, VECTORS, Only, planned
from tests.components.test_deployment import stack

FEW: dict[str, Any] = {
    **VECTORS,
    "mode": "serverless",
    "environment": "dev",
    "traffic": {"peak_rps": 0.5, "mean_rps": 0.01, "input_tokens": 256},
}
SMALL = "serverless.2048mb"
PAGE = "arn:aws:sns:us-east-1:111122223333:page"


@pytest.mark.xdist_group("serverless")
def test_it_comes_up_changes_and_goes(place: World, tmp_path: Path) -> None:
    with stack(place, tmp_path) as made:
        args = {"artifacts": ARTIFACTS, "alarm_topic": PAGE}
        made.up(**{"aws:region": "us-east-1"}, machine=SMALL, workload=FEW, args=args)
        resources = made.resources()
        name = resources["vectors-endpoint"]["outputs"]["name"]
        sagemaker, cloudwatch, scaling = (
            place.cloud.client(service, "us-east-1")
            for service in ("sagemaker", "cloudwatch", "application-autoscaling")
        )

        def variant() -> dict[str, Any]:
            configuration = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
            described = sagemaker.describe_endpoint_config(EndpointConfigName=configuration)
            (found,) = described["ProductionVariants"]
            return dict(found)

        plan = planned(SMALL, FEW)
        assert variant()["ServerlessConfig"] == {
            "MemorySizeInMB": 2048,
            "MaxConcurrency": at_once(plan.decision),
        }
        assert {"InstanceType", "VolumeSizeInGB", "InferenceAmiVersion"}.isdisjoint(variant())
        model = sagemaker.describe_model(ModelName=variant()["ModelName"])
        assert not model["EnableNetworkIsolation"]
        assert "pytorch-inference:" in model["PrimaryContainer"]["Image"]  # x86, of AWS's account
        assert model["PrimaryContainer"]["Environment"]["OMP_NUM_THREADS"] == "1"
        alarms = {
            alarm["AlarmName"].removeprefix(f"{name}-"): alarm
            for alarm in cloudwatch.describe_alarms()["MetricAlarms"]
        }
        assert set(alarms) == {
            "concurrency", "errors", "idle", "latency", "overhead", "rollout-errors",
            "rollout-latency", "setup",
        }  # fmt: skip
        assert alarms["setup"]["Threshold"] < 180e6  # microseconds
        assert not scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]

        ready = {**FEW, "availability": {"minimum_replicas": 1}}
        busier = {**ready, "traffic": {**FEW["traffic"], "peak_rps": 20}}
        made.up(workload=busier)
        config = variant()["ServerlessConfig"]
        assert config["ProvisionedConcurrency"] == 1
        assert config["MaxConcurrency"] > at_once(plan.decision)
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert target["ScalableDimension"] == "sagemaker:variant:DesiredProvisionedConcurrency"
        assert (target["MinCapacity"], target["MaxCapacity"]) == (1, config["MaxConcurrency"])
    assert place.cloud.inventory() == {}


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


def test_more_requests_at_once_than_an_endpoint_takes_are_refused() -> None:
    crowd = {**FEW, "traffic": {"peak_rps": 9000, "mean_rps": 1, "input_tokens": 256}}
    with pytest.raises(InputError, match="a serverless endpoint takes 200"):
        planned(SMALL, crowd)


def test_no_accelerator_is_taken() -> None:
    with pytest.raises(InputError, match="no offer can serve it"):
        planned("g6.xlarge", FEW)
    assert Only(SMALL).machine(SMALL).architecture == "x86_64"

"""A serverless endpoint on the engine: up, changed, gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lichen_components.aws.sagemaker.serverless import at_once

from sandbox.world import World
from tests.components.narrowed import ARTIFACTS, planned
from tests.components.test_serverless import FEW, SMALL
from tests.stacks.test_deployment import stack

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

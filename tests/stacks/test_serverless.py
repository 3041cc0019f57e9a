"""A serverless endpoint on the engine: up, woken by a request, changed, gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lichen_components.aws.sagemaker.serverless import at_once

from sandbox.world import World
from tests.components.narrowed import ARCHIVE, planned
from tests.components.test_serverless import FEW, SMALL
from tests.stacks.test_deployment import stack

PAGE = "arn:aws:sns:us-east-1:111122223333:page"


@pytest.mark.xdist_group("serverless")
def test_it_comes_up_is_woken_by_a_request_changes_and_goes(place: World, tmp_path: Path) -> None:
    with stack(place, tmp_path) as made:
        args = {"artifacts": ARCHIVE, "alarm_topic": PAGE}
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

        def starts() -> int:
            """How often a container was set up, by the metric that the alarm looks at."""
            (alarm,) = cloudwatch.describe_alarms(AlarmNames=[f"{name}-setup"])["MetricAlarms"]
            now = datetime.now(UTC)
            points = cloudwatch.get_metric_statistics(
                **{key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions")},
                StartTime=now - timedelta(hours=1),
                EndTime=now + timedelta(hours=1),
                Period=7200,
                Statistics=["SampleCount"],
            )["Datapoints"]
            return sum(int(point["SampleCount"]) for point in points)

        # Nothing runs until a request comes, which starts a copy and is answered by it.
        runtime = place.cloud.client("sagemaker-runtime", "us-east-1")
        assert starts() == 0
        for expected in (1, 1):  # the second finds the first one's copy
            runtime.invoke_endpoint(EndpointName=name, Body=b"{}")
            assert starts() == expected
        place.cloud.idle()
        runtime.invoke_endpoint(EndpointName=name, Body=b"{}")
        assert starts() == 2

        plan = planned(SMALL, FEW)
        assert variant()["ServerlessConfig"] == {
            "MemorySizeInMB": 2048,
            "MaxConcurrency": at_once(plan.decision),
        }
        assert {"InstanceType", "VolumeSizeInGB", "InferenceAmiVersion"}.isdisjoint(variant())
        model = sagemaker.describe_model(ModelName=variant()["ModelName"])
        assert not model["EnableNetworkIsolation"]
        assert model["PrimaryContainer"]["ModelDataUrl"].endswith("/it/model.tar.gz")
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
        # One that is kept ready starts none.
        place.cloud.idle()
        runtime.invoke_endpoint(EndpointName=name, Body=b"{}")
        assert starts() == 2
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert target["ScalableDimension"] == "sagemaker:variant:DesiredProvisionedConcurrency"
        assert (target["MinCapacity"], target["MaxCapacity"]) == (1, config["MaxConcurrency"])
    assert place.cloud.inventory() == {}

"""A real-time endpoint without machines while nobody asks, on the engine: up, woken by one request,
asleep again, changed, taken back, gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import CommandFailed
from sandbox.world import QUIET, World
from tests.components.narrowed import ARTIFACTS
from tests.components.test_to_zero import SLEEPY
from tests.stacks.test_deployment import stack

PAGE = "arn:aws:sns:us-east-1:111122223333:page"


@pytest.mark.xdist_group("to-zero")
def test_it_comes_up_sleeps_is_woken_by_one_request_changes_and_goes(
    place: World, tmp_path: Path
) -> None:
    args = {"artifacts": ARTIFACTS, "alarm_topic": PAGE}
    with stack(place, tmp_path) as made:
        made.up(**{"aws:region": "us-east-1"}, machine="c7g.xlarge", workload=SLEEPY, args=args)
        name = made.output("endpoint_name")
        sagemaker, scaling, cloudwatch = (
            place.cloud.client(service, "us-east-1")
            for service in ("sagemaker", "application-autoscaling", "cloudwatch")
        )

        def copies() -> int:
            found = sagemaker.describe_inference_component(InferenceComponentName=name)
            return int(found["RuntimeConfig"]["DesiredCopyCount"])

        def serves() -> str:
            found = sagemaker.describe_inference_component(InferenceComponentName=name)
            return str(found["Specification"]["ModelName"])

        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        configuration = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        (variant,) = configuration["ProductionVariants"]
        assert "ModelName" not in variant
        assert configuration["EnableNetworkIsolation"]
        assert variant["ManagedInstanceScaling"]["MinInstanceCount"] == 0
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert (target["ResourceId"], target["MinCapacity"]) == (f"inference-component/{name}", 0)

        # One request that finds no copy is enough.
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[f"{name}-asleep"])["MetricAlarms"]
        assert alarm["MetricName"] == "NoCapacityInvocationFailures"
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
        assert alarm["Dimensions"] == [{"Name": "InferenceComponentName", "Value": name}]
        asleep = {"InferenceComponentName": name, "DesiredRuntimeConfig": {"CopyCount": 0}}
        sagemaker.update_inference_component_runtime_config(**asleep)
        for state in ("OK", "ALARM"):
            cloudwatch.set_alarm_state(
                AlarmName=f"{name}-asleep", StateValue=state, StateReason="a request came"
            )
        assert copies() == 1
        sagemaker.update_inference_component_runtime_config(**asleep)
        place.run("pulumi", "refresh", *QUIET, "--expect-no-changes", cwd=made.directory)

        # A new version with twice the traffic: it sleeps on, and has the new model.
        before, busier = serves(), {**SLEEPY["traffic"], "peak_rps": 16}
        newer = {**args, "artifacts": "s3://models-{region}/it/2/"}
        made.up(workload={**SLEEPY, "traffic": busier}, args=newer)
        assert copies() == 0
        assert serves() != before
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert target["MaxCapacity"] > 2

        # One that an alarm takes back ends the `up`; when the cause is gone the next rolls it out.
        before, third = serves(), {**args, "artifacts": "s3://models-{region}/next/"}
        ringing = f"{name}-rollout-errors"
        cloudwatch.set_alarm_state(AlarmName=ringing, StateValue="ALARM", StateReason="it fails")
        with pytest.raises(CommandFailed, match=f"because the alarm {ringing} rang"):
            made.up(args=third)
        assert serves() == before
        cloudwatch.set_alarm_state(AlarmName=ringing, StateValue="OK", StateReason="mended")
        made.up(args=third)
        assert serves() != before
        assert place.cloud.deleted_in_use() == []
    assert place.cloud.inventory() == {}

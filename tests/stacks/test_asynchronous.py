"""An asynchronous endpoint on the engine: up, asleep, woken, changed, gone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from lichen_components.aws.sagemaker.asynchronous import at_once, wished_delay_s

from sandbox.world import World
from tests.components.narrowed import ARTIFACTS, QUEUED, planned
from tests.components.test_asynchronous import SLEEPY
from tests.stacks.test_deployment import stack

KEYS = {
    "requests_key": "arn:aws:kms:us-east-1:111122223333:key/asked",
    "results_key": "arn:aws:kms:us-east-1:111122223333:key/answered",
}
DONE = "arn:aws:sns:us-east-1:111122223333:done"


@pytest.mark.xdist_group("asynchronous")
def test_it_comes_up_sleeps_is_woken_changes_and_goes(place: World, tmp_path: Path) -> None:
    region = {"aws:region": "us-east-1"}
    topics = {"success_topic": DONE, "topics": ["alarm", "error"]}  # one is there, two are made
    args = {**QUEUED, **KEYS, **topics, "artifacts": ARTIFACTS}
    with stack(place, tmp_path) as made:
        made.up(**region, machine="c7g.xlarge", workload=SLEEPY, args=args)
        resources = made.resources()
        name = resources["vectors-endpoint"]["outputs"]["name"]
        page, broken = (
            resources[f"vectors-topic-{word}"]["outputs"]["arn"] for word in ("alarm", "error")
        )
        sagemaker, scaling, cloudwatch, iam = (
            place.cloud.client(service, "us-east-1")
            for service in ("sagemaker", "application-autoscaling", "cloudwatch", "iam")
        )
        first = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        queue = sagemaker.describe_endpoint_config(EndpointConfigName=first)["AsyncInferenceConfig"]
        plan = planned("c7g.xlarge", SLEEPY, **QUEUED)
        assert queue == {
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": at_once(plan.decision)},
            "OutputConfig": {
                "S3OutputPath": "s3://answers-us-east-1/it/",
                "S3FailurePath": "s3://answers-us-east-1/it/failures/",
                "KmsKeyId": KEYS["results_key"],
                "NotificationConfig": {
                    "SuccessTopic": DONE,
                    "ErrorTopic": broken,
                },
            },
        }

        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert (target["MinCapacity"], target["ResourceId"]) == (0, f"endpoint/{name}/variant/all")
        policies = {
            policy["PolicyName"]: policy
            for policy in scaling.describe_scaling_policies(ServiceNamespace="sagemaker")[
                "ScalingPolicies"
            ]
        }
        tracking = policies[f"{name}-scaling"]["TargetTrackingScalingPolicyConfiguration"]
        metric = tracking["CustomizedMetricSpecification"]
        assert metric["MetricName"] == "ApproximateBacklogSizePerInstance"
        assert metric["Dimensions"] == [{"Name": "EndpointName", "Value": name}]
        sizing = plan.decision.sizing
        assert tracking["TargetValue"] == pytest.approx(
            sizing.rps_planned * wished_delay_s(plan.decision), rel=0.01
        )
        assert tracking["ScaleInCooldown"] == max(300, math.ceil(sizing.start_up_s))

        alarms = {
            alarm["AlarmName"].removeprefix(f"{name}-"): alarm
            for alarm in cloudwatch.describe_alarms()["MetricAlarms"]
        }
        assert set(alarms) == {
            "age", "asleep", "expired", "failures", "idle", "no-capacity", "unread", "unwritten",
        }  # fmt: skip
        assert alarms["asleep"]["AlarmActions"] == [policies[f"{name}-wake"]["PolicyARN"]]
        assert all(alarms[each]["AlarmActions"] == [page] for each in alarms if each != "asleep")
        # A request that waits for a machine from zero is no fault, one that waits for two is.
        assert sizing.start_up_s < alarms["age"]["Threshold"] < 6 * 3600
        window_s = alarms["no-capacity"]["Period"] * alarms["no-capacity"]["EvaluationPeriods"]
        assert sizing.start_up_s < window_s <= 24 * 3600

        policy = iam.get_role_policy(
            RoleName=resources["vectors-role"]["outputs"]["name"],
            PolicyName=resources["vectors-access"]["outputs"]["name"],
        )["PolicyDocument"]
        may = {
            (action, where)
            for each in policy["Statement"]
            for action in each["Action"]
            for where in each["Resource"]
        }
        assert {
            ("s3:GetObject", "arn:aws:s3:::questions-us-east-1/it/*"),
            ("s3:PutObject", "arn:aws:s3:::answers-us-east-1/it/*"),
            ("sns:Publish", broken),
            ("kms:Decrypt", KEYS["requests_key"]),
            ("kms:GenerateDataKey", KEYS["results_key"]),
        } <= may

        def machines() -> int:
            variant = sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]
            return int(variant["DesiredInstanceCount"])

        asleep = [{"VariantName": "all", "DesiredInstanceCount": 0}]
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=asleep
        )
        assert machines() == 0
        for state in ("OK", "ALARM"):
            cloudwatch.set_alarm_state(
                AlarmName=f"{name}-asleep", StateValue=state, StateReason="a request waits"
            )
        assert machines() == 1

        # Twice the traffic: the target's ceiling; a new version of the model: its configuration.
        busier = {**SLEEPY, "traffic": {**SLEEPY["traffic"], "peak_rps": 20}}
        made.up(workload=busier, args={**args, "artifacts": "s3://models-{region}/it/2/"})
        (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert target["MaxCapacity"] > sizing.replicas_maximum
        second = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
        assert second != first
    assert place.cloud.inventory() == {}

"""What ECS and its load balancers refuse, asked of the emulated AWS directly."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloud import Cloud, emulated_aws
from tests.sandbox.lives import CONTAINER, serving_world

REGION = "eu-north-1"
TASK: dict[str, Any] = {
    "family": "it",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "containerDefinitions": [CONTAINER],
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_aws() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> Iterator[dict[str, str]]:
    with serving_world(cloud, REGION) as world:
        yield world


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"memory": "16384"}, "No Fargate configuration exists for given values"),
        ({"cpu": "3072"}, "No Fargate configuration exists for given values"),
        ({"networkMode": "bridge"}, "only supports network mode 'awsvpc'"),
        ({"ephemeralStorage": {"sizeInGiB": 500}}, "between 21 and 200"),
    ],
)
def test_a_task_that_fargate_has_not(cloud: Cloud, change: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        cloud.client("ecs", REGION).register_task_definition(**{**TASK, **change})


def test_ports_and_targets_agree(cloud: Cloud, world: dict[str, str]) -> None:
    ecs, elb = cloud.client("ecs", REGION), cloud.client("elbv2", REGION)

    def serve(group: str, port: int) -> None:
        ecs.create_service(
            cluster=world["CLUSTER"],
            serviceName="it",
            taskDefinition=world["TASK"],
            desiredCount=1,
            loadBalancers=[
                {"targetGroupArn": group, "containerName": "server", "containerPort": port}
            ],
        )

    with pytest.raises(ClientError, match="did not have a container port 80"):
        serve(world["GROUP"], 80)
    machines = elb.create_target_group(
        Name="machines", Protocol="HTTP", Port=8080, VpcId=world["VPC"], TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    with pytest.raises(ClientError, match="incompatible with the awsvpc network mode"):
        serve(machines, 8080)
    elb.modify_target_group_attributes(
        TargetGroupArn=machines,
        Attributes=[
            {"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"}
        ],
    )
    with pytest.raises(ClientError, match="Slow start is not supported"):
        elb.modify_target_group_attributes(
            TargetGroupArn=machines,
            Attributes=[{"Key": "slow_start.duration_seconds", "Value": "60"}],
        )
    serve(world["GROUP"], 8080)
    with pytest.raises(ClientError, match="cannot be deleted while Services are active"):
        ecs.delete_cluster(cluster=world["CLUSTER"])
    ecs.delete_service(cluster=world["CLUSTER"], service="it", force=True)
    elb.delete_target_group(TargetGroupArn=machines)


def test_a_refresh_that_rolls_back_takes_a_numbered_version(
    cloud: Cloud, world: dict[str, str]
) -> None:
    groups = cloud.client("autoscaling", REGION)
    group: dict[str, Any] = {
        "AutoScalingGroupName": "it",
        "MinSize": 0,
        "MaxSize": 1,
        "VPCZoneIdentifier": world["SUBNET 1"],
    }

    def policy(version: str) -> dict[str, Any]:
        specification = {"LaunchTemplateId": world["TEMPLATE"], "Version": version}
        return {"LaunchTemplate": {"LaunchTemplateSpecification": specification}}

    hook = {
        "LifecycleHookName": "warm-up",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": 10_000,
    }
    with pytest.raises(ClientError, match="HeartbeatTimeout must be between 30 and 7200"):
        groups.create_auto_scaling_group(
            **group, MixedInstancesPolicy=policy("1"), LifecycleHookSpecificationList=[hook]
        )
    groups.create_auto_scaling_group(**group, MixedInstancesPolicy=policy("$Latest"))
    with pytest.raises(ClientError, match="numbered version"):
        groups.start_instance_refresh(AutoScalingGroupName="it", Preferences={"AutoRollback": True})
    groups.delete_auto_scaling_group(AutoScalingGroupName="it", ForceDelete=True)

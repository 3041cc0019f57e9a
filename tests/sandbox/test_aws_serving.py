"""What ECS and its load balancers refuse, asked of the emulated AWS directly."""

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloud import Cloud, emulated_aws
from tests.sandbox.documented import (
    SERVICES,
    accepted,
    drop_what_rows_name,
    make_what_rows_name,
)
from tests.sandbox.lives import CONTAINER, serving_world

REGION = "eu-north-1"
TASK: dict[str, Any] = {
    "family": "it",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "containerDefinitions": [CONTAINER],
    "volumes": [{"name": "model"}],
    "executionRoleArn": "arn:aws:iam::123456789012:role/starts",
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_aws(new_account=False) as cloud:
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


def in_network(world: dict[str, str]) -> dict[str, Any]:
    """Where the addresses of tasks are."""
    subnets, groups = [world["SUBNET 1"]], [world["WALL"]]
    return {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": groups}}


def test_ports_and_targets_agree(cloud: Cloud, world: dict[str, str]) -> None:
    ecs, elb = cloud.client("ecs", REGION), cloud.client("elbv2", REGION)

    def serve(group: str, port: int) -> None:
        ecs.create_service(
            cluster=world["CLUSTER"],
            serviceName="it",
            taskDefinition=world["TASK"],
            desiredCount=1,
            networkConfiguration=in_network(world),
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


@pytest.mark.parametrize(("least", "most"), [(100, 200), (0, 100)])
def test_a_deployment_keeps_as_many_tasks_as_it_was_told(
    cloud: Cloud, world: dict[str, str], least: int, most: int
) -> None:
    ecs, elb = cloud.client("ecs", REGION), cloud.client("elbv2", REGION)
    front = elb.describe_load_balancers(Names=["front"])["LoadBalancers"][0]["DNSName"]
    its = {"cluster": world["CLUSTER"], "service": f"keeps-{least}"}
    ecs.create_service(
        cluster=its["cluster"],
        serviceName=its["service"],
        taskDefinition=world["TASK"],
        desiredCount=2,
        networkConfiguration=in_network(world),
        deploymentConfiguration={"minimumHealthyPercent": least, "maximumPercent": most},
        loadBalancers=[
            {"targetGroupArn": world["GROUP"], "containerName": "server", "containerPort": 8080}
        ],
    )
    before = cloud.answered(REGION, front)
    assert len(before) == 2
    revision = {**TASK, "executionRoleArn": world["FUNCTION ROLE"], "family": its["service"]}
    newer = ecs.register_task_definition(**revision)["taskDefinition"]["taskDefinitionArn"]
    update = threading.Thread(target=ecs.update_service, kwargs={**its, "taskDefinition": newer})
    update.start()
    seen = []
    while update.is_alive():
        seen.append(len(cloud.answered(REGION, front)))
    update.join()
    assert (min(seen), max(seen)) == ((2, 4) if least else (0, 2))
    after = cloud.answered(REGION, front)
    assert len(after) == 2
    assert not set(after) & set(before)
    ecs.update_service(**its, desiredCount=3)
    assert len(cloud.answered(REGION, front)) == 3
    ecs.delete_service(**its, force=True)
    assert cloud.answered(REGION, front) == []


def group_of(world: dict[str, str], version: str) -> dict[str, Any]:
    """A group of two machines of a version of the launch template."""
    return {
        "AutoScalingGroupName": "it",
        "MinSize": 2,
        "MaxSize": 2,
        "VPCZoneIdentifier": world["SUBNET 1"],
        "MixedInstancesPolicy": mixed(world, version),
    }


def mixed(world: dict[str, str], version: str) -> dict[str, Any]:
    specification = {"LaunchTemplateId": world["TEMPLATE"], "Version": version}
    return {"LaunchTemplate": {"LaunchTemplateSpecification": specification}}


def test_a_refresh_that_rolls_back_takes_a_numbered_version(
    cloud: Cloud, world: dict[str, str]
) -> None:
    groups, group = cloud.client("autoscaling", REGION), group_of(world, "$Latest")
    hook = {
        "LifecycleHookName": "warm-up",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
        "HeartbeatTimeout": 10_000,
    }
    with pytest.raises(ClientError, match="HeartbeatTimeout must be between 30 and 7200"):
        groups.create_auto_scaling_group(**group, LifecycleHookSpecificationList=[hook])
    groups.create_auto_scaling_group(**group)
    for version, said in (("1", "numbered version"), ("9", "Could not find the specified version")):
        with pytest.raises(ClientError, match=said):
            groups.start_instance_refresh(
                AutoScalingGroupName="it",
                DesiredConfiguration={"MixedInstancesPolicy": mixed(world, version)},
                Preferences={"AutoRollback": True},
            )
    groups.delete_auto_scaling_group(AutoScalingGroupName="it", ForceDelete=True)


@contextlib.contextmanager
def exchanging(
    cloud: Cloud, world: dict[str, str], saved: str = "1", **preferences: Any
) -> Iterator[tuple[set[str], Any]]:
    """A group whose machines are being exchanged for those of the second version: the machines at
    first, and what is told of the refresh each time that one looks."""
    groups, ec2 = cloud.client("autoscaling", REGION), cloud.client("ec2", REGION)
    ec2.create_launch_template_version(
        LaunchTemplateId=world["TEMPLATE"],
        LaunchTemplateData={"ImageId": "ami-12c6146b", "UserData": "bmV3"},
    )
    groups.create_auto_scaling_group(**group_of(world, "1"))
    groups.update_auto_scaling_group(
        AutoScalingGroupName="it", MixedInstancesPolicy=mixed(world, saved)
    )
    refresh = {
        "AutoScalingGroupName": "it",
        "DesiredConfiguration": {"MixedInstancesPolicy": mixed(world, "2")},
        "Preferences": {"AutoRollback": True, "AlarmSpecification": {"Alarms": ["bad"]}}
        | preferences,
    }
    before = {each["InstanceId"] for each in now(cloud)["Instances"]}
    groups.start_instance_refresh(**refresh)
    with pytest.raises(ClientError, match="InstanceRefreshInProgress"):
        groups.start_instance_refresh(**refresh)

    def look() -> dict[str, Any]:
        refreshes = groups.describe_instance_refreshes(AutoScalingGroupName="it")
        return dict(refreshes["InstanceRefreshes"][0])

    try:
        yield before, look
    finally:
        groups.delete_auto_scaling_group(AutoScalingGroupName="it", ForceDelete=True)


def now(cloud: Cloud) -> dict[str, Any]:
    groups = cloud.client("autoscaling", REGION)
    found = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["it"])
    return dict(found["AutoScalingGroups"][0])


def version_and_machines(cloud: Cloud) -> tuple[str, set[str]]:
    group = now(cloud)
    template = group["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    return template["Version"], {each["InstanceId"] for each in group["Instances"]}


def test_a_refresh_makes_its_configuration_the_groups_once_it_succeeded(
    cloud: Cloud, world: dict[str, str]
) -> None:
    with exchanging(cloud, world, BakeTime=60) as (before, look):
        assert [look()["Status"] for _ in range(2)] == ["Pending", "InProgress"]
        # The old machines serve until the new ones do.
        version, there = version_and_machines(cloud)
        assert version == "1"
        assert before < there
        assert look()["Status"] == "Baking"
        assert look()["Status"] == "Successful"
        version, after = version_and_machines(cloud)
        assert version == "2"
        assert after == there - before


@pytest.mark.parametrize("cause", ["alarm", "machine"])
def test_a_refresh_that_fails_brings_back_what_the_group_had_when_it_began(
    cloud: Cloud, world: dict[str, str], cause: str
) -> None:
    watching = cloud.client("cloudwatch", REGION)
    watching.put_metric_alarm(
        AlarmName="bad",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    with exchanging(cloud, world) as (before, look):
        assert [look()["Status"] for _ in range(2)] == ["Pending", "InProgress"]
        new = version_and_machines(cloud)[1] - before
        if cause == "alarm":
            watching.set_alarm_state(AlarmName="bad", StateValue="ALARM", StateReason="a test")
        else:
            cloud.client("autoscaling", REGION).set_instance_health(
                InstanceId=min(new), HealthStatus="Unhealthy"
            )
        back = look()
        assert back["Status"] == "RollbackInProgress"
        why = back["RollbackDetails"]["RollbackReason"]
        assert ("alarm bad" if cause == "alarm" else min(new)) in why
        assert look()["Status"] == "RollbackSuccessful"
        assert version_and_machines(cloud) == ("1", before)
    watching.delete_alarms(AlarmNames=["bad"])


def test_a_group_that_was_changed_before_its_refresh_is_not_brought_back(
    cloud: Cloud, world: dict[str, str]
) -> None:
    """Who saves the new version first and refreshes then, as Terraform's provider does, has nothing
    to go back to (hashicorp/terraform-provider-aws, #34189)."""
    with exchanging(cloud, world, saved="2") as (before, look):
        look(), look()
        new = version_and_machines(cloud)[1] - before
        cloud.client("autoscaling", REGION).set_instance_health(
            InstanceId=min(new), HealthStatus="Unhealthy"
        )
        assert [look()["Status"] for _ in range(2)] == ["RollbackInProgress", "RollbackSuccessful"]
        assert version_and_machines(cloud)[0] == "2"


def vcpus(cloud: Cloud, service: str, name: str, value: float) -> None:
    """Have the account's quota of that name at a number."""
    quotas = cloud.client("service-quotas", REGION)
    found = quotas.list_service_quotas(ServiceCode=service)["Quotas"]
    code = next(each["QuotaCode"] for each in found if each["QuotaName"] == name)
    quotas.request_service_quota_increase(ServiceCode=service, QuotaCode=code, DesiredValue=value)


def test_more_vcpus_than_the_account_has_are_refused(cloud: Cloud, world: dict[str, str]) -> None:
    ecs, ec2 = cloud.client("ecs", REGION), cloud.client("ec2", REGION)
    ecs.register_task_definition(**{**TASK, "cpu": "2048", "memory": "4096"})
    vcpus(cloud, "fargate", "Fargate On-Demand vCPU resource count", 6)
    wanted: dict[str, Any] = {
        "cluster": world["CLUSTER"],
        "serviceName": "many",
        "taskDefinition": "it",
        "launchType": "FARGATE",
        "networkConfiguration": in_network(world),
    }
    with pytest.raises(ClientError, match=r"number of vCPUs .* 8 are asked for"):
        ecs.create_service(**wanted, desiredCount=4)
    ecs.create_service(**wanted, desiredCount=3)
    ecs.delete_service(cluster=world["CLUSTER"], service="many", force=True)

    vcpus(cloud, "ec2", "Running On-Demand Inf instances", 8)
    neuron = "/aws/service/ecs/optimized-ami/amazon-linux-2023/neuron/recommended/image_id"
    image = cloud.client("ssm", REGION).get_parameter(Name=neuron)["Parameter"]["Value"]
    machines = {"InstanceType": "inf2.xlarge", "ImageId": image}
    with pytest.raises(ClientError, match="VcpuLimitExceeded"):
        ec2.run_instances(**machines, MinCount=3, MaxCount=3)
    two = ec2.run_instances(**machines, MinCount=2, MaxCount=2)["Instances"]
    with pytest.raises(ClientError, match="VcpuLimitExceeded"):
        ec2.run_instances(**machines, MinCount=1, MaxCount=1)
    ec2.terminate_instances(InstanceIds=[each["InstanceId"] for each in two])


@pytest.mark.parametrize(
    ("image", "machine", "said"),
    [
        ("amazon-linux-2023", "c7g.large", "architecture 'arm64' of the specified instance type"),
        ("amazon-linux-2023/arm64", "c5.large", "architecture 'x86_64' of the specified"),
        ("amazon-linux-2023", "inf2.xlarge", "has no Neuron driver, and inf2.xlarge has its"),
        ("amazon-linux-2023/neuron", "c5.large", "has the Neuron driver, and c5.large has no"),
        ("amazon-linux-2023/neuron", "inf2.xlarge", ""),
        ("amazon-linux-2023/arm64", "c7g.large", ""),
    ],
)
def test_a_machine_starts_from_an_image_of_its_kind(
    cloud: Cloud, image: str, machine: str, said: str
) -> None:
    name = f"/aws/service/ecs/optimized-ami/{image}/recommended/image_id"
    found = cloud.client("ssm", REGION).get_parameter(Name=name)["Parameter"]["Value"]
    ec2 = cloud.client("ec2", REGION)

    def start() -> None:
        made = ec2.run_instances(InstanceType=machine, ImageId=found, MinCount=1, MaxCount=1)
        ec2.terminate_instances(InstanceIds=[made["Instances"][0]["InstanceId"]])

    if said:
        with pytest.raises(ClientError, match=said):
            start()
    else:
        start()


OF_OUR_OWN = "123456789012.dkr.ecr.eu-north-1.amazonaws.com/sized"


def manifest(architecture: str, size: int) -> dict[str, Any]:
    """A manifest of one layer, built for an architecture."""
    kind = "application/vnd.oci.image"
    digest = f"sha256:{architecture:0<64.64}".replace("m", "0").replace("r", "0")
    return {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": {
            "mediaType": f"{kind}.config.v1+json",
            "size": 2,
            "digest": digest,
            "platform": {"architecture": architecture, "os": "linux"},
        },
        "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", "size": size, "digest": digest}],
    }


@pytest.mark.parametrize(
    ("pushed", "said"),
    [
        (manifest("arm64", 11 * 1024**3), "exceeds the limit of 10 GB"),
        (manifest("amd64", 100), "is built for x86_64, and the function runs on arm64"),
        (
            {
                "schemaVersion": 2,
                "manifests": [],
                "mediaType": "application/vnd.oci.image.index.v1",
            },
            "The image manifest, config or layer media type for the source image .* not supported",
        ),
        (manifest("arm64", 9 * 1024**3), ""),
    ],
)
def test_a_function_has_one_image_of_its_size_and_architecture(
    cloud: Cloud, world: dict[str, str], pushed: dict[str, Any], said: str
) -> None:
    ecr, functions = cloud.client("ecr", REGION), cloud.client("lambda", REGION)
    with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName="sized")
    tag = said.replace(" ", "")[:9].rstrip(".*") or "fits"
    ecr.put_image(repositoryName="sized", imageTag=tag, imageManifest=json.dumps(pushed))
    wanted: dict[str, Any] = {
        "FunctionName": "sized",
        "Role": world["FUNCTION ROLE"],
        "PackageType": "Image",
        "Architectures": ["arm64"],
        "Code": {"ImageUri": f"{OF_OUR_OWN}:{tag}"},
    }
    if said:
        with pytest.raises(ClientError, match=said):
            functions.create_function(**wanted)
    else:
        functions.create_function(**wanted)
        functions.delete_function(FunctionName="sized")


def test_a_url_takes_the_right_to_itself_and_to_its_function(
    cloud: Cloud, world: dict[str, str]
) -> None:
    functions, caller = cloud.client("lambda", REGION), "arn:aws:iam::111122223333:role/caller"

    def may(action: str, **more: Any) -> None:
        functions.add_permission(
            FunctionName="served",
            Qualifier="stable",
            StatementId=action.rpartition(":")[2],
            Action=action,
            Principal=caller,
            **more,
        )

    def answer() -> int:
        return cloud.called_through_url(REGION, "served", "stable", caller)

    may("lambda:InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM")
    assert answer() == 403
    may("lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    assert answer() == 200


@pytest.fixture(scope="module")
def more(cloud: Cloud, world: dict[str, str]) -> Iterator[dict[str, str]]:
    """The world, and what the rows of documented.py name beside it."""
    make_what_rows_name(cloud, world)
    yield world
    drop_what_rows_name(cloud, world)


@pytest.mark.parametrize("service", SERVICES)
def test_what_aws_documents_as_refused_is_refused(
    cloud: Cloud, more: dict[str, str], service: str
) -> None:
    assert accepted(cloud, more, service) == []

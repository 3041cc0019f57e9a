"""The emulated AWS: what it takes and refuses, and that it is gone when it should be."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.errors import EmulatorFailed
from tests.sandbox.serving_role import ROLE, make_serving_role

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-north-1"
ENDS_WITHIN_S = 120  # a limit for a busy machine; the server ends in milliseconds
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/main",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_aws(new_account=False) as cloud:
        make_serving_role(cloud)
        yield cloud


@pytest.fixture
def sagemaker(cloud: Cloud) -> Iterator[Any]:
    """A SageMaker with the model `m`, emptied afterwards."""
    client = cloud.client("sagemaker", REGION)
    client.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    yield client
    for endpoint in client.list_endpoints()["Endpoints"]:
        client.delete_endpoint(EndpointName=endpoint["EndpointName"])
    for configuration in client.list_endpoint_configs()["EndpointConfigs"]:
        client.delete_endpoint_config(EndpointConfigName=configuration["EndpointConfigName"])
    client.delete_model(ModelName="m")


def configure(sagemaker: Any, name: str, **variant: Any) -> None:
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[{"VariantName": "main", "ModelName": "m", **variant}],
    )


def on(machine: str) -> dict[str, Any]:
    return {"InstanceType": machine, "InitialInstanceCount": 1}


@pytest.mark.parametrize(
    "machine", ["ml.inf2.xlarge", "ml.c7g.large", "ml.trn1.2xlarge", "ml.g5.12xlarge"]
)
def test_takes_the_machines_that_botocore_knows(sagemaker: Any, machine: str) -> None:
    configure(sagemaker, "c", **on(machine))
    described = sagemaker.describe_endpoint_config(EndpointConfigName="c")
    assert described["ProductionVariants"][0]["InstanceType"] == machine


def test_refuses_a_machine_that_botocore_does_not_know(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match=r"ml\.bogus\.xlarge.*enum value set: .*ml\.inf2\.xlarge"):
        configure(sagemaker, "c", **on("ml.bogus.xlarge"))
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_takes_serverless_and_asynchronous_endpoints(sagemaker: Any) -> None:
    configure(sagemaker, "s", ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 5})
    sagemaker.create_endpoint_config(
        EndpointConfigName="a",
        ProductionVariants=[{"VariantName": "main", "ModelName": "m", **on("ml.inf2.xlarge")}],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://answers/"}},
    )
    described = sagemaker.describe_endpoint_config(EndpointConfigName="a")
    assert described["AsyncInferenceConfig"]["OutputConfig"] == {"S3OutputPath": "s3://answers/"}


def test_takes_a_variant_for_inference_components(sagemaker: Any) -> None:
    sagemaker.create_endpoint_config(
        EndpointConfigName="c",
        ExecutionRoleArn=ROLE,
        ProductionVariants=[{"VariantName": "main", **on("ml.inf2.xlarge")}],
    )
    assert sagemaker.describe_endpoint_config(EndpointConfigName="c")["ExecutionRoleArn"] == ROLE


def test_refuses_a_name_that_is_taken(sagemaker: Any) -> None:
    configure(sagemaker, "c", **on("ml.inf2.xlarge"))
    with pytest.raises(ClientError, match=r"already existing endpoint configuration.*/c"):
        configure(sagemaker, "c", **on("ml.c7g.large"))
    with pytest.raises(ClientError, match=r"already existing model.*/m"):
        sagemaker.create_model(
            ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "other"}
        )


def test_updates_an_endpoint_in_place(sagemaker: Any) -> None:
    configure(sagemaker, "one", **on("ml.inf2.xlarge"))
    configure(sagemaker, "two", InstanceType="ml.c7g.large", InitialInstanceCount=3)
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="one")
    before = sagemaker.describe_endpoint(EndpointName="e")

    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="two")

    after = sagemaker.describe_endpoint(EndpointName="e")
    assert after["EndpointConfigName"] == "two"
    assert after["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    assert after["CreationTime"] == before["CreationTime"]
    assert after["LastModifiedTime"] > before["LastModifiedTime"]
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="none")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.update_endpoint(EndpointName="none", EndpointConfigName="two")


def test_an_update_brings_the_count_back_to_the_configurations(sagemaker: Any) -> None:
    for name in ("one", "two"):
        configure(sagemaker, name, **on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="one")

    def count() -> int:
        (variant,) = sagemaker.describe_endpoint(EndpointName="e")["ProductionVariants"]
        assert variant["DesiredInstanceCount"] == variant["CurrentInstanceCount"]
        return int(variant["CurrentInstanceCount"])

    def scale(machines: int) -> None:
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="e",
            DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": machines}],
        )

    def update(**how: Any) -> int:
        scale(5)
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="two", **how)
        assert sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
        return count()

    excluded = [{"VariantPropertyType": "DesiredInstanceCount"}]
    assert update() == 1
    assert update(RetainAllVariantProperties=True) == 5
    assert update(RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded) == 1


@pytest.fixture
def endpoint(sagemaker: Any) -> Any:
    """A SageMaker with the endpoint `e`, which serves the model `m` on one machine."""
    configure(sagemaker, "one", **on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="one")
    return sagemaker


def test_a_policy_needs_a_target_and_goes_with_it(cloud: Cloud, endpoint: Any) -> None:
    scaling = cloud.client("application-autoscaling", REGION)
    before = cloud.inventory()
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    }
    policy = TARGET | {
        "PolicyName": "p",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    with pytest.raises(ClientError, match="No scalable target registered"):
        scaling.put_scaling_policy(**policy)

    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2, Tags={"a": "1"})
    scaling.put_scaling_policy(**policy)
    assert set(cloud.inventory()) - set(before) == {
        "aws:appautoscaling/target:Target",
        "aws:appautoscaling/policy:Policy",
    }
    scaling.deregister_scalable_target(**TARGET)
    assert cloud.inventory() == before


def test_a_scalable_target_has_tags(cloud: Cloud, endpoint: Any) -> None:
    scaling = cloud.client("application-autoscaling", REGION)
    arn = scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2, Tags={"a": "1"})[
        "ScalableTargetARN"
    ]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    scaling.deregister_scalable_target(**TARGET)


def test_a_log_group_has_a_class_and_a_key_that_comes_and_goes(cloud: Cloud) -> None:
    logs = cloud.client("logs", REGION)
    logs.create_log_group(logGroupName="/l", logGroupClass="INFREQUENT_ACCESS")
    logs.associate_kms_key(logGroupName="/l", kmsKeyId="arn:aws:kms:eu-north-1:1:key/k")
    described = logs.describe_log_groups()["logGroups"][0]
    assert (described["logGroupClass"], described["kmsKeyId"][-1]) == ("INFREQUENT_ACCESS", "k")
    logs.disassociate_kms_key(logGroupName="/l")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    logs.delete_log_group(logGroupName="/l")


def test_the_inventory_covers_every_region_in_use(cloud: Cloud) -> None:
    before = cloud.inventory()
    for region in (REGION, "us-east-1"):
        cloud.client("logs", region).create_log_group(logGroupName=f"/{region}")
    key = cloud.client("kms", "eu-west-1").create_key()["KeyMetadata"]["KeyId"]
    assert cloud.inventory() == before | {
        "aws:cloudwatch/logGroup:LogGroup": ["eu-north-1//eu-north-1", "us-east-1//us-east-1"],
        "aws:kms/key:Key": [f"eu-west-1/{key}"],
    }
    for region in (REGION, "us-east-1"):
        cloud.client("logs", region).delete_log_group(logGroupName=f"/{region}")
    cloud.client("kms", "eu-west-1").schedule_key_deletion(KeyId=key)
    assert cloud.inventory() == before


def test_the_environment_leads_here_and_names_no_region(cloud: Cloud) -> None:
    environment = cloud.environment()
    assert urlsplit(environment["AWS_ENDPOINT_URL"]).hostname == "127.0.0.1"
    assert not [name for name in environment if "REGION" in name or "PROFILE" in name]


def test_tags_go_with_what_they_are_on(cloud: Cloud) -> None:
    logs, alarms = cloud.client("logs", REGION), cloud.client("cloudwatch", REGION)
    alarm = {
        "AlarmName": "a",
        "MetricName": "m",
        "Namespace": "n",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 1,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }

    def tags() -> list[Any]:
        group = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
        arn = alarms.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
        return [
            logs.list_tags_for_resource(resourceArn=group)["tags"],
            alarms.list_tags_for_resource(ResourceARN=arn)["Tags"],
        ]

    logs.create_log_group(logGroupName="/l", tags={"a": "1"})
    alarms.put_metric_alarm(**alarm, Tags=[{"Key": "a", "Value": "1"}])
    assert tags() == [{"a": "1"}, [{"Key": "a", "Value": "1"}]]
    logs.delete_log_group(logGroupName="/l")
    alarms.delete_alarms(AlarmNames=["a"])
    logs.create_log_group(logGroupName="/l")
    alarms.put_metric_alarm(**alarm)
    assert tags() == [{}, []]
    logs.delete_log_group(logGroupName="/l")
    alarms.delete_alarms(AlarmNames=["a"])


def listening(url: str) -> socket.socket:
    """A connection to whoever serves a URL: it ends when the server does."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=ENDS_WITHIN_S)


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_nothing_is_left_after_an_exception() -> None:
    connections = []

    def fail() -> None:
        with emulated_aws(new_account=False) as cloud:
            connections.append(listening(cloud.endpoint_url))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ended(connections[0])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_its_user_is_stopped(how: signal.Signals) -> None:
    user = subprocess.Popen(
        [
            sys.executable,
            "-c",
            # A shell starts its background jobs with SIGINT ignored; a user's process heeds it.
            "import signal, sys\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "from sandbox.aws.cloud import emulated_aws\n"
            "with emulated_aws(new_account=False) as cloud:\n"
            "    print(cloud.endpoint_url, flush=True)\n"
            "    sys.stdin.read()\n",
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with user:
        assert user.stdout
        connection = listening(user.stdout.readline().strip())
        user.send_signal(how)
        assert ended(connection)
    assert user.returncode != 0


def test_says_why_it_did_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    false = shutil.which("false")
    assert false
    monkeypatch.setattr(sys, "executable", false)
    with pytest.raises(EmulatorFailed, match="did not start"), emulated_aws():
        pass

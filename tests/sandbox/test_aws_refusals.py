"""What AWS refuses beyond the form of a request, and the emulated AWS with it."""

import contextlib
import itertools
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.aws.provider import waits
from sandbox.aws.provider.api import Api
from sandbox.errors import Refused
from tests.sandbox.serving_role import ROLE, TRUST, make_serving_role

REGION = "us-east-1"
NETWORK = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
SERVED = {"VariantName": "all", "ModelName": "m", "InitialInstanceCount": 1}
HOSTING = {"VariantName": "all", "InitialInstanceCount": 1, "InstanceType": "ml.inf2.24xlarge"}
SERVERLESS = {
    "VariantName": "all",
    "ModelName": "m",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
}
ZERO = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
ASYNCHRONOUS = {"OutputConfig": {"S3OutputPath": "s3://answers/"}}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ALARM = {
    "AlarmName": "errors",
    "MetricName": "Invocation5XXErrors",
    "Namespace": "AWS/SageMaker",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 5,
    "Threshold": 0.01,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """An AWS with the models `m` and `isolated` in two regions."""
    with emulated_aws(new_account=False) as cloud:
        make_serving_role(cloud)
        for region in (REGION, "eu-west-3"):
            sagemaker = cloud.client("sagemaker", region)
            model: dict[str, Any] = {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i"}}
            sagemaker.create_model(ModelName="m", **model)
            sagemaker.create_model(ModelName="isolated", EnableNetworkIsolation=True, **model)
            sagemaker.create_model(ModelName="inside", VpcConfig=NETWORK, **model)
        yield cloud


@pytest.fixture
def sagemaker(cloud: Cloud) -> Iterator[Any]:
    client = cloud.client("sagemaker", REGION)
    yield client
    for component in client.list_inference_components()["InferenceComponents"]:
        client.delete_inference_component(
            InferenceComponentName=component["InferenceComponentName"]
        )
    for endpoint in client.list_endpoints()["Endpoints"]:
        client.delete_endpoint(EndpointName=endpoint["EndpointName"])
    for configuration in client.list_endpoint_configs()["EndpointConfigs"]:
        client.delete_endpoint_config(EndpointConfigName=configuration["EndpointConfigName"])


def configure(sagemaker: Any, name: str, *variants: dict[str, Any], **more: Any) -> None:
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=list(variants), **more
    )


def on(machine: str, **more: Any) -> dict[str, Any]:
    return SERVED | {"InstanceType": machine} | more


# The audit's finding or the design's line, variants, more of the request, what AWS says.
REFUSED_CONFIGURATIONS = {
    "1 volume, g6": ([on("ml.g6.xlarge", VolumeSizeInGB=64)], {}, "VolumeSizeInGB is not support"),
    "1 volume, p5": ([on("ml.p5.48xlarge", VolumeSizeInGB=64)], {}, "instance storage of 30400 GB"),
    "1 volume, trn1": ([on("ml.trn1.2xlarge", VolumeSizeInGB=64)], {}, "instance type ml.trn1"),
    "Neuron's image on a GPU": (
        [on("ml.g6.xlarge", InferenceAmiVersion="al2-ami-sagemaker-inference-neuron-2")],
        {},
        "neuron-2 is not supported for instance type ml.g6.xlarge",
    ),
    "4 no role without a model": ([HOSTING], {}, 'ExecutionRoleArn is required: variant "all"'),
    "4 network beside a model": (
        [on("ml.inf2.xlarge")],
        {"VpcConfig": NETWORK},
        'VpcConfig is not supported with a model in variant "all"',
    ),
    "4 isolation beside a model": (
        [on("ml.inf2.xlarge")],
        {"EnableNetworkIsolation": True},
        "EnableNetworkIsolation is not supported with a model",
    ),
    "4 managed scaling of a model": (
        [on("ml.inf2.xlarge", ManagedInstanceScaling=ZERO)],
        {},
        "ManagedInstanceScaling .* inference components only",
    ),
    "4 minimum above maximum": (
        [HOSTING | {"ManagedInstanceScaling": ZERO | {"MinInstanceCount": 3}}],
        {"ExecutionRoleArn": ROLE},
        "MinInstanceCount 3 is above MaxInstanceCount 2",
    ),
    "6 two kinds of capacity": (
        [SERVERLESS | {"InstanceType": "ml.c7g.large"}],
        {},
        "exactly one of InstanceType and ServerlessConfig",
    ),
    "6 capture": (
        [SERVERLESS],
        {
            "DataCaptureConfig": {
                "EnableCapture": True,
                "InitialSamplingPercentage": 1,
                "DestinationS3Uri": "s3://captured/",
                "CaptureOptions": [{"CaptureMode": "Input"}],
            }
        },
        "DataCaptureConfig is not supported with serverless",
    ),
    "6 asynchronous": (
        [SERVERLESS],
        {"AsyncInferenceConfig": ASYNCHRONOUS},
        "AsyncInferenceConfig is not supported with serverless",
    ),
    "6 several variants": (
        [SERVERLESS, SERVERLESS | {"VariantName": "other"}],
        {},
        "Serverless inference supports one variant",
    ),
    "6 a volume": ([SERVERLESS | {"VolumeSizeInGB": 10}], {}, "VolumeSizeInGB is not supported"),
    "6 memory": (
        [SERVERLESS | {"ServerlessConfig": {"MemorySizeInMB": 2500, "MaxConcurrency": 1}}],
        {},
        "it takes 1024, 2048",
    ),
    "3 two shadows": (
        [on("ml.inf2.xlarge")],
        {
            "ShadowProductionVariants": [
                on("ml.inf2.xlarge", VariantName="one"),
                on("ml.inf2.xlarge", VariantName="two"),
            ]
        },
        "exactly one production variant",
    ),
    "3 a shadow of a queue": (
        [on("ml.inf2.xlarge")],
        {
            "AsyncInferenceConfig": ASYNCHRONOUS,
            "ShadowProductionVariants": [on("ml.inf2.xlarge", VariantName="shadow")],
        },
        "Shadow variants are not supported with AsyncInferenceConfig",
    ),
    "one name twice": ([on("ml.inf2.xlarge"), on("ml.c7g.large")], {}, "used more than once"),
    "a model that is not there": (
        [on("ml.inf2.xlarge", ModelName="none")],
        {},
        "Could not find model",
    ),
}


@pytest.mark.parametrize("name", REFUSED_CONFIGURATIONS)
def test_configurations_that_aws_refuses(sagemaker: Any, name: str) -> None:
    variants, more, said = REFUSED_CONFIGURATIONS[name]
    with pytest.raises(ClientError, match=rf"ValidationException.*{said}"):
        configure(sagemaker, "c", *variants, **more)
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_configurations_that_aws_takes(cloud: Cloud, sagemaker: Any) -> None:
    configure(sagemaker, "no-volume", on("ml.g6.xlarge"))
    configure(sagemaker, "volume", on("ml.inf2.xlarge", VolumeSizeInGB=64))
    configure(sagemaker, "gone", on("ml.p3.2xlarge", VolumeSizeInGB=64))
    zero = HOSTING | {"ManagedInstanceScaling": ZERO}
    configure(sagemaker, "zero", zero, ExecutionRoleArn=ROLE, VpcConfig=NETWORK)
    shadow = on("ml.g6.xlarge", VariantName="shadow")
    configure(sagemaker, "shadow", on("ml.inf2.xlarge"), ShadowProductionVariants=[shadow])
    # Measured by users: a minimum of 0 depends on the region.
    paris = cloud.client("sagemaker", "eu-west-3")
    with pytest.raises(ClientError, match="at least 1 in eu-west-3"):
        configure(paris, "zero", zero, ExecutionRoleArn=ROLE)


@pytest.mark.parametrize("model", ["isolated", "inside"])
def test_a_serverless_endpoint_is_in_no_network(sagemaker: Any, model: str) -> None:
    configure(sagemaker, "s", SERVERLESS | {"ModelName": model})
    with pytest.raises(ClientError, match=f"of model {model} is not supported with serverless"):
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="s")


def test_the_machine_of_a_registered_variant_stays(cloud: Cloud, sagemaker: Any) -> None:
    scaling = cloud.client("application-autoscaling", REGION)
    configure(sagemaker, "one", on("ml.inf2.xlarge"))
    configure(sagemaker, "other-model", on("ml.inf2.xlarge", ModelName="isolated"))
    configure(sagemaker, "other-machine", on("ml.g6.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="one")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)

    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="other-model")
    with pytest.raises(ClientError, match=r'variant\(s\) "all" must be deregistered as a scalable'):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="other-machine")
    described = sagemaker.describe_endpoint(EndpointName="e")
    assert described["EndpointConfigName"] == "other-model"

    scaling.deregister_scalable_target(**TARGET)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="other-machine")


def settled(sagemaker: Any) -> dict[str, Any]:
    """The endpoint once its update is over: it goes on with each look."""
    for _ in range(20):
        found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName="e")
        if found["EndpointStatus"] == "InService":
            return found
    raise AssertionError(found)


def by_steps(sagemaker: Any, **policy: Any) -> list[tuple[str, int, int, float]]:
    """What DescribeEndpoint shows of an update of four machines: status, new machines, old ones,
    and the share of the traffic that the new ones have."""
    for name in ("four", "new"):
        configure(sagemaker, name, on("ml.inf2.xlarge", InitialInstanceCount=4))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="four")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="new", DeploymentConfig=policy)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="four")
    seen = []
    while (now := sagemaker.describe_endpoint(EndpointName="e"))["EndpointStatus"] == "Updating":
        pending = now["PendingDeploymentSummary"]
        (new,), (old,) = pending["ProductionVariants"], now["ProductionVariants"]
        assert (pending["EndpointConfigName"], now["EndpointConfigName"]) == ("new", "four")
        assert (new["DesiredInstanceCount"], old["DesiredInstanceCount"]) == (4, 4)
        (status,) = new["VariantStatus"]
        counts = new["CurrentInstanceCount"], old["CurrentInstanceCount"]
        seen.append((status["Status"], *counts, new["CurrentWeight"]))
    assert "PendingDeploymentSummary" not in now
    assert (now["EndpointStatus"], now["EndpointConfigName"]) == ("InService", "new")
    return seen


def test_a_canary_is_watched_before_the_rest(sagemaker: Any) -> None:
    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    traffic = {"Type": "CANARY", "WaitIntervalInSeconds": 60, "CanarySize": size}
    assert by_steps(sagemaker, BlueGreenUpdatePolicy={"TrafficRoutingConfiguration": traffic}) == [
        ("Creating", 0, 4, 0.0),
        ("Baking", 4, 4, 0.25),
        ("Baking", 4, 4, 1.0),
    ]


def test_traffic_goes_over_in_equal_steps(sagemaker: Any) -> None:
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    traffic = {"Type": "LINEAR", "WaitIntervalInSeconds": 60, "LinearStepSize": size}
    assert by_steps(sagemaker, BlueGreenUpdatePolicy={"TrafficRoutingConfiguration": traffic}) == [
        ("Creating", 0, 4, 0.0),
        ("Baking", 4, 4, 0.5),
        ("Baking", 4, 4, 1.0),
    ]


def test_batches_take_the_place_of_as_many_old_machines(sagemaker: Any) -> None:
    size = {"Type": "CAPACITY_PERCENT", "Value": 30}  # of four machines two
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60}
    assert by_steps(sagemaker, RollingUpdatePolicy=policy) == [
        ("Creating", 0, 4, 0.0),
        ("Baking", 2, 4, 0.5),
        ("Creating", 2, 2, 0.5),
        ("Baking", 4, 2, 1.0),
    ]


def test_an_alarm_takes_a_roll_out_back(cloud: Cloud, sagemaker: Any) -> None:
    alarms = cloud.client("cloudwatch", REGION)
    watched: dict[str, Any] = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300}
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    for name in ("one", "two"):
        configure(sagemaker, name, on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="one")
    update = {"EndpointName": "e", "EndpointConfigName": "two", "DeploymentConfig": watched}
    with pytest.raises(ClientError, match=r"alarms do not exist: \[errors\]"):
        sagemaker.update_endpoint(**update)
    alarms.put_metric_alarm(**ALARM)
    alarms.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="played")
    alarms.put_metric_alarm(**ALARM | {"Threshold": 0.02})  # its state stays

    sagemaker.update_endpoint(**update)
    described = settled(sagemaker)
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "one"
    assert described["LastDeploymentConfig"] == watched
    assert "errors" in described["FailureReason"]

    alarms.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="played")
    sagemaker.update_endpoint(**update)
    described = settled(sagemaker)
    assert described["EndpointConfigName"] == "two"
    assert "FailureReason" not in described
    alarms.delete_alarms(AlarmNames=["errors"])


def test_what_serves_can_be_deleted_and_the_endpoint_is_broken(
    cloud: Cloud, sagemaker: Any
) -> None:
    noted = len(cloud.deleted_in_use())
    for name in ("one", "two"):
        configure(sagemaker, name, on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="one")
    sagemaker.delete_endpoint_config(EndpointConfigName="two")
    assert len(cloud.deleted_in_use()) == noted

    sagemaker.delete_endpoint_config(EndpointConfigName="one")
    assert cloud.deleted_in_use()[noted:] == [f"{REGION} endpoint-config/one of endpoint/e"]
    configure(sagemaker, "three", on("ml.inf2.xlarge"))
    with pytest.raises(ClientError, match=r'Could not find endpoint configuration "one"'):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="three")
    sagemaker.delete_endpoint(EndpointName="e")


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"MinMemoryRequiredInMb": 400_000}, "400000 exceeds the memory of ml.inf2.24xlarge, 3932"),
        (
            {"MinMemoryRequiredInMb": 1024, "NumberOfAcceleratorDevicesRequired": 7},
            "7 exceeds the devices of ml.inf2.24xlarge, 6",
        ),
    ],
)
def test_a_copy_fits_on_a_machine(sagemaker: Any, needs: dict[str, Any], said: str) -> None:
    configure(sagemaker, "c", HOSTING, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    component: dict[str, Any] = {
        "InferenceComponentName": "copies",
        "EndpointName": "e",
        "VariantName": "all",
        "RuntimeConfig": {"CopyCount": 1},
    }
    with pytest.raises(ClientError, match=said):
        sagemaker.create_inference_component(
            **component, Specification={"ModelName": "m", "ComputeResourceRequirements": needs}
        )


def test_components_are_for_variants_without_a_model(sagemaker: Any) -> None:
    configure(sagemaker, "c", on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    with pytest.raises(ClientError, match="does not host inference components"):
        sagemaker.create_inference_component(
            InferenceComponentName="copies",
            EndpointName="e",
            VariantName="all",
            Specification={
                "ModelName": "m",
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
            },
            RuntimeConfig={"CopyCount": 1},
        )


# Application Auto Scaling


def test_a_target_is_of_what_is_there(cloud: Cloud, sagemaker: Any) -> None:
    scaling = cloud.client("application-autoscaling", REGION)

    def register(least: int = 1, most: int = 2, **other: Any) -> None:
        scaling.register_scalable_target(**TARGET | other, MinCapacity=least, MaxCapacity=most)

    with pytest.raises(ClientError, match="variant doesn't exist: endpoint/e/variant/all"):
        register()
    configure(sagemaker, "c", on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    with pytest.raises(ClientError, match="variant doesn't exist"):
        register(ResourceId="endpoint/e/variant/main")
    with pytest.raises(ClientError, match="Unsupported service namespace"):
        register(ResourceId="endpoint/e")
    with pytest.raises(ClientError, match="Unsupported service namespace"):
        register(ScalableDimension="sagemaker:inference-component:DesiredCopyCount")
    with pytest.raises(ClientError, match="Maximum capacity cannot be less than minimum"):
        register(3, 2)
    with pytest.raises(ClientError, match="real-time variant must be at least 1"):
        register(0)
    with pytest.raises(ClientError, match="MinCapacity and MaxCapacity are required"):
        scaling.register_scalable_target(**TARGET, MinCapacity=1)
    register()
    with pytest.raises(ClientError, match="Maximum capacity cannot be less than minimum"):
        scaling.register_scalable_target(**TARGET, MinCapacity=3)

    configure(sagemaker, "hosting", HOSTING, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint(EndpointName="h", EndpointConfigName="hosting")
    copies = {
        "ResourceId": "inference-component/copies",
        "ScalableDimension": "sagemaker:inference-component:DesiredCopyCount",
    }
    with pytest.raises(ClientError, match="inference component doesn't exist"):
        register(0, **copies)
    sagemaker.create_inference_component(
        InferenceComponentName="copies",
        EndpointName="h",
        VariantName="all",
        Specification={
            "ModelName": "m",
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
        },
        RuntimeConfig={"CopyCount": 1},
    )
    register(0, **copies)
    for which in (TARGET, TARGET | copies):
        scaling.deregister_scalable_target(**which)


def test_a_policy_is_of_its_targets_kind(cloud: Cloud, sagemaker: Any) -> None:
    scaling = cloud.client("application-autoscaling", REGION)
    configure(sagemaker, "c", on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)

    def track(metric: str, **more: Any) -> None:
        scaling.put_scaling_policy(
            **TARGET,
            PolicyName="p",
            PolicyType=more.pop("kind", "TargetTrackingScaling"),
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 1.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
                **more,
            },
        )

    for metric in (
        "SageMakerInferenceComponentInvocationsPerCopy",
        "SageMakerVariantProvisionedConcurrencyUtilization",
        "ECSServiceAverageCPUUtilization",
    ):
        with pytest.raises(ClientError, match=f"{metric} is not supported for sagemaker:variant"):
            track(metric)
    with pytest.raises(ClientError, match="StepScaling does not go with the policy configuration"):
        track("SageMakerVariantInvocationsPerInstance", kind="StepScaling")
    custom = {"MetricName": "m", "Namespace": "n", "Statistic": "Average"}
    with pytest.raises(ClientError, match="exactly one of PredefinedMetricSpecification"):
        track("SageMakerVariantInvocationsPerInstance", CustomizedMetricSpecification=custom)
    track("SageMakerVariantInvocationsPerInstance")
    scaling.deregister_scalable_target(**TARGET)


def test_two_changes_of_a_target_at_once_are_one_too_many(cloud: Cloud, sagemaker: Any) -> None:
    scaling = cloud.client("application-autoscaling", REGION)
    configure(sagemaker, "c", on("ml.inf2.xlarge"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    refused: list[str] = []
    together = threading.Barrier(4)

    def schedule(name: str) -> None:
        together.wait()
        try:
            scaling.put_scheduled_action(
                **TARGET,
                ScheduledActionName=name,
                Schedule="cron(0 8 * * ? *)",
                ScalableTargetAction={"MinCapacity": 1},
            )
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=schedule, args=(f"s{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refused) == {"ConcurrentUpdateException"}
    scaling.deregister_scalable_target(**TARGET)


# CloudWatch


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ExtendedStatistic": "p95"}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"Period": 45}, "10, 20, 30 or a multiple of 60"),
        ({"DatapointsToAlarm": 6}, "at most EvaluationPeriods"),
        ({"EvaluationPeriods": 1441}, "more than 1 day"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "more than 7 day"),
        (
            {"AlarmActions": ["arn:aws:sns:eu-north-1:123456789012:page"]},
            "Invalid region eu-north-1 specified. Only us-east-1",
        ),
    ],
)
def test_alarms_that_aws_refuses(cloud: Cloud, change: dict[str, Any], said: str) -> None:
    alarms = cloud.client("cloudwatch", REGION)
    with pytest.raises(ClientError, match=f"ValidationError.*{said}"):
        alarms.put_metric_alarm(**ALARM | change)
    alarms.put_metric_alarm(**ALARM | {"Period": 3600, "EvaluationPeriods": 168})
    alarms.delete_alarms(AlarmNames=["errors"])


# Roles and artefacts


READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/llama/*"}
LISTS = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": "arn:aws:s3:::models",
    "Condition": {"StringLike": {"s3:prefix": ["llama/*"]}},
}
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/serve:1"
REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/serve"
SIGNS_IN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
PULLS = {
    "Effect": "Allow",
    "Action": ["ecr:Batch*", "ecr:GetDownloadUrlForLayer"],
    "Resource": REPOSITORY,
}


class Narrow:
    """A role whose policy each test writes, and models that take it."""

    arn = "arn:aws:iam::123456789012:role/narrow"
    numbers = itertools.count()

    def __init__(self, cloud: Cloud) -> None:
        self.iam = cloud.client("iam", "us-east-1")
        self.sagemaker = cloud.client("sagemaker", REGION)

    def may(self, *statements: dict[str, Any]) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.iam.put_role_policy(RoleName="narrow", PolicyName="p", PolicyDocument=policy)

    def model(
        self, uri: str = "s3://models/llama/", kind: str = "S3Prefix", pressed: str = "None"
    ) -> str:
        name = f"narrow-{next(self.numbers)}"
        source = {"S3Uri": uri, "S3DataType": kind, "CompressionType": pressed}
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=self.arn,
            PrimaryContainer={"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}},
        )
        return name


@pytest.fixture
def narrow(cloud: Cloud, sagemaker: Any) -> Iterator[Narrow]:
    cloud.upload("s3://models/llama/", REGION)
    cloud.upload("s3://models/llama/model.tar.gz", REGION)
    cloud.upload("s3://elsewhere/llama/", "eu-west-1")
    role = Narrow(cloud)
    conditions = {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:{REGION}:123456789012:*"},
    }
    trust = {
        "Version": "2012-10-17",
        "Statement": [TRUST["Statement"][0] | {"Condition": conditions}],
    }
    role.iam.create_role(RoleName="narrow", AssumeRolePolicyDocument=json.dumps(trust))
    yield role
    for endpoint in sagemaker.list_endpoints()["Endpoints"]:
        sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
    for policy in role.iam.list_role_policies(RoleName="narrow")["PolicyNames"]:
        role.iam.delete_role_policy(RoleName="narrow", PolicyName=policy)
    role.iam.delete_role(RoleName="narrow")


def test_a_model_needs_a_role_that_sagemaker_takes_and_that_reads(narrow: Narrow) -> None:
    everywhere = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    unread = "Could not access model data at s3://models/llama/"
    with pytest.raises(ClientError, match=unread):
        narrow.model()
    narrow.may(READS)
    with pytest.raises(ClientError, match=unread):
        narrow.model()
    narrow.may(READS | {"Resource": "arn:aws:s3:::models/other/*"}, LISTS)
    with pytest.raises(ClientError, match=unread):
        narrow.model()
    narrow.may(everywhere, READS | {"Effect": "Deny"})
    with pytest.raises(ClientError, match=unread):
        narrow.model()
    narrow.may(READS, LISTS)
    narrow.model()

    narrow.may(everywhere)
    for uri, kind, pressed, said in (
        ("s3://models/empty/", "S3Prefix", "None", "Could not access model data at s3://models/em"),
        ("s3://none/llama/", "S3Prefix", "None", "Could not access model data at s3://none"),
        ("s3://elsewhere/llama/", "S3Prefix", "None", "object is located in us-east-1"),
        ("s3://models/llama", "S3Prefix", "None", "must end with a forward slash"),
        ("s3://models/llama/", "S3Prefix", "Gzip", "S3Prefix needs CompressionType None"),
        ("s3://models/llama/weights", "S3Object", "None", "S3Object needs CompressionType Gzip"),
        ("s3://models/llama/other.tar.gz", "S3Object", "Gzip", "Could not access model data"),
    ):
        with pytest.raises(ClientError, match=said):
            narrow.model(uri, kind, pressed)
    narrow.model("s3://models/llama/model.tar.gz", "S3Object", "Gzip")

    trust = {
        "Version": "2012-10-17",
        "Statement": [
            TRUST["Statement"][0] | {"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}
        ],
    }
    narrow.iam.update_assume_role_policy(RoleName="narrow", PolicyDocument=json.dumps(trust))
    with pytest.raises(ClientError, match=f"Could not assume role {narrow.arn}"):
        narrow.model()


def test_an_endpoint_fails_where_its_role_lacks_something(cloud: Cloud, narrow: Narrow) -> None:
    sagemaker = narrow.sagemaker
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    narrow.may(READS, LISTS)
    served = on("ml.inf2.xlarge", ModelName=narrow.model())
    output = {"S3OutputPath": "s3://answers/it/", "KmsKeyId": key}
    output |= {"NotificationConfig": {"ErrorTopic": "arn:aws:sns:us-east-1:123456789012:page"}}
    configure(sagemaker, "plain", served)
    configure(
        sagemaker,
        "queue",
        served,
        KmsKeyId=key,
        AsyncInferenceConfig={"OutputConfig": output},
    )

    def failure(configuration: str) -> str | None:
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName=configuration)
        described = sagemaker.describe_endpoint(EndpointName="e")
        sagemaker.delete_endpoint(EndpointName="e")
        assert (described["EndpointStatus"] == "Failed") == ("FailureReason" in described)
        return described.get("FailureReason")

    assert f"ecr:BatchGetImage on {REPOSITORY}" in (failure("plain") or "")
    narrow.may(READS, LISTS, SIGNS_IN, PULLS)
    assert failure("plain") is None
    lacks = failure("queue") or ""
    for action in (
        f"kms:CreateGrant on {key}",
        "s3:PutObject on arn:aws:s3:::answers/it/out",
        f"kms:GenerateDataKey on {key}",
        "sns:Publish on arn:aws:sns:us-east-1:123456789012:page",
    ):
        assert action in lacks
    writes = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::answers/it/*"}
    keys = {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:CreateGrant"]}
    keys |= {"Resource": key}
    pages = {"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:*"}
    narrow.may(READS, LISTS, SIGNS_IN, PULLS, writes, keys, pages)
    assert failure("queue") is None

    # The role reads each request too, when it comes.
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="queue")
    cloud.upload("s3://questions/it/1.json", REGION)
    queue = cloud.client("sagemaker-runtime", REGION)
    request = {"EndpointName": "e", "InputLocation": "s3://questions/it/1.json"}
    with pytest.raises(ClientError, match="Could not access model data at s3://questions"):
        queue.invoke_endpoint_async(**request)
    asked = READS | {"Resource": "arn:aws:s3:::questions/it/*"}
    narrow.may(READS, LISTS, SIGNS_IN, PULLS, writes, keys, pages, asked)
    assert queue.invoke_endpoint_async(**request)["OutputLocation"]

    # And the alarms that take a roll-out back.
    cloud.client("cloudwatch", REGION).put_metric_alarm(**ALARM)
    watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    update = {"EndpointName": "e", "EndpointConfigName": "plain", "DeploymentConfig": watched}
    update["DeploymentConfig"] |= {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
        }
    }
    with pytest.raises(ClientError, match=r"cloudwatch:DescribeAlarms on \S+:alarm:errors"):
        sagemaker.update_endpoint(**update)
    where = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"
    sees = {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": where}
    narrow.may(READS, LISTS, SIGNS_IN, PULLS, sees)
    sagemaker.update_endpoint(**update)
    assert settled(sagemaker)["EndpointConfigName"] == "plain"
    cloud.client("cloudwatch", REGION).delete_alarms(AlarmNames=["errors"])


def test_a_neuron_container_starts_where_image_and_driver_agree(narrow: Narrow) -> None:
    narrow.may({"Effect": "Allow", "Action": "*", "Resource": "*"})
    sagemaker, repository = narrow.sagemaker, "763104351884.dkr.ecr.us-east-1.amazonaws.com"
    driver = {"InferenceAmiVersion": "al2-ami-sagemaker-inference-neuron-2"}
    for n, (sdk, machine_image, said) in enumerate(
        (
            ("2.26.1", {}, "default machine image is too old"),
            ("2.26.1", driver, None),
            ("2.31.1", driver, "needs a newer Neuron driver"),
        )
    ):
        sagemaker.create_model(
            ModelName=f"n{n}",
            ExecutionRoleArn=narrow.arn,
            PrimaryContainer={"Image": f"{repository}/vllm-neuronx:0.11-sdk{sdk}-ubuntu22.04"},
        )
        configure(sagemaker, f"n{n}", on("ml.inf2.xlarge", ModelName=f"n{n}", **machine_image))
        sagemaker.create_endpoint(EndpointName="n", EndpointConfigName=f"n{n}")
        why = sagemaker.describe_endpoint(EndpointName="n").get("FailureReason")
        assert (why is None) if said is None else (said in why)
        sagemaker.delete_endpoint(EndpointName="n")


# The provider's own patience


def test_the_provider_gives_up_after_an_hour_and_on_failure(
    cloud: Cloud, narrow: Narrow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    sagemaker, api = narrow.sagemaker, Api()
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    narrow.may(everything)
    folder = narrow.model()
    archive = narrow.model("s3://models/llama/model.tar.gz", "S3Object", "Gzip")

    def wait(model: str, download_s: int, start_s: int, watched_s: int = 0) -> None:
        with contextlib.suppress(ClientError):
            sagemaker.delete_endpoint(EndpointName="e")
            sagemaker.delete_endpoint_config(EndpointConfigName="slow")
        times = {
            "ModelDataDownloadTimeoutInSeconds": download_s,
            "ContainerStartupHealthCheckTimeoutInSeconds": start_s,
        }
        configure(sagemaker, "slow", on("ml.inf2.xlarge", ModelName=model, **times))
        traffic = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": watched_s}
        watched = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic}}
        sagemaker.create_endpoint(
            EndpointName="e", EndpointConfigName="slow", DeploymentConfig=watched
        )
        waits.endpoint(api, REGION, {"name": "e"})

    wait(archive, 1200, 1200, 600)
    wait(folder, 3600, 1200)  # its files come side by side
    for asked in ((archive, 3600, 3600), (archive, 1200, 1200, 601)):
        with pytest.raises(Refused, match=r"\(e\): timeout while waiting .* allow \d+ minutes"):
            wait(*asked)
    narrow.may(READS, LISTS)
    with pytest.raises(Refused, match=r"unexpected state 'Failed'.* does not allow ecr:"):
        wait(folder, 600, 600)


# Quotas


def test_a_new_account_has_no_accelerated_machine_until_it_asks() -> None:
    with emulated_aws() as cloud:
        make_serving_role(cloud)
        sagemaker, quotas = (
            cloud.client("sagemaker", REGION),
            cloud.client("service-quotas", REGION),
        )
        sagemaker.create_model(
            ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"}
        )
        configure(sagemaker, "cpu", on("ml.c7g.large"))
        configure(sagemaker, "chip", on("ml.inf2.xlarge"))
        sagemaker.create_endpoint(EndpointName="cpu", EndpointConfigName="cpu")
        said = r"limit 'ml.inf2.xlarge for endpoint usage' is 0 Instances, .* delta of 1 Instances"
        with pytest.raises(ClientError, match=f"ResourceLimitExceeded.*{said}"):
            sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="chip")

        (quota,) = [
            quota
            for quota in quotas.list_service_quotas(ServiceCode="sagemaker")["Quotas"]
            if quota["QuotaName"] == "ml.inf2.xlarge for endpoint usage"
        ]
        which = {"ServiceCode": "sagemaker", "QuotaCode": quota["QuotaCode"]}
        quotas.request_service_quota_increase(**which, DesiredValue=1)
        assert quotas.get_service_quota(**which)["Quota"]["Value"] == 1
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="chip")
        # A new fleet comes beside the old one.
        configure(sagemaker, "next", on("ml.inf2.xlarge"))
        with pytest.raises(ClientError, match="current utilization of 1 Instances"):
            sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="next")
        quotas.request_service_quota_increase(**which, DesiredValue=2)
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="next")
        spot = quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]
        assert {one["QuotaName"]: one["Value"] for one in spot}[
            "Running On-Demand Inf instances"
        ] == 0


# Lambda, EC2, budgets


def test_what_lambda_refuses(cloud: Cloud) -> None:
    functions, iam = cloud.client("lambda", REGION), cloud.client("iam", REGION)
    (statement,) = TRUST["Statement"]
    trust = {**TRUST, "Statement": [statement | {"Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = iam.create_role(RoleName="functions", AssumeRolePolicyDocument=json.dumps(trust))
    registry = "111122223333.dkr.ecr.{}.amazonaws.com/serve:1"
    function: dict[str, Any] = {
        "FunctionName": "f",
        "Role": role["Role"]["Arn"],
        "PackageType": "Image",
        "Code": {"ImageUri": registry.format(REGION)},
        "Architectures": ["arm64"],
        "MemorySize": 3008,
        "Publish": True,
    }
    for change, said in (
        (
            {"Code": {"ImageUri": registry.format("eu-west-1")}},
            "ECR in us-east-1",
        ),
        ({"Code": {"ImageUri": "public.ecr.aws/serve:1"}}, "Source image public.ecr.aws"),
        ({"MemorySize": 10_241}, "MemorySize"),
        ({"Timeout": 901}, "Timeout"),
    ):
        with pytest.raises(ClientError, match=f"InvalidParameterValueException.*{said}"):
            functions.create_function(**function | change)
    functions.create_function(**function)
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")

    which = {"FunctionName": "f", "Qualifier": "live"}
    with pytest.raises(ClientError, match="ProvisionedConcurrencyConfigNotFound"):
        functions.get_provisioned_concurrency_config(**which)
    for qualifier, said in (("$LATEST", "unpublished versions"), ("none", "ResourceNotFound")):
        with pytest.raises(ClientError, match=said):
            functions.put_provisioned_concurrency_config(
                FunctionName="f", Qualifier=qualifier, ProvisionedConcurrentExecutions=1
            )
    functions.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=2)
    there = functions.get_provisioned_concurrency_config(**which)
    assert (there["Status"], there["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)
    functions.delete_provisioned_concurrency_config(**which)

    # What is kept for one function is taken from the others: 100 of the account's 1,000 stay.
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        functions.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=901)
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=901)
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=900)
    with pytest.raises(ClientError, match="exceeds the reserved 900"):
        functions.put_provisioned_concurrency_config(**which, ProvisionedConcurrentExecutions=901)

    permission = {"FunctionName": "f", "StatementId": "url", "Principal": "123456789012"}
    with pytest.raises(ClientError, match="FunctionUrlAuthType goes with"):
        functions.add_permission(**permission, Action="lambda:InvokeFunctionUrl")
    functions.add_permission(
        **permission, Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="AWS_IAM"
    )
    functions.delete_function(FunctionName="f")


def test_an_image_is_of_its_machines_architecture(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2", REGION)
    images = {
        architecture: ec2.describe_images(
            Filters=[{"Name": "architecture", "Values": [architecture]}]
        )["Images"][0]["ImageId"]
        for architecture in ("arm64", "x86_64")
    }
    one = {"MinCount": 1, "MaxCount": 1}
    with pytest.raises(ClientError, match="'arm64' of the specified instance type does not match"):
        ec2.run_instances(ImageId=images["x86_64"], InstanceType="c7g.large", **one)
    made = ec2.run_instances(ImageId=images["arm64"], InstanceType="c7g.large", **one)
    ec2.terminate_instances(InstanceIds=[made["Instances"][0]["InstanceId"]])


def test_no_warm_pool_beside_mixed_instances(cloud: Cloud) -> None:
    groups, ec2 = cloud.client("autoscaling", REGION), cloud.client("ec2", REGION)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.create_launch_template(LaunchTemplateName="template", LaunchTemplateData={"ImageId": image})
    template = {"LaunchTemplateName": "template", "Version": "1"}
    groups.create_auto_scaling_group(
        AutoScalingGroupName="g",
        MinSize=0,
        MaxSize=1,
        AvailabilityZones=["us-east-1a"],
        MixedInstancesPolicy={"LaunchTemplate": {"LaunchTemplateSpecification": template}},
    )
    with pytest.raises(ClientError, match=r"ValidationError.*mixed instances policy"):
        groups.put_warm_pool(AutoScalingGroupName="g", MinSize=1)
    groups.delete_auto_scaling_group(AutoScalingGroupName="g")
    ec2.delete_launch_template(LaunchTemplateName="template")


def test_a_budget_has_tags(cloud: Cloud) -> None:
    budgets = cloud.client("budgets", "us-east-1")
    account = "123456789012"
    budgets.create_budget(
        AccountId=account,
        Budget={
            "BudgetName": "chat",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "100", "Unit": "USD"},
        },
        ResourceTags=[{"Key": "a", "Value": "1"}],
    )
    which = {"ResourceARN": f"arn:aws:budgets::{account}:budget/chat"}
    budgets.tag_resource(**which, ResourceTags=[{"Key": "b", "Value": "2"}])
    budgets.untag_resource(**which, ResourceTagKeys=["a"])
    tags = budgets.list_tags_for_resource(**which)["ResourceTags"]
    assert tags == [{"Key": "b", "Value": "2"}]
    budgets.delete_budget(AccountId=account, BudgetName="chat")

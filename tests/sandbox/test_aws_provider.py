"""pulumi-resource-aws over the emulated AWS: each type's life, over the engine's own protocol."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from sandbox.aws import plugin
from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.aws.provider.api import Api
from sandbox.aws.provider.kinds import KINDS
from sandbox.aws.provider.resource import Configuration, Resource
from sandbox.aws.provider.shapes import UNKNOWN
from sandbox.errors import CallRefused, Refused
from tests.sandbox.lives import SERVING, Life, resolved, serving_world
from tests.sandbox.serving_role import ROLE, TRUST, drop_serving_role, make_serving_role

Properties = dict[str, Any]

REGION = "eu-north-1"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
DEFAULT_TAGS = {"team": "platform"}
TARGET = {
    "serviceNamespace": "sagemaker",
    "resourceId": "endpoint/chat/variant/main",
    "scalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def struct(properties: Properties) -> Struct:
    made = Struct()
    made.update(properties)
    return made


@dataclass
class Plugin:
    """A running provider, asked as the engine asks."""

    stub: Any

    def urn(self, token: str) -> str:
        return f"urn:pulumi:dev::prog::lichen:index:Endpoint${token}::chat"

    def configure(self, **given: Any) -> None:
        self.stub.Configure(proto.ConfigureRequest(args=struct(given)))

    def check(
        self, token: str, news: Properties, olds: Properties | None = None
    ) -> tuple[Properties, dict[str, str]]:
        answer = self.stub.Check(
            proto.CheckRequest(
                urn=self.urn(token), news=struct(news), olds=struct(olds or {}), randomSeed=b"seed"
            )
        )
        return MessageToDict(answer.inputs), {f.property: f.reason for f in answer.failures}

    def checked(self, token: str, news: Properties, olds: Properties | None = None) -> Properties:
        inputs, failures = self.check(token, news, olds)
        assert failures == {}
        return inputs

    def diff(self, token: str, state: Properties, olds: Properties, news: Properties) -> Any:
        return self.stub.Diff(
            proto.DiffRequest(
                id="x",
                urn=self.urn(token),
                olds=struct(state),
                old_inputs=struct(olds),
                news=struct(news),
            )
        )

    def create(
        self, token: str, inputs: Properties, preview: bool = False
    ) -> tuple[str, Properties]:
        answer = self.stub.Create(
            proto.CreateRequest(urn=self.urn(token), properties=struct(inputs), preview=preview)
        )
        return answer.id, MessageToDict(answer.properties)

    def read(
        self, token: str, identifier: str, state: Properties, inputs: Properties
    ) -> tuple[str, Properties, Properties]:
        answer = self.stub.Read(
            proto.ReadRequest(
                id=identifier,
                urn=self.urn(token),
                properties=struct(state),
                inputs=struct(inputs),
            )
        )
        return answer.id, MessageToDict(answer.properties), MessageToDict(answer.inputs)

    def update(
        self,
        token: str,
        state: Properties,
        olds: Properties,
        news: Properties,
        preview: bool = False,
    ) -> Properties:
        answer = self.stub.Update(
            proto.UpdateRequest(
                id="x",
                urn=self.urn(token),
                olds=struct(state),
                old_inputs=struct(olds),
                news=struct(news),
                preview=preview,
            )
        )
        return MessageToDict(answer.properties)

    def delete(self, token: str, state: Properties) -> None:
        self.stub.Delete(proto.DeleteRequest(id="x", urn=self.urn(token), properties=struct(state)))

    def invoke(self, token: str, args: Properties) -> Properties:
        answer = self.stub.Invoke(proto.InvokeRequest(tok=token, args=struct(args)))
        return MessageToDict(getattr(answer, "return"))


def refusal(ask: Callable[..., Any], *what: Any) -> str:
    """What the provider says to what it refuses."""
    with pytest.raises(grpc.RpcError) as refused:
        ask(*what)
    return refused.value.details() or ""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_aws(new_account=False) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def started(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    launcher = plugin.install(tmp_path_factory.mktemp("home"))["aws"]
    ambient = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    with subprocess.Popen(
        [launcher, "127.0.0.1:0"],
        env=ambient | cloud.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Plugin(ResourceProviderStub(channel))
        finally:
            process.terminate()


@pytest.fixture
def aws(started: Plugin) -> Plugin:
    started.configure(region=REGION, defaultTags=json.dumps({"tags": DEFAULT_TAGS}))
    return started


VARIANT = {
    "variantName": "main",
    "modelName": "m",
    "instanceType": "ml.inf2.xlarge",
    "initialInstanceCount": 1,
    "initialVariantWeight": 0.5,
    "containerStartupHealthCheckTimeoutInSeconds": 600,
    "routingConfigs": [{"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"}],
}
LIVES = SERVING | {
    "aws:sagemaker/model:Model": Life(
        {
            "executionRoleArn": ROLE,
            "primaryContainer": {
                "image": "djl:1",
                "environment": {"TP_DEGREE": "2"},
                "modelDataSource": {
                    "s3DataSources": [
                        {
                            "s3Uri": "s3://models/llama/",
                            "s3DataType": "S3Prefix",
                            "compressionType": "None",
                        }
                    ]
                },
            },
            "enableNetworkIsolation": True,
            "vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
            "tags": {"lichen:model": "llama"},
        },
        {"tags": {"lichen:model": "qwen", "new": "yes"}},
        {"enableNetworkIsolation": False},
    ),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": Life(
        {
            "productionVariants": [VARIANT],
            "kmsKeyArn": "arn:aws:kms:eu-north-1:123456789012:key/k",
            "asyncInferenceConfig": {
                "outputConfig": {
                    "s3OutputPath": "s3://answers/",
                    "kmsKeyId": "k",
                    "notificationConfig": {
                        "includeInferenceResponseIns": ["SUCCESS_NOTIFICATION_TOPIC"]
                    },
                },
                "clientConfig": {"maxConcurrentInvocationsPerInstance": 4},
            },
            "dataCaptureConfig": {
                "enableCapture": True,
                "initialSamplingPercentage": 10,
                "destinationS3Uri": "s3://captured/",
                "captureOptions": [{"captureMode": "Input"}],
            },
            "tags": {"lichen:model": "llama"},
        },
        {"tags": {"lichen:model": "qwen"}},
        {"productionVariants": [VARIANT | {"instanceType": "ml.c7g.large"}]},
    ),
    "aws:sagemaker/endpoint:Endpoint": Life(
        {
            "endpointConfigName": "c1",
            "deploymentConfig": {
                "blueGreenUpdatePolicy": {
                    "trafficRoutingConfiguration": {
                        "type": "CANARY",
                        "waitIntervalInSeconds": 60,
                        "canarySize": {"type": "CAPACITY_PERCENT", "value": 25},
                    },
                    "terminationWaitInSeconds": 120,
                },
                "autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]},
            },
            "tags": {"lichen:model": "llama"},
        },
        {"endpointConfigName": "c2", "tags": {"lichen:model": "qwen"}},
        {"name": "other"},
    ),
    "aws:iam/role:Role": Life(
        {
            "assumeRolePolicy": json.dumps(TRUST),
            "description": "serves",
            "maxSessionDuration": 7200,
            "permissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
            "tags": {"lichen:model": "llama"},
        },
        {
            "assumeRolePolicy": json.dumps(TRUST | {"Id": "other"}),
            "description": None,
            "permissionsBoundary": None,
            "tags": None,
        },
        {"path": "/serving/"},
    ),
    "aws:iam/rolePolicy:RolePolicy": Life(
        {"role": "serving", "policy": json.dumps(POLICY)},
        {"policy": json.dumps(POLICY | {"Id": "other"})},
        {"role": "another"},
    ),
    "aws:kms/key:Key": Life(
        {
            "description": "weights",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": json.dumps(POLICY),
            "tags": {"lichen:model": "llama"},
        },
        {
            "description": None,
            "enableKeyRotation": None,
            "isEnabled": False,
            "deletionWindowInDays": 10,
            "policy": json.dumps(POLICY | {"Id": "other"}),
            "tags": {"lichen:model": "qwen"},
        },
        {"keyUsage": "SIGN_VERIFY"},
    ),
    "aws:kms/alias:Alias": Life(
        {"targetKeyId": "KEY 1"},
        {"targetKeyId": "KEY 2"},
        {"name": "alias/other"},
    ),
    "aws:cloudwatch/logGroup:LogGroup": Life(
        {
            "name": "/aws/sagemaker/Endpoints/chat",
            "retentionInDays": 30,
            "kmsKeyId": "arn:aws:kms:eu-north-1:123456789012:key/k",
            "tags": {"lichen:model": "llama"},
        },
        {"retentionInDays": None, "kmsKeyId": None, "tags": {"lichen:model": "qwen"}},
        {"logGroupClass": "INFREQUENT_ACCESS"},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Life(
        {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 2,
            "datapointsToAlarm": 1,
            "metricName": "ModelLatency",
            "namespace": "AWS/SageMaker",
            "dimensions": {"EndpointName": "chat", "VariantName": "main"},
            "period": 60,
            "extendedStatistic": "p95",
            "threshold": 0.5,
            "treatMissingData": "notBreaching",
            "evaluateLowSampleCountPercentiles": "ignore",
            "alarmDescription": "slow",
            "alarmActions": ["arn:aws:sns:eu-north-1:123456789012:page"],
            "okActions": ["arn:aws:sns:eu-north-1:123456789012:page"],
            "tags": {"lichen:model": "llama"},
        },
        {
            "threshold": 1.5,
            "dimensions": {"EndpointName": "chat"},
            "alarmActions": None,
            "tags": {"lichen:model": "qwen"},
        },
        {"name": "other"},
    ),
    "aws:appautoscaling/target:Target": Life(
        {
            **TARGET,
            "resourceId": "endpoint/new/variant/main",
            "minCapacity": 0,
            "maxCapacity": 4,
            "roleArn": ROLE,
            "suspendedState": {"dynamicScalingInSuspended": True},
            "tags": {"lichen:model": "llama"},
        },
        {
            "minCapacity": 1,
            "roleArn": ROLE + "2",
            "suspendedState": {"dynamicScalingInSuspended": False},
            "tags": {"lichen:model": "qwen"},
        },
        {"resourceId": "endpoint/chat/variant/other"},
    ),
    "aws:appautoscaling/policy:Policy": Life(
        {
            **TARGET,
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 70.5,
                "scaleInCooldown": 300,
                "customizedMetricSpecification": {
                    "metricName": "ConcurrentRequestsPerModel",
                    "namespace": "AWS/SageMaker",
                    "statistic": "Maximum",
                    "dimensions": [{"name": "EndpointName", "value": "chat"}],
                },
            },
        },
        {
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 50,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
            }
        },
        {"name": "other"},
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": Life(
        {
            **TARGET,
            "schedule": "cron(0 7 ? * MON-FRI *)",
            "timezone": "Europe/Paris",
            "scalableTargetAction": {"minCapacity": 1, "maxCapacity": 2},
        },
        {"scalableTargetAction": {"minCapacity": 1, "maxCapacity": 3}},
        {"name": "other"},
    ),
    "aws:ssm/parameter:Parameter": Life(
        {
            "name": "/lichen/chat/prod/endpoint",
            "type": "String",
            "value": "one",
            "tags": {"a": "b"},
        },
        {"value": "two", "tags": {"a": "c"}},
        {"name": "/other"},
    ),
    "aws:cloudwatch/dashboard:Dashboard": Life(
        {"dashboardName": "chat", "dashboardBody": '{"widgets":[]}'},
        {"dashboardBody": '{"widgets":[],"start":"-PT6H"}'},
        {"dashboardName": "other"},
    ),
    "aws:scheduler/schedule:Schedule": Life(
        {
            "scheduleExpression": "cron(0 2 * * ? *)",
            "scheduleExpressionTimezone": "Europe/Stockholm",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15},
            "target": {
                "arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob",
                "roleArn": ROLE,
                "input": "{}",
                "retryPolicy": {"maximumRetryAttempts": 2},
            },
        },
        {"scheduleExpression": "rate(1 day)"},
        {"name": "other"},
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": Life(
        {"tags": {"lichen:model": "llama"}},
        {"tags": {"a": "b"}},
        {"name": "other"},
    ),
    "aws:cloudwatch/eventRule:EventRule": Life(
        {
            "description": "failed",
            "eventPattern": json.dumps({"source": ["aws.sagemaker"]}),
            "tags": {"lichen:model": "llama"},
        },
        {
            "eventPattern": json.dumps({"source": ["aws.batch"]}),
            "tags": {"lichen:model": "qwen"},
        },
        {"name": "other"},
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Life(
        {
            "rule": "failed",
            "targetId": "topic",
            "arn": "arn:aws:sns:eu-north-1:123456789012:page",
        },
        {"arn": "arn:aws:sns:eu-north-1:123456789012:other"},
        {"targetId": "other"},
    ),
}


@pytest.fixture(scope="module")
def world(cloud: Cloud) -> Iterator[dict[str, str]]:
    """What the types need, made past the provider, and taken away again."""
    sagemaker = cloud.client("sagemaker", REGION)
    kms = cloud.client("kms", REGION)
    scaling = cloud.client("application-autoscaling", REGION)
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2)]
    make_serving_role(cloud)
    cloud.upload("s3://models/llama/", REGION)
    sagemaker.create_model(
        ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "djl:1"}
    )
    variant = {"VariantName": "main", "ModelName": "m", "InitialInstanceCount": 1}
    for name in ("c1", "c2"):
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[variant | {"InstanceType": "ml.inf2.xlarge"}],
            AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://answers/"}},
        )
    endpoints = ("chat", "new")
    for name in endpoints:
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="c1")
    alarms = cloud.client("cloudwatch", REGION)
    alarms.put_metric_alarm(
        AlarmName="errors",
        MetricName="Invocation5XXErrors",
        Namespace="AWS/SageMaker",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    events = cloud.client("events", REGION)
    events.put_rule(Name="failed", EventPattern='{"source": ["aws.sagemaker"]}')
    target = {key[0].upper() + key[1:]: value for key, value in TARGET.items()}
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    with serving_world(cloud, REGION) as serving:
        yield {"KEY 1": keys[0], "KEY 2": keys[1], **serving}
    scaling.deregister_scalable_target(**target)
    events.delete_rule(Name="failed")
    drop_serving_role(cloud)
    alarms.delete_alarms(AlarmNames=["errors"])
    for name in endpoints:
        sagemaker.delete_endpoint(EndpointName=name)
    for name in ("c1", "c2"):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName="m")
    for key in keys:
        kms.schedule_key_deletion(KeyId=key)


@pytest.mark.parametrize("token", KINDS)
def test_a_life(aws: Plugin, cloud: Cloud, world: dict[str, str], token: str) -> None:
    def given(*properties: Properties) -> Properties:
        merged = {key: value for part in properties for key, value in part.items()}
        values: Properties = resolved(merged, world)
        return values

    life, outputs = LIVES[token], Resource(KINDS[token], Api()).outputs
    before = cloud.inventory()
    inputs = aws.checked(token, given(life.inputs))

    identifier, foreseen = aws.create(token, inputs, preview=True)
    assert identifier == ""
    assert {key for key, value in foreseen.items() if value == UNKNOWN} == outputs
    assert cloud.inventory() == before

    identifier, state = aws.create(token, inputs)
    assert identifier
    assert foreseen.keys() - {"alarmArns"} <= state.keys()
    assert {key: state[key] for key in life.inputs} == given(life.inputs)
    assert aws.read(token, identifier, state, inputs) == (identifier, state, inputs)
    again = aws.checked(token, given(life.inputs), inputs)
    assert aws.diff(token, state, inputs, again).changes == proto.DiffResponse.DIFF_NONE

    if life.in_place:
        news = aws.checked(token, given(life.inputs, life.in_place), inputs)
        difference = aws.diff(token, state, inputs, news)
        assert set(difference.diffs) - {"tagsAll"} == life.in_place.keys()
        assert difference.replaces == []
        aws.update(token, state, inputs, news, preview=True)
        assert aws.read(token, identifier, state, inputs) == (identifier, state, inputs)
        state = aws.update(token, state, inputs, news)
        assert aws.read(token, identifier, state, news) == (identifier, state, news)
        inputs = news

    other = aws.checked(token, given(life.inputs, life.in_place, life.replacing), inputs)
    assert list(aws.diff(token, state, inputs, other).replaces) == list(life.replacing)

    aws.delete(token, state)
    assert aws.read(token, identifier, state, inputs) == ("", {}, {})
    aws.delete(token, state)
    assert cloud.inventory() == before


# What each type's own calls cannot change, and the Terraform provider under pulumi_aws marks as
# forcing a new resource. (All types but IAM's are new in another region, too.)
REPLACED = {
    "aws:sagemaker/model:Model": {
        "name",
        "containers",
        "enableNetworkIsolation",
        "executionRoleArn",
        "inferenceExecutionConfig",
        "primaryContainer",
        "vpcConfig",
    },
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {
        "name",
        "asyncInferenceConfig",
        "dataCaptureConfig",
        "executionRoleArn",
        "kmsKeyArn",
        "productionVariants",
        "shadowProductionVariants",
    },
    "aws:sagemaker/endpoint:Endpoint": {"name"},
    "aws:iam/role:Role": {"name", "path"},
    "aws:iam/rolePolicy:RolePolicy": {"name", "role"},
    "aws:kms/key:Key": {
        "customKeyStoreId",
        "customerMasterKeySpec",
        "keyUsage",
        "multiRegion",
        "xksKeyId",
    },
    "aws:kms/alias:Alias": {"name"},
    "aws:cloudwatch/logGroup:LogGroup": {"name", "logGroupClass"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"name"},
    "aws:appautoscaling/target:Target": {*TARGET},
    "aws:appautoscaling/policy:Policy": {"name", *TARGET},
    "aws:appautoscaling/scheduledAction:ScheduledAction": {"name", *TARGET},
    "aws:ssm/parameter:Parameter": {"name"},
    "aws:cloudwatch/dashboard:Dashboard": {"dashboardName"},
    "aws:scheduler/schedule:Schedule": {"name", "groupName"},
    "aws:cloudwatch/eventRule:EventRule": {"name", "eventBusName"},
    "aws:cloudwatch/eventTarget:EventTarget": {"rule", "eventBusName", "targetId"},
}


@pytest.mark.parametrize("token", [token for token, kind in KINDS.items() if not kind.partial])
def test_what_makes_a_new_resource(token: str) -> None:
    resource = Resource(KINDS[token], Api())
    assert resource.inputs.keys() - resource.mutable - {"region"} == REPLACED[token]


def test_a_region_is_a_new_resource_and_not_in_the_way(aws: Plugin) -> None:
    token = "aws:cloudwatch/logGroup:LogGroup"
    state = {"name": "/l", "region": REGION}
    difference = aws.diff(token, state, {"name": "/l"}, {"name": "/l", "region": "us-east-1"})
    assert (list(difference.replaces), difference.deleteBeforeReplace) == (["region"], False)
    aws.configure(region="us-east-1")
    assert aws.diff(token, state, {"name": "/l"}, {"name": "/l"}).replaces == ["region"]


@pytest.mark.parametrize(
    ("token", "olds", "news", "first"),
    [
        ("aws:sagemaker/model:Model", {"name": "m"}, {"name": "m", "executionRoleArn": "r"}, True),
        (
            "aws:sagemaker/model:Model",
            {"name": "m", "__defaults": ["name"]},
            {"name": "m", "__defaults": ["name"], "executionRoleArn": "r"},
            False,
        ),
        ("aws:sagemaker/model:Model", {"name": "m"}, {"name": "n"}, False),
        ("aws:kms/key:Key", {}, {"multiRegion": True}, False),
    ],
)
def test_the_old_goes_first_only_when_its_name_is_in_the_way(
    aws: Plugin, token: str, olds: Properties, news: Properties, first: bool
) -> None:
    difference = aws.diff(token, {"region": REGION}, olds, news)
    assert difference.replaces
    assert difference.deleteBeforeReplace is first


# Names


def test_a_name_is_made_up_kept_and_made_anew(aws: Plugin) -> None:
    token = "aws:sagemaker/endpoint:Endpoint"
    inputs = aws.checked(token, {"endpointConfigName": "c"})
    assert inputs["name"] == "chat-19b2585"
    kept = aws.checked(token, {"endpointConfigName": "d"}, inputs | {"name": "chat-0000000"})
    assert kept["name"] == "chat-0000000"
    given = aws.checked(token, {"endpointConfigName": "c", "name": "mine"}, inputs)
    assert (given["name"], "__defaults" in given) == ("mine", False)
    assert aws.checked(token, {"endpointConfigName": "c"}, given)["name"] == "chat-19b2585"
    alias = aws.checked("aws:kms/alias:Alias", {"targetKeyId": "k"})
    assert alias["name"] == "alias/chat-19b2585"


# What is refused, and how


def test_a_misspelt_property_is_refused_by_name(aws: Plugin) -> None:
    _, failures = aws.check(
        "aws:cloudwatch/logGroup:LogGroup", {"retentionInDay": 30, "namePrefix": "/x"}
    )
    assert failures.keys() == {"retentionInDay", "namePrefix"}
    assert "did you mean retentionInDays?" in failures["retentionInDay"]


def test_a_misspelt_part_of_a_property_is_refused_by_its_path(aws: Plugin) -> None:
    wrong = {key: value for key, value in VARIANT.items() if key != "instanceType"}
    _, failures = aws.check(
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        {"productionVariants": [VARIANT, wrong | {"instanceTyp": "ml.inf2.xlarge"}]},
    )
    assert failures.keys() == {"productionVariants[1].instanceTyp"}
    assert "did you mean instanceType?" in failures["productionVariants[1].instanceTyp"]


def test_what_pulumi_aws_does_not_have_is_refused(aws: Plugin) -> None:
    scale_in = {"managedInstanceScaling": {"status": "ENABLED", "scaleInPolicy": {}}}
    _, failures = aws.check(
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        {"productionVariants": [VARIANT | scale_in]},
    )
    assert failures.keys() == {"productionVariants[0].managedInstanceScaling.scaleInPolicy"}


def test_a_missing_property_is_named(aws: Plugin) -> None:
    _, failures = aws.check("aws:sagemaker/endpoint:Endpoint", {})
    assert failures == {"endpointConfigName": "is required"}


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        ({"initialInstanceCount": "two"}, r"InitialInstanceCount, value: two.*valid types.*int"),
        ({"initialInstanceCount": -1}, r"InitialInstanceCount, value: -1, valid min value: 1"),
        ({"initialInstanceCount": 1.5}, r"InitialInstanceCount, value: 1.5.*valid types.*int"),
        ({"variantName": None}, r'Missing required parameter.*"VariantName"'),
    ],
)
def test_a_body_that_botocore_finds_wrong_is_refused_before_it_is_sent(
    aws: Plugin, variant: Properties, why: str
) -> None:
    _, failures = aws.check(
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        {"productionVariants": [VARIANT | variant]},
    )
    assert failures.keys() == {"productionVariants"}
    assert re.search(why, failures["productionVariants"])


def test_no_region_is_an_error_that_names_it(aws: Plugin) -> None:
    aws.configure()
    _, failures = aws.check("aws:cloudwatch/logGroup:LogGroup", {})
    assert failures.keys() == {"region"}
    assert "AWS_REGION" in failures["region"]
    assert aws.checked("aws:cloudwatch/logGroup:LogGroup", {"region": REGION})
    assert aws.checked("aws:iam/role:Role", {"assumeRolePolicy": "{}"})


def test_a_type_that_is_not_there_is_refused_by_name(aws: Plugin) -> None:
    refused = refusal(aws.check, "aws:s3/bucket:Bucket", {})
    assert "aws:s3/bucket:Bucket is not in this emulated AWS" in refused
    assert "aws:sagemaker/endpoint:Endpoint" in refused


def test_what_aws_refuses_says_type_call_and_reason(aws: Plugin, world: dict[str, str]) -> None:
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    bogus = VARIANT | {"instanceType": "ml.bogus.xlarge"}
    inputs = aws.checked(token, {"productionVariants": [bogus]})
    refused = refusal(aws.create, token, inputs)
    assert refused.startswith(
        "aws:sagemaker/endpointConfiguration: CreateEndpointConfig: ValidationException: "
        "1 validation error detected: Value 'ml.bogus.xlarge' at "
        "'productionVariants.1.member.instanceType' failed"
    )


def test_it_speaks_to_an_emulated_aws_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.amazonaws.com")
    with pytest.raises(Refused, match="emulated AWS on this machine only"):
        Api().call("sts", REGION, "GetCallerIdentity", {})
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(Refused, match="emulated AWS on this machine only"):
        Api().call("sts", REGION, "GetCallerIdentity", {})


# Values that are not known yet


def test_unknown_values_pass_check_and_differ(aws: Plugin) -> None:
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    unknown = VARIANT | {"modelName": UNKNOWN, "initialInstanceCount": UNKNOWN}
    inputs = aws.checked(token, {"productionVariants": [unknown], "kmsKeyArn": UNKNOWN})
    assert inputs["productionVariants"] == [unknown]
    identifier, state = aws.create(token, inputs, preview=True)
    assert (identifier, state["kmsKeyArn"], state["arn"]) == ("", UNKNOWN, UNKNOWN)
    known = aws.checked(token, {"productionVariants": [VARIANT]}, inputs)
    assert aws.diff(token, {"region": REGION}, known, inputs).replaces
    tags = aws.checked("aws:iam/role:Role", {"assumeRolePolicy": UNKNOWN, "tags": UNKNOWN})
    assert tags["tagsAll"] == UNKNOWN


def test_a_preview_of_an_update_keeps_what_stays(aws: Plugin) -> None:
    olds = {"name": "e", "endpointConfigName": "c1"}
    state = {**olds, "arn": "arn:e", "region": REGION}
    news = olds | {"endpointConfigName": UNKNOWN}
    foreseen = aws.update("aws:sagemaker/endpoint:Endpoint", state, olds, news, preview=True)
    assert foreseen == state | {"endpointConfigName": UNKNOWN}


# Tags


def test_default_tags_are_put_on_and_given_ones_win(aws: Plugin, cloud: Cloud) -> None:
    token = "aws:cloudwatch/logGroup:LogGroup"
    aws.configure(region=REGION, defaultTags={"tags": {"team": "platform", "stage": "dev"}})
    inputs = aws.checked(token, {"name": "/l", "tags": {"stage": "prod"}})
    identifier, state = aws.create(token, inputs)
    assert state["tags"] == {"stage": "prod"}
    assert state["tagsAll"] == {"team": "platform", "stage": "prod"}
    logs = cloud.client("logs", REGION)
    assert logs.list_tags_for_resource(resourceArn=state["arn"])["tags"] == state["tagsAll"]

    logs.tag_resource(resourceArn=state["arn"], tags={"by": "hand", "team": "other"})
    _, now, then = aws.read(token, identifier, state, inputs)
    assert now["tags"] == {"stage": "prod", "by": "hand", "team": "other"}
    assert then["tags"] == now["tags"]
    aws.delete(token, state)


# What happens behind the engine's back


def test_a_refresh_sees_what_was_changed_and_removed(aws: Plugin, cloud: Cloud) -> None:
    token = "aws:cloudwatch/logGroup:LogGroup"
    inputs = aws.checked(token, {"name": "/l", "retentionInDays": 30})
    identifier, state = aws.create(token, inputs)
    logs = cloud.client("logs", REGION)

    logs.put_retention_policy(logGroupName="/l", retentionInDays=7)
    _, changed, then = aws.read(token, identifier, state, inputs)
    assert (changed["retentionInDays"], then["retentionInDays"]) == (7, 7)
    logs.delete_retention_policy(logGroupName="/l")
    _, changed, then = aws.read(token, identifier, state, inputs)
    assert "retentionInDays" not in changed.keys() | then.keys()
    assert list(aws.diff(token, changed, then, inputs).diffs) == ["retentionInDays"]

    logs.delete_log_group(logGroupName="/l")
    assert aws.read(token, identifier, state, inputs)[0] == ""
    refused = refusal(aws.update, token, state, inputs, inputs | {"retentionInDays": 14})
    assert "ResourceNotFoundException" in refused
    aws.delete(token, state)


def test_a_machine_type_is_read_back_from_within(aws: Plugin, world: dict[str, str]) -> None:
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    identifier, state, inputs = aws.read(token, "c1", {}, {})
    assert identifier == "c1"
    assert inputs["productionVariants"][0]["instanceType"] == "ml.inf2.xlarge"
    assert state["arn"].endswith(":endpoint-config/c1")


def test_a_number_that_pulumi_aws_has_as_a_string(aws: Plugin, world: dict[str, str]) -> None:
    token = "aws:appautoscaling/policy:Policy"
    step = {"metricIntervalLowerBound": "0", "scalingAdjustment": 1}
    steps = {"adjustmentType": "ChangeInCapacity", "cooldown": 300, "stepAdjustments": [step]}
    given = {**TARGET, "stepScalingPolicyConfiguration": steps}
    inputs = aws.checked(token, given)
    identifier, state = aws.create(token, inputs)
    assert state["policyType"] == "StepScaling"
    assert aws.read(token, identifier, state, inputs) == (identifier, state, inputs)
    aws.delete(token, state)
    steps["stepAdjustments"] = [step | {"metricIntervalLowerBound": "none"}]
    _, failures = aws.check(token, given)
    path = "stepScalingPolicyConfiguration.stepAdjustments[0].metricIntervalLowerBound"
    assert failures == {path: "takes a number in a string, got 'none'"}


def test_an_import_takes_the_identity_from_the_id(aws: Plugin, world: dict[str, str]) -> None:
    policy = "aws:iam/rolePolicy:RolePolicy"
    given = {"role": "serving", "name": "weights", "policy": json.dumps(POLICY)}
    identifier, state = aws.create(policy, aws.checked(policy, given))
    _, found, inputs = aws.read(policy, identifier, {}, {})
    assert (found, inputs) == (given, given | {"__defaults": sorted(given)})
    aws.delete(policy, state)
    assert aws.read(policy, identifier, {}, {})[0] == ""
    refused = refusal(aws.read, "aws:appautoscaling/policy:Policy", "p", {}, {})
    assert "does not say its resourceId" in refused


def test_a_cluster_of_ecs_is_imported_by_its_name(aws: Plugin) -> None:
    cluster = "aws:ecs/cluster:Cluster"
    identifier, state = aws.create(cluster, aws.checked(cluster, {"name": "chat"}))
    imported, found, _ = aws.read(cluster, "chat", {}, {})
    assert (imported, found["arn"]) == (identifier, identifier)
    assert aws.read(cluster, identifier, {}, {})[0] == ""
    aws.delete(cluster, state)


def test_what_aws_filled_in_of_an_import_is_no_change_where_nobody_gives_it(aws: Plugin) -> None:
    key, given = "aws:kms/key:Key", {"description": "d", "enableKeyRotation": True}
    identifier, state = aws.create(key, aws.checked(key, given))
    _, found, inputs = aws.read(key, identifier, {}, {})
    assert inputs.keys() > {*given, "customerMasterKeySpec"}
    assert list(aws.diff(key, found, inputs, aws.checked(key, given)).diffs) == []
    changed = aws.checked(key, given | {"description": "other"})
    assert list(aws.diff(key, found, inputs, changed).diffs) == ["description"]
    aws.delete(key, state)


def test_what_fails_half_made_is_taken_away_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Api):
        def call(self, service: str, region: str, operation: str, parameters: Properties) -> Any:
            if operation == "PutRetentionPolicy":
                raise CallRefused(operation, "LimitExceededException", "enough", gone=False)
            return super().call(service, region, operation, parameters)

    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    before = cloud.inventory()
    groups = Resource(KINDS["aws:cloudwatch/logGroup:LogGroup"], Failing())
    with pytest.raises(CallRefused, match="enough"):
        groups.create({"name": "/l", "retentionInDays": 7}, Configuration(REGION), preview=False)
    assert cloud.inventory() == before


# Functions


def test_functions(aws: Plugin) -> None:
    who = aws.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert who["accountId"] == "123456789012"
    refused = refusal(aws.invoke, "aws:ec2/getVpcs:getVpcs", {})
    assert "aws:ec2/getVpcs:getVpcs is not in this emulated AWS" in refused


def test_it_is_the_version_that_pulumi_aws_asks_for(aws: Plugin) -> None:
    assert aws.stub.GetPluginInfo(Empty()).version == metadata.version("pulumi_aws")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, None])
def test_it_ends_when_the_engine_says_so_or_is_gone(
    tmp_path: Path, stop: signal.Signals | None
) -> None:
    launcher = plugin.install(tmp_path)["aws"]
    with subprocess.Popen(
        [launcher, "127.0.0.1:0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline().strip().isdigit()
        if stop:
            process.send_signal(stop)
        else:
            process.stdin.close()
        assert process.wait(timeout=30) == 0

"""The emulated AWS holds each request against the model of its operation, as AWS does."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.aws.emulator.constraints import compiled
from sandbox.aws.provider.kinds import KINDS
from tests.sandbox.serving_role import ROLE, TRUST, make_serving_role

REGION = "eu-north-1"
VARIANT = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.c7g.large"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_aws(new_account=False) as cloud:
        make_serving_role(cloud)
        yield cloud


def model(**more: Any) -> dict[str, Any]:
    return {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i"}} | more


def alarm(**more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "a",
        "MetricName": "m",
        "Namespace": "n",
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    } | more


def configuration(**variant: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "c", "ProductionVariants": [VARIANT | variant]}


# Service, operation, parameters that botocore's client sends on, code, and what AWS says of them.
REFUSED = [
    (
        "sagemaker",
        "create_endpoint",
        {"EndpointName": "my_chat", "EndpointConfigName": "c"},
        "ValidationException",
        r"1 validation error detected: Value 'my_chat' at 'endpointName' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: \[a-zA-Z0-9\]",
    ),
    (
        "sagemaker",
        "create_endpoint",
        {"EndpointName": "x" * 64, "EndpointConfigName": "Chat.Bot"},
        "ValidationException",
        r"3 validation errors detected: .*endpointName.*length less than or equal to 63;"
        r".*'Chat\.Bot' at 'endpointConfigName'",
    ),
    (
        "sagemaker",
        "create_model",
        model(ExecutionRoleArn="arn:aws:iam::1:user/somebody"),
        "ValidationException",
        r"at 'executionRoleArn' failed .*regular expression",
    ),
    (
        "sagemaker",
        "create_model",
        model(VpcConfig={"Subnets": [f"subnet-{n}" for n in range(17)], "SecurityGroupIds": ["g"]}),
        "ValidationException",
        r"at 'vpcConfig\.subnets' failed .*length less than or equal to 16",
    ),
    (
        "sagemaker",
        "create_model",
        model(PrimaryContainer={"Image": "i", "Environment": {"1ST": "value"}}),
        "ValidationException",
        r"Value '1ST' at 'primaryContainer\.environment\.key' failed",
    ),
    (
        "sagemaker",
        "create_endpoint_config",
        configuration(InferenceAmiVersion="al2-ami-sagemaker-inference-neuron-9"),
        "ValidationException",
        r"'productionVariants\.1\.member\.inferenceAmiVersion' .*enum value set: \[.*neuron-2",
    ),
    (
        "sagemaker",
        "create_endpoint_config",
        configuration(VolumeSizeInGB=513),
        "ValidationException",
        r"volumeSizeInGB' .*value less than or equal to 512",
    ),
    (
        "sagemaker",
        "create_endpoint_config",
        configuration(ServerlessConfig={"MemorySizeInMB": 9216, "MaxConcurrency": 201}),
        "ValidationException",
        r"2 validation errors detected: .*memorySizeInMB.*maxConcurrency",
    ),
    (
        "application-autoscaling",
        "register_scalable_target",
        {
            "ServiceNamespace": "sagemaker",
            "ResourceId": "endpoint/e/variant/v",
            "ScalableDimension": "sagemaker:variant:InstanceCount",
        },
        "ValidationException",
        r"scalableDimension' .*sagemaker:inference-component:DesiredCopyCount",
    ),
    (
        "cloudwatch",
        "put_metric_alarm",
        alarm(Statistic="Median"),
        "ValidationError",
        r"'Median' at 'statistic' .*SampleCount",
    ),
    (
        "iam",
        "create_role",
        {"RoleName": "chat/role", "AssumeRolePolicyDocument": "{}"},
        "ValidationError",
        r"'chat/role' at 'roleName'",
    ),
    (
        "kms",
        "create_alias",
        {"AliasName": "alias/chat bot", "TargetKeyId": "k"},
        "ValidationException",
        r"'alias/chat bot' at 'aliasName'",
    ),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "chat group"},
        "InvalidParameterException",
        r"'chat group' at 'logGroupName'",
    ),
    (
        "lambda",
        "create_function",
        {
            "FunctionName": "f",
            "Role": ROLE,
            "Code": {"ImageUri": "111122223333.dkr.ecr.eu-north-1.amazonaws.com/f:1"},
            "MemorySize": 40000,
            "Architectures": ["arm"],
        },
        "ValidationException",
        r"memorySize' .*less than or equal to 32768; .*architectures.*\[x86_64, arm64\]",
    ),
]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "said"),
    [pytest.param(*row, id=f"{row[0]}-{row[1]}-{n}") for n, row in enumerate(REFUSED)],
)
def test_what_the_model_does_not_allow_is_refused_with_the_member(
    cloud: Cloud, service: str, operation: str, parameters: dict[str, Any], code: str, said: str
) -> None:
    before = cloud.inventory()
    region = "us-east-1" if service == "iam" else REGION  # IAM has one place for all regions
    call: Callable[..., Any] = getattr(cloud.client(service, region), operation)
    with pytest.raises(ClientError, match=said) as refused:
        call(**parameters)
    assert refused.value.response["Error"]["Code"] == code
    assert cloud.inventory() == before


def test_what_the_model_allows_passes(cloud: Cloud) -> None:
    sagemaker, iam = cloud.client("sagemaker", REGION), cloud.client("iam", "us-east-1")
    tags = [{"Key": "lichen:größe", "Value": "a b/c+d=e@f-g 😀"[:-2]}]
    sagemaker.create_model(**model(ModelName="m" + 31 * "-x", Tags=tags))
    sagemaker.delete_model(ModelName="m" + 31 * "-x")
    iam.create_role(
        RoleName="a+b=c,d.e@f-g", AssumeRolePolicyDocument=json.dumps(TRUST), Description="größer"
    )
    iam.delete_role(RoleName="a+b=c,d.e@f-g")
    with pytest.raises(ClientError, match=r"tags\.1\.member\.value"):
        sagemaker.create_model(**model(Tags=[{"Key": "k", "Value": "😀"}]))


def test_a_pattern_is_of_the_whole_value_and_of_ascii() -> None:
    assert compiled("[a-z]+").fullmatch("chat")
    assert not compiled(r"\w+").fullmatch("größe")
    assert compiled(r"[\p{L}]+").fullmatch("größe")
    surrogates = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF]*"
    assert compiled(surrogates).fullmatch("a😀")
    assert not compiled(surrogates).fullmatch("a\x07")
    assert not compiled(r"\p{Print}+").fullmatch("a\n")
    assert compiled(r"arn:[\w-/]+").fullmatch("arn:a-b/c")


MORE = ("autoscaling", "cloudcontrol", "ec2", "ecr", "ecs", "elbv2", "lambda", "service-quotas")
MORE += ("scheduler", "sns", "ssm")


@pytest.mark.parametrize("service", sorted({kind.service for kind in KINDS.values()} | {*MORE}))
def test_every_pattern_can_be_checked(service: str) -> None:
    shapes = get_session().get_service_model(service)
    for name in shapes.shape_names:
        pattern = shapes.shape_for(name).metadata.get("pattern")
        if pattern:
            compiled(pattern)

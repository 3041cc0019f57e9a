"""pulumi-resource-aws-native over the emulated Cloud Control: what a stack does with it."""

import json
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pulumi import _types

from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.aws.cloud_types import CLOUD_TYPES
from sandbox.aws.provider.api import Api
from sandbox.aws.provider.native import Native, parts
from sandbox.aws.provider.resource import Configuration
from sandbox.aws.provider.shapes import UNKNOWN
from sandbox.errors import CallRefused
from sandbox.inputs import Properties
from tests.sandbox.serving_role import ROLE, make_serving_role

REGION = "eu-north-1"
HERE = Configuration(REGION)
VARIANT = {
    "variantName": "all",
    "instanceType": "ml.inf2.xlarge",
    "initialInstanceCount": 1,
    "managedInstanceScaling": {
        "status": "ENABLED",
        "minInstanceCount": 0,
        "maxInstanceCount": 2,
        "scaleInPolicy": {"strategy": "IDLE_RELEASE", "cooldownInMinutes": 20},
    },
    "routingConfig": {"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
}
CONFIG = {
    "executionRoleArn": ROLE,
    "enableNetworkIsolation": True,
    "productionVariants": [VARIANT],
    "vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
    "tags": [{"key": "lichen:model", "value": "llama"}],
}
COMPONENT = {
    "variantName": "all",
    "specification": {
        "modelName": "m",
        "computeResourceRequirements": {
            "numberOfAcceleratorDevicesRequired": 1,
            "minMemoryRequiredInMb": 8192,
        },
        "startupParameters": {"containerStartupHealthCheckTimeoutInSeconds": 900},
    },
    "runtimeConfig": {"copyCount": 1},
    "tags": [{"key": "lichen:model", "value": "llama"}],
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with emulated_aws(new_account=False) as cloud:
        make_serving_role(cloud)
        cloud.client("sagemaker", REGION).create_model(
            ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"}
        )
        cloud.client("cloudwatch", REGION).put_metric_alarm(
            AlarmName="errors",
            MetricName="Invocation5XXErrors",
            Namespace="AWS/SageMaker",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        yield cloud


@pytest.fixture
def api(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Api:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    return Api()


def native(api: Api, kind: str) -> Native:
    return Native(CLOUD_TYPES[f"AWS::SageMaker::{kind}"], api)


def up(resource: Native, given: Properties) -> tuple[Properties, Properties]:
    """The inputs and the state of a new resource."""
    inputs, failures = resource.check("chat", {}, given, b"seed", HERE)
    assert failures == []
    foreseen = resource.create(inputs, HERE, preview=True)
    assert {key for key, value in foreseen.items() if value == UNKNOWN} == resource.outputs
    state = resource.create(inputs, HERE, preview=False)
    assert resource.read(resource.identifier(state), state, inputs, HERE) == (state, inputs)
    again, _ = resource.check("chat", inputs, given, b"other", HERE)
    assert not resource.diff(inputs, again, state, HERE).changed
    return inputs, state


def test_an_endpoint_with_a_component_lives(cloud: Cloud, api: Api) -> None:
    sagemaker = cloud.client("sagemaker", REGION)
    before = cloud.inventory()
    configs, endpoints, components = (
        native(api, kind) for kind in ("EndpointConfig", "Endpoint", "InferenceComponent")
    )
    config, config_state = up(configs, CONFIG)
    described = sagemaker.describe_endpoint_config(EndpointConfigName=config["endpointConfigName"])
    assert described["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert described["EnableNetworkIsolation"]
    assert described["ProductionVariants"][0]["ManagedInstanceScaling"]["MinInstanceCount"] == 0
    alarms = {"autoRollbackConfiguration": {"alarms": [{"alarmName": "errors"}]}}
    endpoint, endpoint_state = up(
        endpoints,
        {
            "endpointName": "chat",
            "endpointConfigName": config["endpointConfigName"],
            "retainAllVariantProperties": True,
        },
    )
    assert endpoint_state["endpointArn"].endswith(":endpoint/chat")
    component, state = up(components, {**COMPONENT, "endpointName": "chat"})
    assert state["inferenceComponentStatus"] == "InService"
    made = cloud.inventory()
    assert {kind: names for kind, names in made.items() if names != before.get(kind)} == {
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": [
            f"{REGION}/{config['endpointConfigName']}"
        ],
        "aws:sagemaker/endpoint:Endpoint": [f"{REGION}/chat"],
        "aws-native:sagemaker:InferenceComponent": [
            f"{REGION}/{component['inferenceComponentName']}"
        ],
    }

    # Scaled to zero behind the engine's back: no input, and an update of tags leaves it there.
    name = component["inferenceComponentName"]
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=name, DesiredRuntimeConfig={"CopyCount": 0}
    )
    _, then = components.read(components.identifier(state), state, component, HERE) or ({}, {})
    assert then == component
    retagged = {**component, "tags": [{"key": "lichen:model", "value": "qwen"}]}
    assert components.diff(component, retagged, state, HERE).replaced == set()
    components.update(state, component, retagged, HERE, preview=False)
    described = sagemaker.describe_inference_component(InferenceComponentName=name)
    assert described["RuntimeConfig"]["DesiredCopyCount"] == 0
    tags = sagemaker.list_tags(ResourceArn=state["inferenceComponentArn"])["Tags"]
    assert tags == [{"Key": "lichen:model", "Value": "qwen"}]
    more = {**retagged, "runtimeConfig": {"copyCount": 2}}
    components.update(state, retagged, more, HERE, preview=False)
    described = sagemaker.describe_inference_component(InferenceComponentName=name)
    assert described["RuntimeConfig"]["CurrentCopyCount"] == 2

    # Another configuration replaces the first, which the endpoint leaves in place.
    _, other_state = up(configs, {**CONFIG, "endpointConfigName": "chat-other"})
    change = configs.diff(config, {**config, "executionRoleArn": ROLE + "2"}, config_state, HERE)
    assert (change.replaced, change.delete_first) == ({"executionRoleArn"}, False)
    moved = {**endpoint, "endpointConfigName": "chat-other", "deploymentConfig": alarms}
    assert endpoints.diff(endpoint, moved, endpoint_state, HERE).replaced == set()
    endpoints.update(endpoint_state, endpoint, moved, HERE, preview=False)
    described = sagemaker.describe_endpoint(EndpointName="chat")
    assert described["EndpointConfigName"] == "chat-other"
    assert described["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]

    with pytest.raises(CallRefused, match=r"hosts inference components \[chat-"):
        endpoints.delete(endpoint_state, HERE)
    for resource, last in (
        (components, state),
        (endpoints, endpoint_state),
        (configs, other_state),
        (configs, config_state),
    ):
        resource.delete(last, HERE)
        resource.delete(last, HERE)
        assert resource.read(resource.identifier(last), last, {}, HERE) is None
    assert cloud.inventory() == before


def test_default_tags_are_put_on_and_given_ones_win(api: Api) -> None:
    configs = native(api, "EndpointConfig")
    tagged = Configuration(REGION, {"owner": "search", "lichen:model": "other"})
    inputs, failures = configs.check("chat", {}, CONFIG, b"seed", tagged)
    assert failures == []
    own = [*CONFIG["tags"], {"key": "owner", "value": "search"}]
    assert inputs["tags"] == own
    untagged = {key: value for key, value in CONFIG.items() if key != "tags"}
    inputs, _ = configs.check("chat", {}, untagged, b"seed", tagged)
    assert [tag["key"] for tag in inputs["tags"]] == ["lichen:model", "owner"]
    inputs, _ = configs.check("chat", {}, {**CONFIG, "tags": UNKNOWN}, b"seed", tagged)
    assert inputs["tags"] == UNKNOWN


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"endpointName": "none"}, r"NotFound: Could not find endpoint"),
        ({"runtimeConfig": {"copyCount": 0}}, r"InvalidRequest: CopyCount must be at least 1"),
        ({"specification": {"modelName": "m"}}, r"ComputeResourceRequirements is required"),
        ({"specification": None}, r"exactly one of Specification and Specifications"),
    ],
)
def test_what_aws_refuses_fails_with_its_words(
    cloud: Cloud, api: Api, change: Properties, said: str
) -> None:
    configs, endpoints = native(api, "EndpointConfig"), native(api, "Endpoint")
    _, config_state = up(configs, {**CONFIG, "endpointConfigName": "c"})
    _, state = up(endpoints, {"endpointName": "e", "endpointConfigName": "c"})
    components = native(api, "InferenceComponent")
    given = {**COMPONENT, "endpointName": "e", **change}
    inputs, _ = components.check("chat", {}, given, b"seed", HERE)
    with pytest.raises(CallRefused, match=said):
        components.create(inputs, HERE, preview=False)
    endpoints.delete(state, HERE)
    configs.delete(config_state, HERE)


def test_a_request_is_in_progress_until_it_is_asked_for(cloud: Cloud) -> None:
    control = cloud.client("cloudcontrol", REGION)
    config = {
        "EndpointConfigName": "c",
        "ExecutionRoleArn": ROLE,
        "ProductionVariants": [
            {"VariantName": "v", "InstanceType": "ml.c7g.large", "InitialInstanceCount": 1}
        ],
    }
    kind = "AWS::SageMaker::EndpointConfig"

    def create(**more: Any) -> dict[str, Any]:
        state = json.dumps(config | more)
        asked = control.create_resource(TypeName=kind, DesiredState=state)["ProgressEvent"]
        assert asked["OperationStatus"] == "IN_PROGRESS"
        return dict(asked)

    token = create()["RequestToken"]
    done = control.get_resource_request_status(RequestToken=token)["ProgressEvent"]
    assert (done["OperationStatus"], done["Identifier"][-18:]) == ("SUCCESS", ":endpoint-config/c")
    with pytest.raises(ClientError, match="Only a request that is pending"):
        control.cancel_resource_request(RequestToken=token)

    cancelled = create(EndpointConfigName="d")["RequestToken"]
    control.cancel_resource_request(RequestToken=cancelled)
    done = control.get_resource_request_status(RequestToken=cancelled)["ProgressEvent"]
    assert done["OperationStatus"] == "CANCEL_COMPLETE"

    token = create()["RequestToken"]
    taken = control.get_resource_request_status(RequestToken=token)["ProgressEvent"]
    assert (taken["OperationStatus"], taken["ErrorCode"]) == ("FAILED", "AlreadyExists")

    there = control.list_resources(TypeName=kind)["ResourceDescriptions"]
    identifiers = sorted(one["Identifier"] for one in there)
    assert [one.rpartition("/")[2] for one in identifiers] == ["c", "d"]
    patch = json.dumps([{"op": "replace", "path": "/ExecutionRoleArn", "value": ROLE + "2"}])
    token = control.update_resource(TypeName=kind, Identifier=identifiers[0], PatchDocument=patch)[
        "ProgressEvent"
    ]["RequestToken"]
    fixed = control.get_resource_request_status(RequestToken=token)["ProgressEvent"]
    assert fixed["ErrorCode"] == "NotUpdatable"
    for identifier in identifiers:
        control.delete_resource(TypeName=kind, Identifier=identifier)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        control.get_resource(TypeName=kind, Identifier=identifiers[0])

    with pytest.raises(ClientError, match=r"extraneous key \[Region\] is not permitted"):
        create(Region=REGION)
    with pytest.raises(ClientError, match="read-only"):
        create(EndpointConfigArn="arn:c")
    with pytest.raises(ClientError, match="TypeNotFoundException"):
        control.get_resource(TypeName="AWS::S3::Bucket", Identifier="b")
    with pytest.raises(ClientError, match="RequestTokenNotFoundException"):
        control.get_resource_request_status(RequestToken="none")


def arguments(kind: str) -> type:
    # Of the package, not of the kind's own module: pulumi_aws_native loads its packages when they
    # are first asked for something, and one that a module of its own asks is left half loaded.
    return getattr(import_module("pulumi_aws_native.sagemaker"), f"{kind}Args")


def differences(shape: Any, hint: Any, path: str) -> Iterator[str]:
    """Where a shape's members and the package's inputs differ, at any depth."""
    while shape.type_name in ("list", "map"):
        shape = shape.member if shape.type_name == "list" else shape.value
    hints = [hint]
    while hints and not (isinstance(hints[0], type) and _types.is_input_type(hints[0])):
        hints = [*hints[1:], *typing.get_args(hints[0])]
    if shape.type_name != "structure" or not hints:
        return
    theirs = _types.input_type_types(hints[0])
    ours = {name: of for name, (_, of) in parts(shape).items()}
    yield from (f"+{path}{name}" for name in ours.keys() - theirs.keys())
    yield from (f"-{path}{name}" for name in theirs.keys() - ours.keys())
    for name in ours.keys() & theirs.keys():
        yield from differences(ours[name], theirs[name], f"{path}{name}.")


@pytest.mark.parametrize("kind", ["EndpointConfig", "Endpoint", "InferenceComponent"])
def test_the_properties_are_those_of_pulumi_aws_native(kind: str) -> None:
    resource = native(Api(), kind)
    theirs = _types.input_type_types(arguments(kind))
    assert set(theirs) ^ resource.inputs.keys() <= {"endpointArn"}  # the name says it
    found = {
        difference
        for name in theirs.keys() & resource.inputs.keys()
        for difference in differences(resource.inputs[name][1], theirs[name], f"{name}.")
    }
    # Read-only, but not in AWS's list of those; and what the schema leaves to the other of two.
    assert {one[1:].rpartition(".")[2] for one in found} <= {
        "baseInferenceComponentName",
        "currentCopyCount",
        "currentDataCacheConfig",
        "deployedImage",
        "desiredCopyCount",
        "instanceType",
        "placementStatus",
    }
    outputs = _types.resource_types(getattr(sys.modules[arguments(kind).__module__], kind))
    assert resource.outputs == outputs.keys() - theirs.keys() - {"awsId"}

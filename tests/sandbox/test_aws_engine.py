"""A pulumi_aws program on the real engine over the emulated AWS, from up to destroy."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.aws import plugin
from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.aws.cloud_types import CLOUD_TYPES
from sandbox.aws.provider.kinds import KINDS
from sandbox.engine import ensure

PROGRAM = Path(__file__).with_name("aws_program")
REGION = "eu-north-1"
COMPONENT = "aws-native:sagemaker:InferenceComponent"
WHOLE = {token: kind for token, kind in KINDS.items() if not kind.partial}
WITHIN = {token for token, kind in WHOLE.items() if kind.listing is None}


@dataclass(frozen=True)
class Stack:
    """A stack of the program, and the cloud under it."""

    cloud: Cloud
    pulumi: Path
    directory: Path
    environment: dict[str, str]

    def must(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.pulumi, *arguments, "--non-interactive", "--color=never"],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    directory = tmp_path / "program"
    shutil.copytree(PROGRAM, directory)
    engine = ensure()
    with emulated_aws(new_account=False) as cloud:
        environment = engine.environment(tmp_path / "pulumi") | cloud.environment()
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
            environment.pop(name, None)
        plugin.install(Path(environment["PULUMI_HOME"]))
        stack = Stack(cloud, engine.path, directory, environment)
        stack.must("stack", "init", "dev")
        stack.must("config", "set", "aws:region", REGION)
        yield stack


def test_a_stack_lives_and_leaves_nothing(stack: Stack) -> None:
    cloud = stack.cloud
    sagemaker, logs = cloud.client("sagemaker", REGION), cloud.client("logs", REGION)
    far = cloud.client("logs", "eu-west-1")

    previewed = stack.must("preview")
    # One of each type, and the stack, two more providers and a log group.
    assert f"{len(WHOLE) + len(CLOUD_TYPES) + 4} to create" in previewed
    assert "warning" not in previewed
    assert cloud.inventory() == {}

    stack.must("up", "--yes", "--skip-preview")
    made = cloud.inventory()
    assert made.keys() | WITHIN == WHOLE.keys() | {COMPONENT}
    assert sorted(made["aws:cloudwatch/logGroup:LogGroup"]) == [
        f"{REGION}//aws/sagemaker/Endpoints/chat",
        "eu-west-1//far",
    ]
    assert json.loads(stack.must("stack", "output", "--json")) == {
        "endpoint": f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/chat",
        "account": "123456789012",
    }
    (group,) = far.describe_log_groups()["logGroups"]
    tags = far.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"]
    assert tags == {"team": "platform"}
    (copies,) = sagemaker.list_inference_components()["InferenceComponents"]
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=copies["InferenceComponentName"],
        DesiredRuntimeConfig={"CopyCount": 0},
    )
    (model,) = sagemaker.list_models()["Models"]
    container = sagemaker.describe_model(ModelName=model["ModelName"])["PrimaryContainer"]
    assert container["Environment"] == {"HF_TOKEN": "hush-hush"}
    assert "hush-hush" not in stack.must("stack", "export")

    stack.must("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    # Changed behind the engine's back, and put right.
    cloud.client("cloudwatch", REGION).delete_alarms(AlarmNames=["chat-errors"])
    logs.put_retention_policy(logGroupName="/aws/sagemaker/Endpoints/chat", retentionInDays=365)
    repaired = stack.must("up", "--yes", "--skip-preview", "--refresh")
    assert {
        "+ 1 created",
        "~ 1 updated",
        f"{len(WHOLE) + len(CLOUD_TYPES) + 2} unchanged",
    } <= summary(repaired)
    assert cloud.inventory() == made
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 30

    # Changed: the model and its configuration are new ones, and the far log group, whose name is
    # given, is new after the old is gone; the endpoints are the same.
    before = sagemaker.describe_endpoint(EndpointName="chat")
    stack.must("config", "set", "step", "2")
    changed = stack.must("up", "--yes", "--skip-preview")
    assert {"~ 8 updated", "+-4 replaced"} <= summary(changed)
    after = sagemaker.describe_endpoint(EndpointName="chat")
    assert after["CreationTime"] == before["CreationTime"]
    assert after["EndpointConfigName"] != before["EndpointConfigName"]
    (alarm,) = cloud.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
    assert alarm["Threshold"] == 10
    (group,) = far.describe_log_groups()["logGroups"]
    assert group["logGroupClass"] == "INFREQUENT_ACCESS"
    assert {kind: len(names) for kind, names in cloud.inventory().items()} == {
        kind: len(names) for kind, names in made.items()
    }

    stack.must("destroy", "--yes", "--skip-preview")
    assert cloud.inventory() == {}


def summary(printed: str) -> set[str]:
    """The lines under "Resources:"."""
    _, _, lines = printed.rpartition("Resources:")
    return {part.strip() for line in lines.splitlines() for part in line.split(". ")}

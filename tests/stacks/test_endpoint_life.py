"""The life of an endpoint on the real engine: refused, stopped, changed, with a twin, protected."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import CommandFailed
from sandbox.world import QUIET, World
from tests.components.narrowed import VECTORS
from tests.stacks.client import Client
from tests.stacks.test_deployment import Stack, stack

pytestmark = pytest.mark.xdist_group("endpoint-life")

REGION = "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:alarms"
DEV = {**VECTORS, "environment": "dev"}
ARGS: dict[str, Any] = {
    "alarm_topic": TOPIC,
    "dashboard": True,
    "shadow": {"artifacts": "s3://models-{region}/next/", "share": 0.5},
    "capture": {"destination": "s3://kept-{region}/vectors/", "percent": 10, "what": "input"},
    "schedules": [{"at": "cron(0 7 ? * MON-FRI *)", "minimum": 1, "maximum": 2}],
    "scaling_share": 0.5,
}
CONFIG = {"aws:region": REGION, "machine": "c7g.xlarge", "workload": DEV}


def interrupted(made: Stack, half_way: str) -> None:
    """An update that somebody stops when a resource of this type has been made."""
    arguments = [
        part
        for key, value in {**CONFIG, "args": ARGS}.items()
        for part in ("-c", f"{key}={value if isinstance(value, str) else json.dumps(value)}")
    ]
    update = subprocess.Popen(
        ["pulumi", "up", *QUIET, "--skip-preview", *arguments],
        cwd=made.directory,
        env=dict(made.place.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert update.stdout is not None
    assert any(f" {half_way} " in line and " created " in line for line in update.stdout)
    update.send_signal(signal.SIGINT)
    update.communicate(timeout=120)
    assert update.returncode != 0, "it was over before it was stopped"


def test_it_is_refused_interrupted_changed_and_lives_beside_its_twin(
    place: World, tmp_path: Path
) -> None:
    quotas = place.cloud.client("service-quotas", REGION)
    quota = {"ServiceCode": "sagemaker", "QuotaCode": "ml-c7g-xlarge"}
    quotas.request_service_quota_increase(**quota, DesiredValue=0)
    with stack(place, tmp_path / "one") as made:
        try:
            with pytest.raises(CommandFailed, match=r"is 0, and \d+ are needed") as refused:
                made.up(**CONFIG, args=ARGS)
        finally:
            quotas.request_service_quota_increase(**quota, DesiredValue=20)
        assert "aws service-quotas request-service-quota-increase" in str(refused.value)
        assert place.cloud.inventory() == {}

        interrupted(made, "aws:iam:Role")
        assert "aws:sagemaker/endpoint:Endpoint" not in place.cloud.inventory()
        made.up()
        name = made.output("endpoint_name")
        resources = made.resources()
        inputs = {key: value["inputs"] for key, value in resources.items() if "inputs" in value}
        config = inputs["vectors-config"]
        shadow = config["shadowProductionVariants"][0]
        assert shadow["modelName"] == resources["vectors-shadow"]["outputs"]["name"]
        assert shadow["initialVariantWeight"] == 0.5
        assert config["dataCaptureConfig"]["destinationS3Uri"] == "s3://kept-us-east-1/vectors/"
        allowed = json.loads(inputs["vectors-access"]["policy"])["Statement"]
        by_action = {action: one["Resource"] for one in allowed for action in one["Action"]}
        assert by_action["s3:PutObject"] == ["arn:aws:s3:::kept-us-east-1/vectors/*"]
        assert [one["Resource"] for one in allowed if "s3:GetObject" in one["Action"]] == [
            ["arn:aws:s3:::models-us-east-1/it/*"],
            ["arn:aws:s3:::models-us-east-1/next/*"],
        ]
        assert by_action["cloudwatch:DescribeAlarms"] == [
            f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}-rollout-{what}"
            for what in ("errors", "latency")
        ]
        assert inputs["vectors-idle"]["treatMissingData"] == "breaching"
        assert inputs["vectors-errors"]["alarmActions"] == [TOPIC]
        assert inputs["vectors-schedule-0"]["scalableTargetAction"] == {
            "minCapacity": 1,
            "maxCapacity": 2,
        }
        body = json.loads(inputs["vectors-dashboard"]["dashboardBody"])
        assert all(widget["properties"]["region"] == REGION for widget in body["widgets"])
        assert "expression" in json.dumps(body)

        # Another machine in the same region: the new one serves before the old one goes.
        policy = inputs["vectors-access"]["name"]
        runtime = place.cloud.client("sagemaker-runtime", REGION)
        client = Client(
            place,
            REGION,
            "/lichen/vectors/dev/endpoint",
            lambda name: bool(runtime.invoke_endpoint(EndpointName=name, Body=b"{}")),
        )
        client.start()
        made.up(machine="c7g.2xlarge")
        after = made.output("endpoint_name")
        client.asked_until(after)
        assert after != name
        assert client.failures == []
        # Each of the two answered, and no third.
        assert client.answered.keys() == {name, after}
        assert client.answered[name] > 10
        assert made.resources()["vectors-access"]["inputs"]["name"] != policy
        endpoints = place.cloud.inventory()["aws:sagemaker/endpoint:Endpoint"]
        assert endpoints == [f"{REGION}/{after}"]

        # A stack of the same name beside it, which goes again.
        twin = {**CONFIG, "machine": "c7g.2xlarge", "args": {**ARGS, "schedules": []}}
        before = place.cloud.inventory()
        with stack(place, tmp_path / "two", name="twin") as other:
            other.up(**twin)
            assert other.output("endpoint_name") != after
        assert place.cloud.inventory() == before
        made.up("--expect-no-changes")
    assert place.cloud.inventory() == {}


def test_production_goes_in_two_steps_and_what_it_kept_is_pruned(
    place: World, tmp_path: Path
) -> None:
    with stack(place, tmp_path) as made:
        made.up(**{**CONFIG, "workload": VECTORS})
        made.up(args={"artifacts": "s3://models-{region}/next/"})
        there = place.cloud.inventory()
        with pytest.raises(CommandFailed, match="because it is protected"):
            made.destroy()
        assert place.cloud.inventory() == there
        made.up(args={"artifacts": "s3://models-{region}/next/", "protect": False})
    left = place.cloud.inventory()
    assert {kind: len(names) for kind, names in left.items()} == {
        "aws:sagemaker/model:Model": 1,
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": 1,
    }
    prune = ("lichen", "prune", "aws", "--region", REGION)
    assert "add --delete" in place.run(*prune).stdout
    assert place.cloud.inventory() == left
    assert "2 deleted" in place.run(*prune, "--delete").stdout
    assert place.cloud.inventory() == {}

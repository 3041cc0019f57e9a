"""What an endpoint is made of, by its arguments: registered with Pulumi, made nowhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest
from lichen_components.aws.sagemaker.endpoint import SagemakerEndpoint

from tests.components.narrowed import CHAT, VECTORS, planned

REGION = "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:alarms"
OWN_KEY = f"arn:aws:kms:{REGION}:123456789012:key/own"


class Registered(pulumi.runtime.Mocks):
    """Remembers inputs and options by the child's name."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources[args.name], self.types[args.name] = args.inputs, args.typ
        name = args.inputs.get("name", f"{args.name}-1234567")
        return args.name, {**args.inputs, "name": name, "arn": f"arn:aws:x:::{args.name}"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {"accountId": "123456789012", "arn": "arn:aws:sts::123456789012:user/u", "id": "1"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an endpoint with these arguments for AWS, and gives what it registered."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)

    def make(
        workload: dict[str, Any] | None = None, machine: str = "c7g.xlarge", **args: Any
    ) -> Registered:
        asyncio.set_event_loop(asyncio.new_event_loop())
        mocks = Registered()
        pulumi.runtime.set_mocks(mocks, project="lichen", stack="test", preview=False)
        plan = planned(machine, workload or VECTORS, aws={"check_quota": False, **args})

        @pulumi.runtime.test
        def program() -> None:
            SagemakerEndpoint(plan.decision.workload.name, plan)

        program()
        return mocks

    return make


def test_with_a_key_of_the_users_none_is_made(made: Any) -> None:
    own = made(key=OWN_KEY)
    assert "aws:kms/key:Key" not in own.types.values()
    assert own.resources["vectors-config"]["kmsKeyArn"] == OWN_KEY
    assert own.resources["vectors-logs"]["kmsKeyId"] == OWN_KEY
    assert OWN_KEY in own.resources["vectors-access"]["policy"]
    assert "aws:kms/key:Key" in made().types.values()


def test_a_budget_is_by_the_tag_of_the_workload_and_reaches_the_topic(made: Any) -> None:
    budget = made(budget_usd=250, alarm_topic=TOPIC).resources["vectors-budget"]
    assert budget["limitAmount"] == "250.00"
    assert budget["costFilters"] == [
        {"name": "TagKeyValue", "values": ["user:lichen:workload$vectors"]}
    ]
    assert [
        (one["notificationType"], one["threshold"], one["subscriberSnsTopicArns"])
        for one in budget["notifications"]
    ] == [("ACTUAL", 80, [TOPIC]), ("FORECASTED", 100, [TOPIC])]


def test_no_alarm_is_made_that_nobody_hears(made: Any) -> None:
    alarms = [name for name, kind in made().types.items() if kind.endswith(":MetricAlarm")]
    assert sorted(alarms) == ["vectors-rollout-errors", "vectors-rollout-latency"]
    heard = made(alarm_topic=TOPIC, idle_alarm_hours=24)
    assert heard.resources["vectors-idle"]["evaluationPeriods"] == 24
    assert heard.resources["vectors-latency"]["threshold"] == 2_000_000  # microseconds


def test_the_watch_of_a_roll_out_is_longer_than_its_alarms_look_back(made: Any) -> None:
    chat = {**CHAT, "availability": {"minimum_replicas": 4}}
    for way, traffic in (
        (None, {"type": "CANARY", "canarySize": {"type": "INSTANCE_COUNT", "value": 1}}),
        (
            "linear",
            {"type": "LINEAR", "linearStepSize": {"type": "CAPACITY_PERCENT", "value": 25}},
        ),
        ("all-at-once", {"type": "ALL_AT_ONCE"}),
    ):
        registered = made(chat, "inf2.xlarge", **({} if way is None else {"rollout": way}))
        config = registered.resources["chat-endpoint"]["deploymentConfig"]
        routing = config["blueGreenUpdatePolicy"]["trafficRoutingConfiguration"]
        assert routing.items() >= traffic.items()
        alarm = registered.resources["chat-rollout-errors"]
        window_s = alarm["period"] * alarm["evaluationPeriods"]
        assert routing["waitIntervalInSeconds"] >= 2 * window_s
    rolling = made(chat, "inf2.xlarge", rollout="rolling").resources["chat-endpoint"]
    policy = rolling["deploymentConfig"]["rollingUpdatePolicy"]
    assert policy["maximumBatchSize"] == {"type": "INSTANCE_COUNT", "value": 2}


def test_the_users_alarms_take_a_roll_out_back_instead_and_may_be_read(made: Any) -> None:
    registered = made(rollout_alarms=["theirs"])
    rollback = registered.resources["vectors-endpoint"]["deploymentConfig"]
    assert rollback["autoRollbackConfiguration"]["alarms"] == [{"alarmName": "theirs"}]
    assert ":alarm:theirs" in registered.resources["vectors-access"]["policy"]


def test_a_language_models_requests_go_to_the_machine_with_the_fewest(made: Any) -> None:
    variant = made(CHAT, "inf2.xlarge").resources["chat-config"]["productionVariants"][0]
    assert variant["routingConfigs"] == [{"routingStrategy": "LEAST_OUTSTANDING_REQUESTS"}]
    assert "volumeSizeInGb" in variant


def test_a_machine_with_a_disk_of_its_own_is_asked_for_no_volume(made: Any) -> None:
    chat = {**CHAT, "where": {**CHAT["where"], "regions": ["eu-north-1"]}}
    registered = made(chat, "g6.xlarge")
    assert "volumeSizeInGb" not in registered.resources["chat-config"]["productionVariants"][0]


def test_the_share_of_scaling_is_what_the_next_machine_starts_at(made: Any) -> None:
    whole, half = (
        made(scaling_share=share).resources["vectors-scaling"][
            "targetTrackingScalingPolicyConfiguration"
        ]
        for share in (1.0, 0.5)
    )
    assert half["targetValue"] == pytest.approx(whole["targetValue"] / 2, abs=0.01)
    assert whole["scaleInCooldown"] >= 300

"""What an endpoint is made of, by its arguments: registered with Pulumi, made nowhere."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from lichen_components.aws.monitoring import failed_requests, fewest, too_many_failed
from lichen_components.aws.sagemaker.asynchronous import AsynchronousEndpoint
from lichen_components.aws.sagemaker.batch import BatchTransform
from lichen_components.aws.sagemaker.endpoint import SagemakerEndpoint
from lichen_components.aws.sagemaker.rollout import WAYS

from lichen.document import InputError
from sandbox.world import ROOT
from tests.components.narrowed import CHAT, QUEUED, VECTORS, planned

REGION = "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:alarms"
REGISTRY = "111122223333.dkr.ecr.{}.amazonaws.com"
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
        workload: dict[str, Any] | None = None,
        machine: str = "c7g.xlarge",
        of: Any = SagemakerEndpoint,
        name: str = "",
        **args: Any,
    ) -> Registered:
        plan = planned(machine, workload or VECTORS, aws={"check_quota": False, **args})
        return registered(lambda: of(name or plan.decision.workload.name, plan))

    return make


def registered(program: Callable[[], object]) -> Registered:
    """What a program registers."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks = Registered()
    pulumi.runtime.set_mocks(mocks, project="lichen", stack="test", preview=False)
    pulumi.runtime.test(program)()
    return mocks


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


def test_alarms_look_over_a_period_in_which_requests_come(made: Any) -> None:
    rare = {**VECTORS, "traffic": {"peak_rps": 0.05, "mean_rps": 0.002, "input_tokens": 256}}
    often, seldom = (made(workload, alarm_topic=TOPIC).resources for workload in (VECTORS, rare))
    for role in ("errors", "latency"):
        alarms = often[f"vectors-{role}"], seldom[f"vectors-{role}"]
        seen = [(each["period"], each["evaluationPeriods"]) for each in alarms]
        # Three requests of 0.002 a second take 1,500 s.
        assert seen == [(60, 5), (3600, 1)], role
        assert seldom[f"vectors-rollout-{role}"]["period"] == 60


def test_no_alarm_rings_at_night_where_a_schedule_has_fewer_machines() -> None:
    night = {"at": "cron(0 20 ? * * *)", "minimum": 1}
    assert fewest({"schedules": [night, {"at": "cron(0 7 ? * * *)", "maximum": 9}]}, 3) == 1
    assert fewest({}, 3) == 3


@pytest.mark.parametrize(
    ("peak_rps", "seconds", "few", "says"),
    [
        (20, 60, 12, "More than 12 requests of 1 min failed, 1 % of those at the peak."),
        (0.1, 60, 1, "More than 1 request of 1 min failed, 17 % of those at the peak."),
        (0.01, 60, 1, "More than 1 request of 1 min failed."),
        (0.1, 3600, 3, "More than 3 requests of 60 min failed, 1 % of those at the peak."),
        (0.01, 3600, 0, "At least one request of 60 min failed."),
    ],
)
def test_a_share_of_the_requests_of_a_period_may_fail(
    peak_rps: float, seconds: int, few: int, says: str
) -> None:
    assert failed_requests(peak_rps, seconds) == few
    assert too_many_failed(few, peak_rps, seconds) == says


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


LARGE = {**CHAT, "model": "meta-llama/Llama-3.1-70B"}


@pytest.mark.parametrize(
    ("machine", "workload"), [("c7g.xlarge", VECTORS), ("inf2.48xlarge", LARGE)]
)
def test_no_machine_is_removed_sooner_than_another_could_start(
    made: Any, machine: str, workload: dict[str, Any]
) -> None:
    """Machines that take ten minutes to start oscillate with five minutes' patience."""
    name = workload["name"]
    tracking = made(workload, machine).resources[f"{name}-scaling"][
        "targetTrackingScalingPolicyConfiguration"
    ]
    start_s = planned(machine, workload).decision.sizing.start_up_s
    assert (start_s > 300) is (workload is LARGE)
    assert tracking["scaleInCooldown"] == max(300, math.ceil(start_s))


def test_the_example_of_the_readme_is_made_as_printed(
    made: Any, monkeypatch: pytest.MonkeyPatch, fixed_tables: None
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (example,) = (block for block in blocks if "Endpoint(" in block)
    monkeypatch.chdir(ROOT / "stacks")
    there = registered(lambda: exec(compile(example, "README.md", "exec"), {}))
    assert "aws:sagemaker/endpoint:Endpoint" in there.types.values()


@pytest.mark.parametrize("name", ["my_chat", "Chat.Bot", "c" * 70])
def test_a_name_that_aws_refuses_ends_the_program_before_anything_is_made(
    made: Any, name: str
) -> None:
    with pytest.raises((InputError, pulumi.RunError), match="SageMaker"):
        made(name=name)


def test_pulumi_names_what_is_made_anew_beside_the_old(made: Any) -> None:
    there = made().resources
    assert "name" not in {**there["vectors-model"], **there["vectors-config"]}


def test_alarms_take_every_way_to_roll_out_back_and_the_block_never_goes(made: Any) -> None:
    four = {**CHAT, "availability": {"minimum_replicas": 4}}
    for way in WAYS:
        config = made(four, "inf2.xlarge", rollout=way).resources["chat-endpoint"]
        assert config["deploymentConfig"]["autoRollbackConfiguration"]["alarms"], way


def test_a_topic_that_is_made_takes_what_its_own_alarms_publish_and_nothing_else(made: Any) -> None:
    there = made(topics=["alarm"], budget_usd=100)
    topic = there.resources["vectors-topic-alarm"]
    arn = f"arn:aws:sns:{REGION}:123456789012:{topic['name']}"
    assert topic["kmsMasterKeyId"] == "arn:aws:x:::vectors-key"
    *allowed, denied = json.loads(topic["policy"])["Statement"]
    assert {(each["Action"], each["Resource"]) for each in (*allowed, denied)} == {
        ("sns:Publish", arn)
    }
    alarms, budgets = (each["Condition"]["ArnLike"]["aws:SourceArn"] for each in allowed)
    assert alarms == f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:vectors-prod-*"
    assert budgets == "arn:aws:budgets::123456789012:*"
    assert {each["Condition"]["StringEquals"]["aws:SourceAccount"] for each in allowed} == {
        "123456789012"
    }
    assert (denied["Effect"], denied["Condition"]["Bool"]) == (
        "Deny",
        {"aws:SecureTransport": "false"},
    )
    key = json.loads(there.resources["vectors-key"]["policy"])["Statement"]
    may = {each["Principal"].get("Service"): each["Action"] for each in key}
    assert may["cloudwatch.amazonaws.com"] == may["budgets.amazonaws.com"]
    assert may["cloudwatch.amazonaws.com"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert list(there.types.values()).count("aws:kms/key:Key") == 1
    errors = there.resources["vectors-errors"]
    assert errors["alarmActions"] == ["arn:aws:x:::vectors-topic-alarm"]


def test_the_topic_of_a_batch_hears_of_jobs_that_failed(made: Any) -> None:
    night = {**VECTORS, "mode": "batch"}
    there = made(night, "c5.xlarge", of=BatchTransform, topics=["alarm"], **QUEUED)
    topic = json.loads(there.resources["vectors-topic-alarm"]["policy"])["Statement"]
    key = json.loads(there.resources["vectors-key"]["policy"])["Statement"]
    for statement in (topic[1], key[-1]):  # no condition: EventBridge publishes past none
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert "Condition" not in statement
    assert there.resources["vectors-failed-to"]["arn"] == "arn:aws:x:::vectors-topic-alarm"


def test_a_queues_topics_hear_its_role_alone(made: Any) -> None:
    queue = {**VECTORS, "mode": "asynchronous"}
    there = made(queue, of=AsynchronousEndpoint, topics=["success", "error"], key=OWN_KEY, **QUEUED)
    for word in ("success", "error"):
        topic = there.resources[f"vectors-topic-{word}"]
        assert topic["kmsMasterKeyId"] == OWN_KEY
        assert [each["Effect"] for each in json.loads(topic["policy"])["Statement"]] == ["Deny"]
        assert f"arn:aws:x:::vectors-topic-{word}" in there.resources["vectors-access"]["policy"]


@pytest.mark.parametrize(
    ("args", "field", "fix"),
    [
        ({"topics": ["alarms"]}, "topics[0]", "did you mean 'alarm'"),
        ({"topics": ["alarm"], "alarm_topic": TOPIC}, "topics[0]", "leave out alarm_topic"),
        ({"topics": ["alarm", "success"]}, "topics[1]", "choose mode: asynchronous"),
        ({"topics": "alarm"}, "topics", "topics: [alarm]"),
        ({"alarm_topic": "page"}, "alarm_topic", "arn:aws:sns:us-east-1:<account>"),
        ({"key": OWN_KEY.replace("us-east", "eu-west")}, "key", "a KMS key in us-east-1"),
        ({"image": f"{REGISTRY.format('eu-west-1')}/own:1"}, "image", "write {region}"),
        ({"image": "docker.io/library/own:1"}, "image", "write <account>.dkr.ecr"),
        ({"alarm_topics": TOPIC}, "aws.alarm_topics", "did you mean 'alarm_topic'"),
        (
            {"alarm_topic": "arn:aws:sns:eu-north-1:123456789012:page"},
            "alarm_topic",
            "an SNS topic in us-east-1, or topics: [alarm]",
        ),
    ],
)
def test_what_aws_refuses_of_topics_keys_and_images_is_refused_first(
    args: dict[str, Any], field: str, fix: str
) -> None:
    with pytest.raises(InputError) as refused:
        planned("c7g.xlarge", VECTORS, aws=args)
    assert refused.value.field == field
    assert fix in refused.value.fix

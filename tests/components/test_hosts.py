"""What ECS, EC2 and Lambda refuse before anything is made, and what follows from a placement."""

import dataclasses
import shlex
import subprocess
from base64 import b64decode
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest
from lichen_components.aws import quota
from lichen_components.aws.balancer import LONGEST_IDLE_S
from lichen_components.aws.ec2.group import mixed
from lichen_components.aws.ec2.machines import (
    ARM_IMAGE,
    NEURON_IMAGE,
    boots_from,
    check_driver,
    devices_of,
    stand_ins,
)
from lichen_components.aws.ec2.start import Boot, first_request, script, user_data
from lichen_components.aws.ecs.machines import agent_statements, task_mib
from lichen_components.aws.ecs.machines import user_data as joins
from lichen_components.aws.ecs.sizes import check_size, disk_gib
from lichen_components.aws.ecs.task import execution_statements, task_statements
from lichen_components.aws.lambda_.limits import (
    check_environment,
    check_limits,
    memory_mb,
    timeout_s,
)
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.quota import check_vcpus
from lichen_components.aws.schedules import recurrence
from msgspec.structs import replace

from lichen.document import InputError
from lichen.placing.images import image_of
from tests.components.narrowed import CHAT, VECTORS, planned
from tests.fixed import fixed

FARGATE = {
    **VECTORS,
    "where": {"clouds": ["aws"], "hosting": ["ecs-fargate"], "regions": ["us-east-1"]},
}
SUBNETS = {"subnets": ["subnet-1", "subnet-2"]}
OWN = {"image": "111122223333.dkr.ecr.{region}.amazonaws.com/vectors:1"}


def refused(workload: dict[str, Any], machine: str, **args: Any) -> str:
    with pytest.raises(InputError) as wrong:
        planned(machine, workload, **args)
    return str(wrong.value)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "subnets: is required: tasks and machines run in your network"),
        (
            {**SUBNETS, "artifacts": "s3://models/it.tar.gz"},
            "artifacts: 's3://models/it.tar.gz' is an archive, and only SageMaker unpacks one",
        ),
        (
            {**SUBNETS, **OWN},
            "image_architecture: is required with an image of yours: fargate-arm.4x8 has "
            "a processor of arm64. Fix: build the image with --platform linux/arm64",
        ),
        (
            {**SUBNETS, **OWN, "aws": {"image_architecture": "x86_64"}},
            "'x86_64' does not run on fargate-arm.4x8",
        ),
        (
            {**SUBNETS, "aws": {"balancer": {"public": True}}},
            "balancer.certificate: is required for a public load balancer",
        ),
        (
            {**SUBNETS, "aws": {"balancer": {"public": True, "certificate": "arn:aws:acm:1"}}},
            "balancer.subnets: is required for a public load balancer",
        ),
    ],
)
def test_what_fargate_lacks_is_said_with_its_mend(args: dict[str, Any], said: str) -> None:
    assert said in refused(FARGATE, "fargate-arm.4x8", **args)


def test_an_answer_beyond_a_balancers_patience_is_refused() -> None:
    slow = {**FARGATE, "latency": {"p95_ms": LONGEST_IDLE_S * 1000 + 1}}
    assert "ends a connection without a byte" in refused(slow, "fargate-arm.4x8", **SUBNETS)


def test_other_modes_are_sent_to_sagemaker() -> None:
    queued = {**FARGATE, "mode": "asynchronous", "environment": "dev"}
    assert "no component makes an asynchronous endpoint" in refused(
        queued, "fargate-arm.4x8", **SUBNETS
    )


def test_a_task_has_memory_that_goes_with_its_processors() -> None:
    task = fixed().machine("fargate-arm.4x8")
    check_size(task)
    with pytest.raises(InputError, match="4 vCPU go with 8 to 30 GB"):
        check_size(replace(task, memory_gib=7))
    with pytest.raises(InputError, match="a task has 1, 2, 4, 8, 16 vCPU"):
        check_size(replace(task, vcpu=3))
    assert disk_gib(2.0) is None
    assert disk_gib(20.0) == 33
    with pytest.raises(InputError, match="200 GiB of disk"):
        disk_gib(400.0)


def test_a_task_reads_its_files_and_ecs_pulls_its_image() -> None:
    plan = planned("fargate-arm.4x8", FARGATE, **SUBNETS)
    assert plan.region == "us-east-1"
    image = Repository("i", "111122223333", "us-east-1", "vectors")

    class Here:
        region, log_group_name = "us-east-1", "/ecs/vectors"

    starts = execution_statements(Here(), "aws", "1", image, ["arn:key"])  # type: ignore[arg-type]
    wide = [each["Action"] for each in starts if each["Resource"] == ["*"]]
    assert wide == [["ecr:GetAuthorizationToken"]]
    reads = task_statements("aws", Objects("models", "it/"), [])
    assert {action for each in reads for action in each["Action"]} == {
        "s3:GetObject",
        "s3:ListBucket",
    }


CHAT_ON_EC2 = {
    **CHAT,
    "where": {"clouds": ["aws"], "hosting": ["ec2"], "regions": ["us-east-1"]},
}


def start(**changed: Any) -> Boot:
    usual: dict[str, Any] = {
        "region": "us-east-1",
        "group": "chat-prod-1a2b3c",
        "log_group": "/ec2/chat-prod-1a2b3c",
        "image": Repository("r.dkr.ecr/neuron:1", "111122223333", "us-east-1", "neuron"),
        "files": Objects("models", "it/"),
        "environment": {"A": "it's"},
        "devices": ["/dev/neuron0"],
        "start_s": 600,
        "request": first_request("llm"),
    }
    return Boot(**{**usual, **changed})


def test_a_machine_reports_itself_ready_after_its_first_answer() -> None:
    text = script(start())
    assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0
    steps = ("ecr get-login-password", "s3 cp", "docker run -d", "/ping", "/invocations")
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert text.rstrip().endswith("launch CONTINUE")
    assert "trap 'launch ABANDON' ERR" in text
    assert "--device=/dev/neuron0" in text
    assert shlex.quote("A=it's") in text
    assert b64decode(user_data(start())).decode() == text
    with pytest.raises(InputError, match="EC2 takes 16,384"):
        user_data(start(environment={"A": "x" * 20_000}))


def test_a_stand_in_has_as_many_devices_or_the_same_cores() -> None:
    catalogue = fixed()
    inferentia, graviton = catalogue.machine("inf2.xlarge"), catalogue.machine("c7g.large")
    assert stand_ins(inferentia, "us-east-1", "ec2", catalogue) == ["inf2.xlarge", "inf2.8xlarge"]
    assert devices_of(catalogue.machine("inf2.24xlarge")) == [f"/dev/neuron{n}" for n in range(6)]
    assert stand_ins(graviton, "us-east-1", "ec2", catalogue) == ["c7g.large"]
    assert (boots_from(inferentia), boots_from(graviton)) == (NEURON_IMAGE, ARM_IMAGE)


def test_a_group_buys_spot_where_the_placement_did_and_all_on_demand_else() -> None:
    plan = planned("inf2.xlarge", CHAT_ON_EC2, **SUBNETS)
    chosen = plan.decision.placement.chosen
    for sold, share in (("on-demand", 100), ("spot", 0)):
        placement = replace(plan.decision.placement, chosen=replace(chosen, sold=sold))
        bought = dataclasses.replace(plan, decision=replace(plan.decision, placement=placement))
        template = SimpleNamespace(id="lt-1", latest_version=pulumi.Output.from_input(1))
        policy = mixed(bought, cast(Any, template))
        buys = cast(Any, policy.instances_distribution)
        assert buys.on_demand_percentage_above_base_capacity == share
        assert buys.on_demand_base_capacity == 0
        assert buys.spot_allocation_strategy == "price-capacity-optimized"


def test_spot_is_outside_production_alone() -> None:
    where = {**CHAT_ON_EC2["where"], "sold": ["spot"]}
    asked = {**CHAT_ON_EC2, "where": where, "environment": "prod"}
    assert "where.sold: a production endpoint may not run on spot alone" in refused(
        asked, "inf2.xlarge"
    )


def test_a_runtime_that_the_driver_refuses_is_refused() -> None:
    catalogue, machine = fixed(), fixed().machine("inf2.xlarge")
    image = image_of(catalogue, "sagemaker", "Inferentia2", "llm")
    assert image is not None
    check_driver(machine, image, catalogue)
    with pytest.raises(InputError, match=r"needs a driver from 2\.27 on; the machines have 2\.21"):
        check_driver(machine, replace(image, driver_from="2.27"), catalogue)


def test_ec2_asks_for_a_network_too() -> None:
    assert "subnets: is required" in refused(CHAT_ON_EC2, "inf2.xlarge")
    assert planned("inf2.xlarge", CHAT_ON_EC2, **SUBNETS).region == "us-east-1"


ON_LAMBDA = {
    **VECTORS,
    "latency": {"p95_ms": 10_000},
    "where": {"clouds": ["aws"], "hosting": ["lambda"], "regions": ["us-east-1"]},
}
FUNCTION = {**OWN, "aws": {"image_architecture": "arm64"}}


@pytest.mark.parametrize(
    ("change", "args", "said"),
    [
        ({}, {}, "image: is required on Lambda: none of AWS's serving images has Lambda's runtime"),
        ({}, OWN, "image_architecture: is required with an image of yours"),
        (
            {"latency": {"p95_ms": 1_000_000}},
            FUNCTION,
            "an answer may take 1,000 s, and a function runs for 900 s at most",
        ),
        (
            {},
            {**OWN, "aws": {"image_architecture": "arm64", "function": {"canary_share": 0.1}}},
            "function.stable_version: a canary has two versions",
        ),
        (
            {},
            {
                **OWN,
                "aws": {
                    "image_architecture": "arm64",
                    "function": {"canary_share": 10, "stable_version": "1"},
                },
            },
            "10 is not a share of requests between 0 and 1",
        ),
    ],
)
def test_what_lambda_lacks_is_said_with_its_mend(
    change: dict[str, Any], args: dict[str, Any], said: str
) -> None:
    assert said in refused({**ON_LAMBDA, **change}, "lambda-arm.1769mb", **args)


def test_weights_that_do_not_load_in_ten_seconds_are_refused_or_kept_ready() -> None:
    decision = planned("lambda-arm.1769mb", ON_LAMBDA, **FUNCTION).decision
    assert memory_mb(decision.machine) == 1769
    assert timeout_s(decision) == 30
    check_limits(decision, {})
    sizing = replace(decision.sizing, artifact_bytes=3e9)
    large = replace(decision, placement=replace(decision.placement, sizing=sizing))
    with pytest.raises(InputError, match=r"the weights are 3\.0 GB, and a function has 10 s"):
        check_limits(large, {})
    check_limits(large, {"function": {"provisioned": 2}})
    with pytest.raises(InputError, match="the variables are 5,001 bytes"):
        check_environment({"A": "x" * 5_000})


def test_the_time_at_work_is_all_that_a_function_costs() -> None:
    chosen = planned("lambda-arm.1769mb", ON_LAMBDA, **FUNCTION).decision.placement
    assert chosen.chosen.replicas_minimum == 0
    assert any("a million requests cost USD 0.2" in note for note in chosen.notes)
    rate = fixed().rate("lambda", "us-east-1")
    assert rate is not None
    assert chosen.chosen.usd_hour == pytest.approx(
        chosen.chosen.replicas_mean * rate.usd_gib_hour * 1769 / 1024, rel=1e-3
    )


@pytest.mark.parametrize(
    ("at", "repeats"),
    [
        ("cron(30 6 ? * MON-FRI *)", "30 6 * * 1-5"),
        ("cron(0 20 ? * 1,7 *)", "0 20 * * 0,6"),
        ("cron(0 0 1 * ? *)", "0 0 1 * *"),
    ],
)
def test_a_group_of_machines_repeats_what_eventbridge_would(at: str, repeats: str) -> None:
    assert recurrence(at) == repeats


@pytest.mark.parametrize("at", ["rate(1 day)", "cron(0 8 L * ? *)", "cron(0 8 ? * MON 2027)"])
def test_a_time_that_a_group_cannot_repeat_is_refused(at: str) -> None:
    with pytest.raises(InputError, match=r"write cron\(\.\.\.\) with numbers, lists and ranges"):
        recurrence(at)


ON_ECS = {**CHAT, "where": {"clouds": ["aws"], "hosting": ["ecs"], "regions": ["us-east-1"]}}


def test_a_task_of_a_machine_has_its_devices_and_leaves_the_system_its_memory() -> None:
    plan = planned("inf2.xlarge", ON_ECS, **SUBNETS)
    assert plan.decision.placement.chosen.hosting == "ecs"
    machine = plan.decision.machine
    assert task_mib(machine.memory_gib or 0) < 1024 * (machine.memory_gib or 0) - 512
    # What nobody asked for: a network of the user's is not taken unless the workload names it.
    unnamed = {**CHAT, "where": {"clouds": ["aws"], "regions": ["us-east-1"]}}
    assert planned("inf2.xlarge", unnamed).decision.placement.chosen.hosting == "sagemaker"

    class Here:
        region, identity = "us-east-1", "chat-prod-1a2b3c"

    agent = agent_statements(Here(), "aws", "1")  # type: ignore[arg-type]
    wide = [action for each in agent for action in each["Action"] if each["Resource"] == ["*"]]
    assert wide == ["ecs:DiscoverPollEndpoint"]
    assert "ECS_CLUSTER=chat" in b64decode(joins("chat")).decode()


def test_the_accounts_vcpus_are_read_by_the_machines_family(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def found(service: str, name: str, region: str) -> tuple[float, str]:
        asked.append((service, name))
        return 8.0, "L-1"

    monkeypatch.setattr(quota, "_quota", found)
    machines = fixed().machines
    check_vcpus(machines["inf2.xlarge"], 2, "us-east-1", spot=False)
    with pytest.raises(InputError, match=r"is 8, and 12 are needed \(3 of inf2\.xlarge, 4 vCPU"):
        check_vcpus(machines["inf2.xlarge"], 3, "us-east-1", spot=False)
    check_vcpus(machines["g6.xlarge"], 2, "us-east-1", spot=True)
    check_vcpus(machines["c7g.large"], 4, "us-east-1", spot=False)
    assert asked == [
        ("ec2", "Running On-Demand Inf instances"),
        ("ec2", "Running On-Demand Inf instances"),
        ("ec2", "All G and VT Spot Instance Requests"),
        ("ec2", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"),
    ]


def test_only_copies_that_are_kept_ready_change_by_the_clock() -> None:
    morning = [{"at": "cron(0 7 ? * MON-FRI *)", "minimum": 2}]
    args = {**OWN, "aws": {"image_architecture": "arm64", "schedules": morning}}
    assert "schedules: only copies that are kept ready" in refused(
        ON_LAMBDA, "lambda-arm.1769mb", **args
    )
    args["aws"]["function"] = {"provisioned": 1}  # type: ignore[index]
    planned("lambda-arm.1769mb", ON_LAMBDA, **args)

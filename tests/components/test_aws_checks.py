"""What AWS would refuse, and what Lichen says of it when the program runs: before anything is
made."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_components.aws import checks
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.bundle import check_bundle
from lichen_components.aws.locations import objects
from lichen_components.aws.sagemaker.comparing import check_comparing
from lichen_components.aws.sagemaker.endpoint import slow_ms
from lichen_components.aws.sagemaker.rollout import check_rolling_s, least_batch, strategy_of
from lichen_components.aws.sagemaker.settings import (
    check_update_s,
    download_timeout_s,
    start_timeout_s,
)
from lichen_components.aws.site import check_name

from lichen.document import InputError
from lichen.words import Environment
from tests.components.narrowed import CHAT, VECTORS, planned


def refused(field: str, **changed: Any) -> InputError:
    """Why an endpoint with these arguments is not planned."""
    workload = {**VECTORS, **changed.pop("workload", {})}
    with pytest.raises(InputError) as error:
        planned("c7g.xlarge", workload, **changed)
    assert error.value.field == field
    assert error.value.fix
    return error.value


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("my_chat", "name it 'my-chat'"),
        ("Chat.Bot", "name it 'Chat-Bot'"),
        ("-chat", "name it 'chat'"),
        ("a--b-", "name it 'a-b'"),
        ("c" * 70, "with at most 48 characters"),
        ("c" * 49, "with at most 48 characters"),
    ],
)
def test_a_name_that_aws_refuses_is_refused_with_one_that_it_takes(name: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        check_name(name, "prod", service="SageMaker")
    assert error.value.field == "name"
    assert fix in error.value.fix


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_longest_name_that_fits_is_taken(environment: Environment) -> None:
    check_name("c" * 48, environment, service="SageMaker")
    with pytest.raises(InputError, match="SageMaker allows 48"):
        check_name("c" * 49, environment, service="SageMaker")


def test_subnets_and_groups_come_together_and_for_every_zone() -> None:
    assert "add security_groups" in refused("security_groups", aws={"subnets": ["subnet-1"]}).fix
    assert "add private subnets" in refused("subnets", aws={"security_groups": ["sg-1"]}).fix
    network = {"subnets": ["subnet-1"], "security_groups": ["sg-1"]}
    zones = refused("subnets", aws=network, workload={"availability": {"zones": 3}})
    assert "give 3 subnets" in zones.fix
    many = {"subnets": [f"subnet-{n}" for n in range(17)], "security_groups": ["sg-1"]}
    assert "has 17 values; AWS takes 16" in refused("subnets", aws=many).wrong
    many = {"subnets": ["subnet-1"], "security_groups": [f"sg-{n}" for n in range(6)]}
    assert "has 6 values; AWS takes 5" in refused("security_groups", aws=many).wrong


def test_no_more_zones_than_the_account_has_in_the_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "zones_of", lambda region: 3)
    error = refused("workload.availability.zones", workload={"availability": {"zones": 5}})
    assert "us-east-1 has 3 zones for this account, and 5 are asked for" in error.wrong
    planned("c7g.xlarge", {**VECTORS, "availability": {"zones": 3}})
    monkeypatch.setattr(checks, "zones_of", lambda region: None)  # it could not be read
    planned("c7g.xlarge", {**VECTORS, "availability": {"zones": 5}})


@pytest.mark.parametrize(
    ("uri", "key", "archive"),
    [
        ("s3://models/", "", False),
        ("s3://models", "", False),
        ("s3://models/llama-3.1-8b", "llama-3.1-8b/", False),
        ("s3://models/llama/", "llama/", False),
        ("s3://models/model.gguf/", "model.gguf/", False),
        ("s3://models/a/model.tar.gz", "a/model.tar.gz", True),
        ("s3://models/a/model.tgz", "a/model.tgz", True),
    ],
)
def test_a_folder_an_archive_and_a_whole_bucket(uri: str, key: str, archive: bool) -> None:
    found = objects(uri, "eu-north-1", "artifacts")
    assert (found.key, found.is_archive) == (key, archive)


@pytest.mark.parametrize(
    "uri", ["s3://models/model.gguf", "s3://m-1/a/model.tar", "s3://m-1/a.zip"]
)
def test_one_file_is_refused_with_its_folder(uri: str) -> None:
    error = refused("artifacts", artifacts=uri)
    assert error.fix.startswith(f"give the folder it lies in: {uri.rpartition('/')[0]}/")


def test_where_a_folder_is_meant_an_archive_is_refused() -> None:
    with pytest.raises(InputError, match="is one file"):
        objects("s3://answers/all.tar.gz", "eu-north-1", "results", archive=False)


def test_answers_that_take_over_a_minute_are_refused_unless_they_are_streamed() -> None:
    slow = {**CHAT, "latency": {}, "traffic": {**CHAT["traffic"], "output_tokens": 1500}}
    with pytest.raises(InputError) as error:
        planned("inf2.xlarge", slow)
    assert error.value.field == "workload.latency.p95_ms"
    assert "cuts an answer after 60 s" in error.value.wrong
    assert "mode: asynchronous" in error.value.fix
    planned("inf2.xlarge", slow, aws={"streaming": True})


def test_production_at_zero_is_refused() -> None:
    error = refused(
        "workload.availability.minimum_replicas", workload={"availability": {"minimum_replicas": 0}}
    )
    assert "set minimum_replicas to 1" in error.fix


def test_an_archive_that_takes_longer_than_the_provider_waits_is_refused() -> None:
    container = planned("inf2.xlarge", CHAT).container
    check_update_s(15, container, 1320)
    with pytest.raises(InputError, match="Pulumi waits 55") as error:
        check_update_s(130, container, 1320)
    assert "unpack it" in error.value.fix


def test_time_outs_follow_from_the_size_of_the_files() -> None:
    container = planned("inf2.xlarge", CHAT).container
    assert download_timeout_s(1) == start_timeout_s(container, 0) == 600
    assert download_timeout_s(100) == 2148  # 107.4 GB at 100 MB/s, twice
    assert start_timeout_s(container, 100) == 1316  # 107.4 GB at 0.3 GB/s and 300 s, twice
    assert download_timeout_s(1000) == start_timeout_s(container, 1000) == 3600


@pytest.mark.parametrize(
    ("latency", "threshold_ms"),
    [
        ({"p95_ms": 2_000}, 2_000),
        ({"p95_ms": 60_000}, 55_000),  # above that a request is cut before the alarm rings
        ({"time_to_first_token_ms": 2_000, "time_per_output_token_ms": 80}, 18_000),
    ],
)
def test_the_latency_alarm_can_ring(latency: dict[str, float], threshold_ms: float) -> None:
    chat = {**CHAT, "latency": latency} if "p95_ms" not in latency else CHAT
    workload = chat if latency != {"p95_ms": 2_000} else {**VECTORS, "latency": latency}
    machine = "c7g.xlarge" if workload["name"] == "vectors" else "inf2.xlarge"
    assert slow_ms(planned(machine, workload).decision) == threshold_ms


def test_without_bounds_it_rings_at_twice_the_likely_time() -> None:
    decision = planned("c7g.xlarge", {**VECTORS, "latency": {}}).decision
    assert decision.sizing.at_peak is not None
    assert slow_ms(decision) == 2 * decision.sizing.at_peak.p95_ms.likely


def test_a_way_to_roll_out_suits_the_fleet() -> None:
    assert strategy_of(1, None).way == "all-at-once"
    assert strategy_of(2, None).way == "canary"
    assert strategy_of(4, "linear").way == "linear"
    # Of a fleet that is scaled to another number, the way that suits it; an asked one stays.
    assert strategy_of(1, None).for_fleet(3).way == "canary"
    assert strategy_of(4, "linear").for_fleet(3).way == "linear"
    assert strategy_of(4, "linear").for_fleet(1).way == "all-at-once"
    for wrong in ("canary", "sideways"):
        with pytest.raises(InputError) as error:
            strategy_of(1, wrong)
        assert error.value.field == "rollout"


def test_a_batch_is_what_sagemaker_takes_of_any_fleet() -> None:
    for machines in range(2, 101):
        rolling = strategy_of(machines, "rolling")
        assert 5 <= 100 * rolling.batch / machines <= 50
        assert rolling.steps == (2 if machines % 2 == 0 else 3)
        assert rolling.beside == rolling.batch
        assert strategy_of(machines, "linear").beside == machines
    assert [least_batch(copies) for copies in (1, 20, 21, 41)] == [1, 1, 2, 3]


def test_rolling_ends_within_the_hour_that_the_provider_waits() -> None:
    check_rolling_s(strategy_of(4, "rolling"), 1000)
    check_rolling_s(strategy_of(5, "linear"), 1000)
    with pytest.raises(InputError, match="3 batches one after another take 65 minutes") as error:
        check_rolling_s(strategy_of(5, "rolling"), 1000)
    assert error.value.field == "rollout"


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"shadow": {"share": 0}}, "shadow.share"),
        ({"capture": {}}, "capture.destination"),
        ({"capture": {"destination": "s3://kept/a.tar.gz"}}, "capture.destination"),
        ({"capture": {"destination": "s3://kept/", "percent": 0}}, "capture.percent"),
        ({"capture": {"destination": "s3://kept/", "what": "inputs"}}, "capture.what"),
    ],
)
def test_a_shadow_or_capture_that_cannot_be_made_is_refused(args: AwsArgs, field: str) -> None:
    with pytest.raises(InputError) as error:
        check_comparing(args, "real-time", "eu-north-1")
    assert error.value.field == field


def test_only_a_real_time_endpoint_has_a_shadow() -> None:
    with pytest.raises(InputError, match="only a real-time endpoint has it"):
        check_comparing({"shadow": {}}, "asynchronous", "eu-north-1")


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"schedules": [{"at": "07:00", "minimum": 1}]}, "schedules[0].at"),
        ({"schedules": [{"at": "cron(0 7 ? * MON-FRI *)"}]}, "schedules[0]"),
        ({"schedules": [{"at": "cron(0 7 * * ? *)", "minimum": 0}]}, "schedules[0].minimum"),
        (
            {"schedules": [{"at": "cron(0 7 * * ? *)", "minimum": 3, "maximum": 2}]},
            "schedules[0].maximum",
        ),
        ({"idle_alarm_hours": 200}, "idle_alarm_hours"),
        ({"budget_usd": 0, "alarm_topic": "arn:aws:sns:eu-north-1:1:t"}, "budget_usd"),
        ({"budget_usd": 50}, "alarm_topic"),
    ],
)
def test_a_bundle_that_cannot_be_made_is_refused(args: AwsArgs, field: str) -> None:
    with pytest.raises(InputError) as error:
        check_bundle(args, least=1, region="eu-north-1")
    assert error.value.field == field

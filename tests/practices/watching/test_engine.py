"""States that the real engine wrote: what was planted is noticed, and nothing else."""

from __future__ import annotations

import csv
import datetime
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main

from lichen.catalogue import tables
from lichen.passport import Passport, to_tags
from lichen.placing.choose import place as choose
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.workload import Traffic, Where, Workload
from sandbox.world import QUIET, World
from tests.fixed import FIXED, fixed
from tests.practices.watching.made import configuration, endpoint, state

PROGRAM = Path(__file__).parent / "program"
SECRET = "hf_planted_secret_1f3a"
CHAT = Workload(
    name="chat",
    model="meta-llama/Llama-3.1-8B-Instruct",
    traffic=Traffic(peak_rps=2, mean_rps=0.5, input_tokens=800, output_tokens=200),
    precisions=("bf16",),
    environment="dev",
    where=Where(residency="EU", hosting=("sagemaker",)),
)

pytestmark = pytest.mark.xdist_group("watch")


def chosen() -> Placement:
    answer = choose(Question.of(CHAT, catalogue=fixed()))
    assert isinstance(answer, Placement)
    return answer


def endpoints() -> list[dict[str, Any]]:
    """One that is well placed, one that is not, one with an exemption that has ended, one on a
    machine that is retired."""
    tags = to_tags(Passport.of(CHAT, "bf16"), "aws")
    best = chosen().chosen
    quiet = {"lichen:environment": "dev"}
    ended = {"lichen:exempt.idle-floor": "owner=search until=2026-01-31 reason=a pilot"}
    return [
        {"name": "good", "region": best.region, "machine": f"ml.{best.machine}",
         "count": best.replicas_minimum, "tags": tags},
        {"name": "moved", "region": "eu-central-1", "machine": "ml.g5.2xlarge", "count": 1,
         "tags": tags | {"lichen:workload": "other"}},
        {"name": "exempted", "region": "eu-west-3", "machine": "ml.m5.large", "count": 1,
         "tags": quiet | ended},
        {"name": "old", "region": "eu-west-1", "machine": "ml.p3.2xlarge", "count": 1,
         "tags": quiet},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def states(place: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the engine keeps the state of a stack of that program."""
    project = tmp_path_factory.mktemp("fleet") / "program"
    shutil.copytree(PROGRAM, project)
    regions = [each["region"] for each in endpoints()]
    place.cloud.upload("s3://models-{region}/chat/model.tar.gz", *regions)
    config = ("config", "set", "--stack", "dev")
    place.run("pulumi", "stack", "init", "dev", "--non-interactive", cwd=project)
    place.run("pulumi", *config, "endpoints", json.dumps(endpoints()), cwd=project)
    place.run("pulumi", *config, "--secret", "token", SECRET, cwd=project)
    place.run("pulumi", "up", "--stack", "dev", *QUIET, cwd=project)
    folder = tmp_path_factory.mktemp("states")
    for name, options in (("kept", ()), ("shown", ("--show-secrets",))):
        place.run(
            "pulumi", "stack", "export", "--stack", "dev", *options, "--file",
            folder / f"{name}.json", cwd=project,
        )  # fmt: skip
    backend = Path(place.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
    shutil.copytree(backend, folder / "backend")
    return folder


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A catalogue of its own, which a test may change as a refresh would."""
    folder = tmp_path / "catalogue"
    shutil.copytree(FIXED, folder, ignore=shutil.ignore_patterns(".compiled"))
    monkeypatch.setattr(tables, "DIRECTORY", folder)
    monkeypatch.chdir(tmp_path)
    tables._load.cache_clear()
    yield folder
    tables._load.cache_clear()


def watch(*arguments: object, day: int = 0, code: int = 0) -> Result:
    epoch = 1795694400 + day * 86400  # 2026-11-26
    done = CliRunner(env={"SOURCE_DATE_EPOCH": str(epoch)}).invoke(
        main, ["watch", *map(str, arguments)]
    )
    assert done.exit_code == code, done.output
    return done


def noticed(*arguments: object, day: int = 0, code: int = 0) -> set[tuple[str, str]]:
    answer = json.loads(watch(*arguments, "--format", "json", day=day, code=code).stdout)
    return {(each["kind"], each["resource"]) for each in answer["notices"]}


PLANTED = {
    ("better-placement", "moved"),
    ("expired-exemption", "exempted"),
    ("retired-hardware", "old"),
}


def test_what_is_planted_is_noticed_and_nothing_else(states: Path, today: Path) -> None:
    kept, history = states / "kept.json", today.parent / "watch.sqlite"
    assert noticed(kept, "--history", history) == PLANTED

    readings = today / "published" / "readings.csv"
    rows = list(csv.DictReader(readings.open(encoding="utf-8")))
    assert any(row["region"] == "eu-west-3" for row in rows)
    with readings.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            paris = row["region"] == "eu-west-3" and row["method"] == "location-average"
            writer.writerow(row | ({"value": "650"} if paris else {}))
    tables._load.cache_clear()
    arguments = (kept, "--history", history, "--fail-on", "dirtier-region")
    again = noticed(*arguments, day=1, code=1)
    assert again == {*PLANTED, ("dirtier-region", "exempted")}
    # It stays until the endpoint moves, and is new only once.
    assert noticed(*arguments, day=2, code=1) == again
    watch(*arguments, "--only-new", day=3)


def test_a_secret_reaches_neither_the_answer_nor_the_history(states: Path, today: Path) -> None:
    assert SECRET in (states / "shown.json").read_text()
    history = today.parent / "watch.sqlite"
    metrics = today.parent / "lichen.prom"
    for form in ("text", "json", "markdown"):
        printed = watch(
            states / "shown.json", "--history", history, "--prometheus", metrics, "--format", form
        ).output
        assert SECRET not in printed
    assert SECRET.encode() not in history.read_bytes()
    assert SECRET not in metrics.read_text()
    assert 'lichen_notices{kind="retired-hardware"} 1.0' in metrics.read_text()


def test_the_backend_s_own_folder_is_read(states: Path, today: Path) -> None:
    """With what the engine keeps beside the stacks: histories and backups."""
    answer = json.loads(watch(states / "backend", "--format", "json").stdout)
    assert answer["stacks"] == 1
    assert {each["stack"] for each in answer["running"]} == {"fleet/dev"}
    assert answer["unread"] == []


@pytest.fixture
def of_emulator(place: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """What runs in this process reaches the emulated AWS alone."""
    for name, value in place.cloud.environment().items():
        monkeypatch.setenv(name, value)
    return place


def test_states_in_a_bucket_are_read(states: Path, today: Path, of_emulator: World) -> None:
    s3 = of_emulator.cloud.client("s3", "us-east-1")
    s3.create_bucket(Bucket="states")
    content = (states / "shown.json").read_bytes()
    s3.put_object(Bucket="states", Key="prod/.pulumi/stacks/fleet/dev.json", Body=content)
    s3.put_object(
        Bucket="states", Key="prod/.pulumi/stacks/fleet/two.json.gz", Body=gzip.compress(content)
    )
    s3.put_object(Bucket="states", Key="prod/.pulumi/history/fleet/dev/1.json", Body=b"{")
    s3.put_object(Bucket="states", Key="prod/notes.txt", Body=b"no state")
    answer = json.loads(watch("s3://states/prod", "--format", "json").stdout)
    assert (answer["stacks"], answer["unread"]) == (2, [])
    assert {each["kind"] for each in answer["notices"]} == {kind for kind, _ in PLANTED}
    for place in ("s3://not-there/prod", "s3://states/empty", "ftp://states/prod"):
        refused = watch(place, code=2).output
        assert refused.startswith("lichen: ")
        assert "Traceback" not in refused


def test_requests_of_cloudwatch_are_beside_what_is_declared(
    today: Path, of_emulator: World
) -> None:
    path = today.parent / "chat.json"
    tags = to_tags(Passport.of(CHAT, "bf16"), "aws")
    path.write_text(
        json.dumps(
            state(
                configuration("chat-1", "eu-north-1", "ml.inf2.xlarge", 2, tags),
                endpoint("chat", "eu-north-1", "chat-1"),
                configuration("quiet-1", "eu-north-1", "ml.inf2.xlarge", 2, tags),
                endpoint("quiet", "eu-north-1", "quiet-1"),
            )
        )
    )
    start = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
    named = [{"Name": "EndpointName", "Value": "chat"}, {"Name": "VariantName", "Value": "all"}]
    for hour, requests in enumerate((3600, 36_000)):
        at = start + datetime.timedelta(hours=hour)
        of_emulator.cloud.service_metric(
            "eu-north-1",
            "AWS/SageMaker",
            {"MetricName": "Invocations", "Dimensions": named, "Timestamp": at.isoformat(),
             "Value": requests, "Unit": "Count"},
        )  # fmt: skip
    of_emulator.cloud.service_metric(
        "eu-north-1",
        "/aws/sagemaker/Endpoints",
        {"MetricName": "CPUUtilization", "Dimensions": named, "Timestamp": start.isoformat(),
         "Value": 40.0},
    )  # fmt: skip
    answer = json.loads(watch(path, "--utilisation", "aws", "--format", "json").stdout)
    rows = {each["endpoint"]: each for each in answer["utilisation"]}
    assert rows["chat"]["peak_rps"] == 10
    assert rows["chat"]["mean_rps"] == pytest.approx(39_600 / (7 * 24 * 3600))
    assert (rows["chat"]["declared_peak_rps"], rows["chat"]["cpu_pct"]) == (2, 40)
    assert rows["chat"]["differs"] == (
        "its busiest hour had 10 requests/s, 5 times the declared peak"
    )
    assert rows["quiet"]["peak_rps"] is None
    assert "no request in 7 days" in rows["quiet"]["differs"]
    assert "declared peak" in watch(path, "--utilisation", "aws").output
    assert "is no service" in watch(path, "--utilisation", "azure", code=2).output

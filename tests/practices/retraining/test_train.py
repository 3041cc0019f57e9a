"""Where and when to train: hours, egress, deadlines, and the expressions of schedules."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_practices.retraining.plan import TrainingPlan, plan_training
from lichen_practices.retraining.schedule import expression
from lichen_practices.retraining.work import TrainingWork, read_training

from lichen.document import InputError
from lichen.egress import egress_usd
from lichen.grid_hours import ratio_over
from tests.fixed import fixed

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs/practices/examples/retrain.yaml"
MAY = datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC)


def work(**changes: Any) -> TrainingWork:
    usual = {
        "name": "ranking",
        "machine": "p4d.24xlarge",
        "hours": 6,
        "data": {"region": "us-east-1", "gb": 500},
        "where": {"clouds": ["aws"], "regions": ["us-east-1"]},
    }
    return msgspec.convert({**usual, **changes}, TrainingWork)


def planned(**changes: Any) -> TrainingPlan:
    return plan_training(work(**changes), fixed(), now=MAY)


def test_waiting_takes_the_cleanest_hours_before_the_deadline() -> None:
    plan = planned(within_h=48)
    assert plan.now is not None
    assert plan.now.start == MAY
    region = fixed().region("us-east-1")
    starts = [MAY + datetime.timedelta(hours=hour) for hour in range(48 - 6 + 1)]
    ratios = {start: ratio_over(region, start, 6, fixed()) for start in starts}
    best = min(ratios, key=lambda start: (ratios[start], start))
    assert plan.chosen.start == best
    assert plan.chosen.ratio == ratios[best]
    assert plan.waiting_saves_pct is not None
    assert plan.waiting_saves_pct > 0
    assert plan.waiting_saves_pct == plan.moving_saves_pct
    # Without time to wait it begins at once.
    assert planned(within_h=6).chosen.start == MAY


def test_a_grid_without_hours_is_the_same_all_day() -> None:
    plan = planned(
        machine="g5.2xlarge", where={"regions": ["ap-south-1"]},
        data={"region": "ap-south-1", "gb": 1},
    )  # fmt: skip
    assert not plan.chosen.hours_known
    assert plan.chosen.start == MAY
    assert plan.waiting_saves_pct == 0
    assert plan.scheduled is None
    assert any("nobody publishes the hours" in note for note in plan.notes)


def test_egress_is_in_the_dollars() -> None:
    catalogue = fixed()
    virginia, oregon = catalogue.region("us-east-1"), catalogue.region("us-west-2")
    assert egress_usd(virginia, oregon, 500, catalogue) == pytest.approx(10)
    assert egress_usd(virginia, virginia, 500, catalogue) == 0
    iowa = catalogue.region("us-central1")
    # The first 100 GB of a month are free, and the tiers follow each other.
    assert egress_usd(virginia, iowa, 100, catalogue) == 0
    assert egress_usd(virginia, iowa, 20_480, catalogue) == pytest.approx(
        0.09 * (10_240 - 100) + 0.085 * 10_240
    )
    moved = planned(
        where={"clouds": ["aws"], "regions": ["us-west-2"]},
        data={"region": "us-east-1", "gb": 500, "results_gb": 20},
    )
    assert moved.chosen.usd_egress == pytest.approx(10.4)
    assert moved.chosen.usd is not None
    assert moved.chosen.usd_machines is not None
    assert moved.chosen.usd == pytest.approx(moved.chosen.usd_machines + 10.4)
    # So much data costs more than the tolerance: the training stays with it.
    heavy = planned(
        where={"clouds": ["aws"], "regions": ["us-east-1", "us-west-2"]},
        data={"region": "us-east-1", "gb": 5000},
    )
    assert heavy.chosen.region == "us-east-1"


def test_flops_become_hours_with_an_interval() -> None:
    plan = planned(hours=None, flops=2.2464e19 * 8, within_h=100)
    assert plan.chosen.hours.likely == pytest.approx(50, rel=0.01)
    assert plan.chosen.hours.low < plan.chosen.hours.likely < plan.chosen.hours.high
    assert any("assumed" in note for note in plan.notes)
    spread = planned(
        machine=None, accelerator="NVIDIA A100 SXM4 40GB", accelerators=8, hours=None,
        accelerator_hours=48,
    )  # fmt: skip
    assert spread.chosen.hours.likely == 6


@pytest.mark.parametrize(
    ("repeats", "scheduler", "expected"),
    [
        ("never", "eventbridge", "at(2026-05-04T{hour:02d}:00:00)"),
        ("daily", "eventbridge", "cron(0 {usual} * * ? *)"),
        ("weekly", "eventbridge", "cron(0 {usual} ? * MON *)"),
        ("monthly", "eventbridge", "cron(0 {usual} 4 * ? *)"),
        ("daily", "cloud-scheduler", "0 {usual} * * *"),
        ("weekly", "cloud-scheduler", "0 {usual} * * MON"),
        ("monthly", "cloud-scheduler", "0 {usual} 4 * *"),
    ],
)
def test_a_schedule_is_an_expression(repeats: str, scheduler: Any, expected: str) -> None:
    plan = planned(repeats=repeats, within_h=24)
    assert (plan.scheduled is None) == (repeats == "never")
    usual = plan.scheduled or plan.chosen.start
    assert expression(plan, scheduler) == expected.format(
        hour=plan.chosen.start.hour, usual=usual.hour
    )


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize("region", ["us-west-2", "us-east-1", "eu-west-1"])
@pytest.mark.parametrize("repeats", ["daily", "weekly", "monthly"])
def test_a_schedule_keeps_the_deadline(region: str, repeats: str) -> None:
    earliest, hours, within_h = at("2026-12-01T22:30"), 3, 5
    plan = planned(
        machine="g5.2xlarge", hours=hours, within_h=within_h, earliest=earliest, repeats=repeats,
        data=None, where={"regions": [region]},
    )  # fmt: skip
    assert plan.scheduled is not None
    assert plan.scheduled >= earliest
    last = earliest + datetime.timedelta(hours=within_h - hours)
    assert plan.scheduled <= last
    minute, hour, *_ = expression(plan, "cloud-scheduler").split()
    assert f"{hour}:{minute}" in ("22:30", "23:30", "0:30")


def test_a_monthly_run_begins_on_a_day_that_every_month_has() -> None:
    plan = planned(repeats="monthly", earliest=at("2026-08-30T00:00"), within_h=72)
    assert plan.scheduled is not None
    assert plan.scheduled.day == 1
    late = planned(repeats="monthly", earliest=at("2026-08-30T00:00"), within_h=24)
    with pytest.raises(InputError, match="earliest: begins it on day 30"):
        expression(late, "eventbridge")


@pytest.mark.parametrize(
    ("repeats", "earliest", "begins"),
    [
        ("never", "2026-05-03T20:00", "2026-05-04T00:00"),
        ("daily", "2025-01-01T01:00", "2026-05-04T01:00"),
        ("weekly", "2026-04-29T01:00", "2026-05-06T01:00"),
        ("monthly", "2025-12-31T01:00", "2026-05-31T01:00"),
        ("never", "2026-05-04T07:00", "2026-05-04T07:00"),
    ],
)
def test_no_run_begins_in_the_past(repeats: str, earliest: str, begins: str) -> None:
    plan = planned(repeats=repeats, earliest=at(earliest), within_h=10)
    assert plan.now is not None
    assert plan.now.start == at(begins)
    assert plan.chosen.start >= MAY


def test_a_deadline_that_is_past_is_a_sentence() -> None:
    with pytest.raises(InputError, match="earliest: is past, and so is the deadline 10 hours"):
        planned(earliest=at("2025-01-01T01:00"), within_h=10)
    with pytest.raises(InputError, match="within_h: takes longer than its deadline"):
        planned(earliest=at("2026-05-03T18:00"), within_h=10)


def test_the_runs_of_a_month_share_the_tiers() -> None:
    """90 GB a run are 2,737.5 GB in a month of 730 hours, of which 100 GB are free."""
    moved: dict[str, Any] = {
        "machine": "g2-standard-12", "where": {"regions": ["us-central1"]},
        "data": {"region": "us-east-1", "gb": 90},
    }  # fmt: skip
    assert planned(**moved).chosen.usd_egress == 0
    runs = 730 / 24
    each = 0.09 * (90 * runs - 100) / runs
    assert planned(**moved, repeats="daily").chosen.usd_egress == pytest.approx(each)


def test_machines_compute_with_the_accelerators_that_were_asked_for() -> None:
    asked: dict[str, Any] = {
        "machine": None, "accelerator": "NVIDIA A100 SXM4 40GB", "hours": None,
        "accelerator_hours": 80,
    }  # fmt: skip
    one, eight, twelve = (planned(**asked, accelerators=count).chosen for count in (1, 8, 12))
    assert (one.machine, one.machines, one.hours.likely) == ("p4d.24xlarge", 1, 80)
    assert (eight.machines, eight.hours.likely) == (1, 10)
    assert twelve.machines == 2
    assert twelve.hours.likely == pytest.approx(80 / 12)
    # Seven of its eight accelerators idle, which takes less than work.
    assert one.kwh.likely / 80 < eight.kwh.likely / 10


def test_cloud_scheduler_has_no_single_run() -> None:
    with pytest.raises(InputError, match="has no single run"):
        expression(planned(), "cloud-scheduler")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"within_h": 3}, "within_h: takes longer than its deadline: up to"),
        ({"where": {"regions": ["us-east-9"]}}, "us-east-9"),
        ({"data": {"region": "virginia", "gb": 1}}, "data.region"),
        ({"machine": None, "accelerator": "NVIDIA A1000"}, "is no accelerator"),
        ({"machine": "c7g.large", "hours": None, "flops": 1e18}, "has no accelerator"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        planned(**changes)


@pytest.mark.parametrize("written", ["yesterday", "2026-12-01"])
def test_a_day_is_no_time_to_begin(written: str, tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(f"name: a\nmachine: p4d.24xlarge\nhours: 6\nearliest: {written}\n")
    with pytest.raises(InputError, match=f"earliest: '{written}' is not a time. Fix: write one"):
        read_training(path)


def test_the_file_and_the_answer_are_as_their_schemas_say(
    tmp_path: Path, fixed_tables: None
) -> None:
    assert read_training(EXAMPLE).repeats == "weekly"
    done = CliRunner().invoke(main, ["train", str(EXAMPLE), "--format", "json"])
    assert done.exit_code == 0, done.output
    schema = json.loads((ROOT / "docs/schemas/training-plan.json").read_text())
    jsonschema.validate(json.loads(done.stdout), schema)
    assert "of its mean" in CliRunner().invoke(main, ["train", str(EXAMPLE)]).output
    for text, says in (
        ("name: a\nmachine: x\naccelerator: y\nhours: 1\n", "machine or accelerator"),
        ("name: a\nmachine: x\n", "one of hours, accelerator_hours and flops"),
        ("name: a\nmachine: x\nhours: 1\nearliest: 2026-12-01T00:00:00\n", "time zone"),
        ("- 1\n", "a training is a mapping"),
    ):
        path = tmp_path / "wrong.yaml"
        path.write_text(text)
        wrong = CliRunner().invoke(main, ["train", str(path)])
        assert wrong.exit_code == 2
        assert says in wrong.output

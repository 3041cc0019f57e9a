"""A batch by the clock: the job that the schedule asks for, who may start it; up, changed, gone."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_components.args import EndpointArgs
from lichen_components.aws.sagemaker.hours import AT_ONE, hours_of, runs
from lichen_components.endpoint import plan_of

from lichen.document import InputError
from tests.components.narrowed import ARCHIVE, QUEUED, VECTORS, Only, planned

NIGHT: dict[str, Any] = {
    **VECTORS,
    "mode": "batch",
    "environment": "dev",
    "traffic": {"peak_rps": 20, "mean_rps": 20, "input_tokens": 256},
}
PAGE = "arn:aws:sns:us-east-1:111122223333:page"
MACHINE = "c5.xlarge"


def test_no_graviton_and_no_gpu_without_a_driver_is_taken() -> None:
    with pytest.raises(InputError, match="batch transform's machines have NVIDIA's driver 535"):
        planned("g6.xlarge", NIGHT, **QUEUED)
    arguments = EndpointArgs(workload=NIGHT, artifacts=ARCHIVE, aws={**QUEUED})
    placement = plan_of(arguments, Only("c7g.2xlarge", MACHINE)).decision.placement
    assert placement.chosen.machine == MACHINE
    assert placement.chosen.hosting == "sagemaker-batch"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"schedule": "every night"}, "schedule"),
        ({"schedule": "cleanest(22-30)"}, "schedule"),
        ({"schedule_timezone": "Mars/Olympus"}, "schedule_timezone"),
        ({"schedules": [{"at": "cron(0 1 * * ? *)", "minimum": 1}]}, "schedules"),
        ({"requests": None}, "requests"),
        ({"results": None}, "results"),
    ],
)
def test_a_mistake_is_said_with_its_field(wrong: dict[str, Any], field: str) -> None:
    given = {key: value for key, value in {**QUEUED, **wrong}.items() if value is not None}
    with pytest.raises(InputError) as refused:
        planned(MACHINE, NIGHT, aws=given)
    assert refused.value.field == field


def test_production_hears_of_a_job_that_fails() -> None:
    with pytest.raises(InputError, match="a job that fails says so nowhere else"):
        planned(MACHINE, {**NIGHT, "environment": "prod"}, **QUEUED)
    planned(MACHINE, {**NIGHT, "environment": "prod"}, **QUEUED, alarm_topic=PAGE)


def test_a_batch_runs_in_the_hours_in_which_its_grid_is_usually_cleanest() -> None:
    where = {**NIGHT["where"], "regions": ["eu-north-1"]}
    few = {**NIGHT, "traffic": {**NIGHT["traffic"], "mean_rps": 1}, "where": where}
    plan = planned(MACHINE, few, **QUEUED)
    takes = hours_of(plan.decision)
    best = runs(plan, {})
    assert best.window is not None
    assert best.window.hours == takes
    assert best.expression == f"cron(0 {best.window.start_hour_utc} * * ? *)"
    said = best.in_receipt()["hours"]
    assert said["grid_over_its_year"] == round(best.window.ratio, 3) < 1
    assert said["sources"]

    # Within a window in the user's own time zone it is no cleaner, and within the window.
    night = runs(plan, {"schedule": "cleanest(22-6)", "schedule_timezone": "Europe/Stockholm"})
    assert night.window is not None
    assert night.window.ratio >= best.window.ratio
    hour = int(night.expression.split()[1])
    assert (hour - 22) % 24 + takes <= 8
    assert (hour - night.window.start_hour_utc) % 24 == 1  # Stockholm in winter

    # Nobody publishes the hours of this grid.
    elsewhere = {**NIGHT, "where": {**NIGHT["where"], "regions": ["ap-south-1"]}}
    unknown = planned(MACHINE, elsewhere, **QUEUED)
    assert runs(unknown, {}).expression == AT_ONE
    assert runs(unknown, {"schedule": "cleanest(3-9)"}).expression == "cron(0 3 * * ? *)"
    assert "sources" not in runs(unknown, {}).in_receipt()["hours"]


def test_a_window_that_is_shorter_than_the_job_is_refused() -> None:
    with pytest.raises(InputError, match=r"the job takes about \d+ h, and cleanest\(2-3\) has 1"):
        planned(MACHINE, NIGHT, aws={**QUEUED, "schedule": "cleanest(2-3)"})

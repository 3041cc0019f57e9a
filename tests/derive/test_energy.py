"""The power model: what it predicts, and that its errors are those of publishers left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.fit.energy import (
    CHIP_PRIOR,
    WALL_PRIOR,
    Metered,
    drawn,
    fit_chip,
    fit_wall,
    interval,
    left_out_runs,
    power_model,
)
from derive.fit.observations import implied_speeds, publisher_of, rows_of
from lichen.catalogue import load
from lichen.measured.answer import answer_cases
from lichen.measured.names import Tables
from lichen.measured.row import Cells, parse_row
from lichen.measured.run import Run, run_of
from lichen.power import half_share, share_of_rated

ROW: Cells = {
    "row_id": "1",
    "source_title": "A benchmark",
    "source_url_or_repo_path": "somebody/benchmark@1:file.csv",
    "hardware": "H100",
    "accelerator": "NVIDIA H100",
    "accelerator_count": "1",
    "model": "Llama-3-8B",
    "model_class": "LLM",
    "params_b": "8.03",
    "precision": "bf16",
    "serving_stack": "vLLM",
    "batch_or_concurrency": "16",
    "input_tokens": "1024",
    "output_tokens": "1024",
    "metric": "GPU power (sum of GPUs)",
    "unit": "W",
    "value": "400",
    "boundary": "GPU only",
    "notes": "",
    "use_flag": "ok",
    "cluster_key": "somebody|H100",
}
USE = (0.5, 0.1)


def metered(publisher: str, watts: float, boundary: str = "chip") -> Metered:
    row = ROW | {"source_url_or_repo_path": f"{publisher}/x@1:y", "cluster_key": publisher}
    run = run_of(parse_row(row), Tables(load()))
    assert isinstance(run, Run)
    return Metered(row, run, boundary, watts, 700.0, 1.0, USE, USE, 1.0, 1.0)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_busier_chip_draws_no_less_and_never_more_than_it_is_rated_at(
    move: float, compute: float, more: float
) -> None:
    power = power_model("chip", CHIP_PRIOR, WALL_PRIOR, ())
    share = share_of_rated(power, move, compute)
    assert power.idle_share - 1e-12 <= share <= 1.0
    assert share <= share_of_rated(power, move + more, compute) + 1e-12
    assert share <= share_of_rated(power, move, compute + more) + 1e-12


def test_half_the_work_draws_much_more_than_half() -> None:
    power = power_model("chip", CHIP_PRIOR, WALL_PRIOR, [metered("a", 560.0)])
    assert power.full_share == pytest.approx(0.8)
    assert 0.65 < half_share(power) < 0.8


def test_a_publisher_is_judged_by_the_others() -> None:
    agreed = [metered("a", 400.0), metered("b", 400.0)]
    odd = metered("c", 700.0)
    error = next(u for u in left_out_runs([*agreed, odd]) if u.run is odd).power
    rest = fit_chip(agreed)
    assert error == pytest.approx(np.log(700.0 / drawn(odd, rest, WALL_PRIOR, USE)))
    assert drawn(odd, fit_chip([*agreed, odd]), WALL_PRIOR, USE) > drawn(odd, rest, WALL_PRIOR, USE)


def test_rows_of_the_wall_say_nothing_of_the_chips() -> None:
    chips = [metered("a", 400.0)]
    wall = [metered("b", 1400.0, "wall")]
    alone, both = fit_chip(chips), fit_chip(chips + wall)
    assert list(alone) == list(both)
    host = fit_wall(chips + wall, alone)
    assert host[0] > WALL_PRIOR[0]
    assert list(fit_wall(chips, alone)) == list(WALL_PRIOR)


def test_a_server_draws_its_chips_and_its_host() -> None:
    chip, wall = metered("a", 1.0), metered("a", 1.0, "wall")
    extra = drawn(wall, CHIP_PRIOR, WALL_PRIOR, USE) - drawn(chip, CHIP_PRIOR, WALL_PRIOR, USE)
    assert extra == pytest.approx(WALL_PRIOR[0] + WALL_PRIOR[1])


def test_a_power_cap_holds() -> None:
    free = metered("a", 1.0)
    capped = replace(free, run=run_of(parse_row(ROW | {"notes": "MaxQ"}), Tables(load())))
    full = (1.0, 1.0)
    assert 0.95 * 700.0 < drawn(free, CHIP_PRIOR, WALL_PRIOR, full) <= 700.0
    assert drawn(capped, CHIP_PRIOR, WALL_PRIOR, full) == pytest.approx(700.0 * WALL_PRIOR[2])


def test_few_publishers_make_a_wide_interval() -> None:
    errors = [-0.3, -0.1, 0.0, 0.1, 0.3]
    one = interval([(error, "a") for error in errors])
    five = interval([(error, str(place)) for place, error in enumerate(errors)])
    assert one[0] < five[0] < 0 < five[1] < one[1]


def test_runs_of_two_stacks_are_two_runs() -> None:
    other = ROW | {"serving_stack": "TensorRT-LLM", "value": "300"}
    joules = {"unit": "J/token", "value": "0.2"}
    speeds = implied_speeds([ROW, other, ROW | joules, other | joules])
    assert sorted(float(row["value"]) for row in speeds) == [1500.0, 2000.0]
    assert publisher_of(ROW) == "somebody"


@pytest.mark.parametrize("boundary", ["GPU only", "whole server at the wall"])
def test_the_watts_of_metered_runs_are_predicted_at_each_boundary(boundary: str) -> None:
    """Of all rows in the table: the median, and almost all within a factor of two."""
    rows = [
        row
        for row in rows_of("energy_measurements")
        if row["unit"] == "W" and row["boundary"].startswith(boundary) and row["use_flag"] == "ok"
    ]
    answers = answer_cases(rows, load())
    errors = np.array(
        [
            answer.predicted / float(row["value"])
            for row, answer in zip(rows, answers, strict=True)
            if answer.predicted is not None
        ]
    )
    assert len(errors) > 0.9 * len(rows)
    assert np.median(np.abs(errors - 1)) < 0.25
    assert np.mean((errors > 0.5) & (errors < 2.0)) > 0.95

"""A placement on one screen: what it was chosen by, how fast at which load, what it hangs on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from lichen_doors.report import placement as report
from lichen_doors.report.terminal import as_text
from msgspec.structs import replace

from lichen.evidence import Record
from lichen.figures import usd
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.words import Objective
from lichen.workload import Where, Workload, read_workload
from tests.fixed import fixed

CHAT = Path(__file__).parents[3] / "stacks" / "workloads" / "chat.yaml"


def placed(
    workload: Workload | None = None,
    objective: Objective = "carbon",
    evidence: tuple[Record, ...] = (),
    where: Where | None = None,
) -> Placement:
    asked = workload or read_workload(CHAT)
    asked = asked if where is None else replace(asked, where=where)
    question = Question.of(asked, near=CHAT, catalogue=fixed(), objective=objective)
    answer = place(replace(question, evidence=evidence))
    assert isinstance(answer, Placement)
    return answer


def text(answer: Placement) -> str:
    return as_text(report.renderables(answer, top=3))


def flat(answer: Placement) -> str:
    return " ".join(text(answer).split())


def test_a_placement_is_one_screen() -> None:
    assert len(text(placed()).splitlines()) <= 60


def test_the_heading_and_the_load_of_each_time() -> None:
    answer = placed()
    shown = flat(answer)
    assert f"{answer.model}, lowest carbon within 15 % of the cheapest" in shown
    assert answer.sizing.at_peak is not None
    peak = answer.sizing.at_peak.time_per_output_token_ms
    assert peak is not None
    assert re.search(
        r"at the expected load, 0\.600 requests/s on [\d.]+ replicas: first token [\d.]+ ms", shown
    )
    assert re.search(
        r"at the peak, 2\.00 requests/s on [\d.]+ replicas: first token [\d.]+ ms", shown
    )
    assert "are this fast; bounds and traffic are met with 80 % confidence" in shown
    full = answer.sizing.prediction.time_per_output_token_ms
    assert full is not None
    assert peak.likely < full.likely


def test_a_queue_has_no_times_at_a_load() -> None:
    workload = replace(read_workload(CHAT), mode="batch")
    assert "before that it waits in a queue" in flat(placed(workload))


def test_what_stands_beside_the_choice_is_in_the_table_and_in_markdown() -> None:
    answer = placed(objective="cost", where=Where())
    greenest = answer.greenest
    assert greenest is not None
    assert greenest.usd_tonne is not None
    assert re.search(rf" greenest +{re.escape(greenest.option.machine)} ", text(answer))
    markdown = report.as_markdown(answer, top=3)
    assert "Chosen by lowest cost." in markdown
    assert f"| greenest | `{greenest.option.machine}` |" in markdown


@pytest.mark.parametrize(
    "what", ["a benchmark of", "the choice hangs on an assumed figure: if the"]
)
def test_doubts_are_said(what: str) -> None:
    asked = read_workload(CHAT)
    answers = [
        placed(
            replace(asked, traffic=replace(asked.traffic, peak_rps=peak, mean_rps=peak / 3)),
            objective,
        )
        for peak in (2.0, 4.0, 8.0)
        for objective in get_args(Objective)
    ]
    assert any(what in flat(answer) for answer in answers)
    assert any(what in report.as_markdown(answer, top=3) for answer in answers)


def test_explain_shows_what_the_speed_rests_on() -> None:
    answer = placed()
    shown = " ".join(as_text(report.arithmetic(answer)).split())
    origin = answer.origin
    assert f"{origin.rows} measured rows of {origin.family} under {origin.stack}" in shown
    assert all(" ".join(source.split()) in shown for source in origin.sources)
    low, high = origin.token_factors
    assert f"each token {low:.3f} to {high:.2f}" in shown
    assert f"{len(answer.rejected):,} offers rejected" in shown


def test_explain_says_that_records_narrowed_it() -> None:
    first = placed()
    chosen = first.chosen
    record = Record(
        model=first.model,
        machine=chosen.machine,
        precision=chosen.precision,
        measured_on="2026-11-01",  # type: ignore[arg-type]
        concurrency=1,
        requests=400,
        time_per_output_token_ms=20.0,
    )
    answer = placed(evidence=(record,))
    assert "narrowed by 1 benchmark record of your own" in " ".join(
        as_text(report.arithmetic(answer)).split()
    )
    before, after = first.origin.token_factors, answer.origin.token_factors
    assert after[1] / after[0] < before[1] / before[0]


def test_what_only_lacks_confidence_is_said_where_nothing_fits() -> None:
    likely = placed().chosen
    answer = NoPlacement(
        workload="chat",
        model="any",
        confidence=0.8,
        likely=likely,
        nearest=(),
        rejected=(),
        compile_command=None,
    )
    said = (
        f"{likely.machine} in {likely.region} would do the work at its likely speed, for "
        f"{usd(likely.usd_month)} a month, but not with 80 % confidence: add a benchmark record "
        "of it to evidence, or lower confidence."
    )
    assert said in " ".join(as_text(report.renderables(answer, top=3)).split())
    assert said in report.as_markdown(answer, top=3)

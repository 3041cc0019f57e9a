"""The panel is well formed, its judge is strict, and docs/placements.md shows what was recorded.

No answer of the live catalogue is asked here: a refresh of its rows must not move a test.
`make placements` asks, and a person reads what moved.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from msgspec.structs import replace

from lichen.document import InputError
from lichen.workload import as_workload
from tests.fixed import fixed
from tests.placements.asking import ask, recorded
from tests.placements.document import DOCUMENT, sources, written
from tests.placements.panel import (
    WORKLOADS,
    Answer,
    Asked,
    Barred,
    Case,
    Choice,
    Expected,
    Grade,
    Says,
    judge,
    never,
    panel,
)

CASES = panel()


def test_there_are_at_least_forty_workloads() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_has_the_name_of_its_workload(case: Case) -> None:
    assert (WORKLOADS / f"{case.name}.yaml").is_file()
    assert as_workload(case.workload).name == case.name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_expectation_can_fail_and_has_its_sources(case: Case) -> None:
    expected, known = case.expected, sources()
    assert set(expected.sources) <= set(known)
    for low, high in (expected.replicas, expected.usd_month, expected.first_token_ms or (0, 0)):
        assert low <= high
    if expected.answer == "placement":
        assert expected.machines.right != ("*",)
        assert expected.usd_month[1] < float("inf")
        assert expected.replicas[1] < float("inf")
    else:
        assert expected.says


def test_what_is_never_chosen_has_a_source() -> None:
    known = sources()
    assert all(bar.source in known for bar in never())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_accepted_that_is_never_chosen(case: Case) -> None:
    """A machine that is named in full as right for a workload is not one that is barred."""
    if "sold" in case.workload.get("where", {}):
        return
    for name in case.expected.machines.right:
        assert "*" in name or not any(
            fnmatchcase(name, pattern)
            for bar in never()
            if not bar.except_in
            for pattern in bar.machines
        )


def test_the_panel_covers_every_kind_cloud_and_mode() -> None:
    modes = {case.workload.get("mode", "real-time") for case in CASES}
    clouds = {cloud for case in CASES for cloud in case.workload.get("where", {}).get("clouds", ())}
    assert modes == {"real-time", "asynchronous", "batch", "serverless"}
    assert clouds == {"aws", "google", "azure"}


def test_the_document_shows_what_was_recorded() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == written(CASES, recorded()), "`make placements` writes it"


def test_no_recorded_answer_is_wrong() -> None:
    """Where one is, the product or the panel is changed, with a reason."""
    answers, barred = recorded(), never()
    judged = {case.name: judge(answers[case.name], case, barred) for case in CASES}
    assert not {name: found.reasons for name, found in judged.items() if found.grade == "wrong"}


# The judge, on one answer that is right and is then changed in one place.

RIGHT = Answer(
    workload="chat",
    answer="placement",
    text=("eu-north-1 has a low-carbon grid",),
    machine="g6e.xlarge",
    vcpu=4,
    region="eu-north-1",
    country="SE",
    precision="bf16",
    replicas_minimum=2,
    replicas_peak=2,
    usd_month=2000,
    first_token_ms=100,
)
CASE = Case(
    topic="a case of the judge",
    workload={"name": "chat", "environment": "prod"},
    expected=Expected(
        machines=Choice(("g6e.*",), ("g5.*", "inf2.*", "a3-*")),
        regions=Choice(("SE",), ("us-west-2",)),
        precisions=Choice(("bf16",)),
        replicas=(2, 3),
        usd_month=(1500, 3000),
        first_token_ms=(60, 1000),
        says=(Says(any_of=("2.28", "frozen"), machines=("inf2.*",)),),
        why="One L40S reads the weights in 23 ms a step, and two of them are $1.97 an hour each.",
        sources=("arithmetic",),
    ),
)
BARRED = (
    Barred(machines=("a3-highgpu-1g",), because="Spot only", source="arithmetic"),
    Barred(machines=("g6e.*",), except_in=("SE", "US"), because="no zone", source="arithmetic"),
)


@pytest.mark.parametrize(
    ("changed", "grade", "says"),
    [
        ({}, "right", ""),
        ({"machine": "g5.xlarge"}, "doubtful", "machine g5.xlarge can be argued for"),
        ({"machine": "p5.48xlarge"}, "wrong", "machine p5.48xlarge is not accepted"),
        ({"machine": "a3-highgpu-1g"}, "wrong", "a3-highgpu-1g in eu-north-1: Spot only"),
        ({"region": "us-west-2", "country": "US"}, "doubtful", "region us-west-2"),
        ({"region": "ap-south-1", "country": "IN"}, "wrong", "no zone"),
        ({"precision": "fp8"}, "wrong", "precision fp8"),
        ({"replicas_peak": 4}, "doubtful", "replicas at the peak 4"),
        ({"replicas_peak": 1}, "doubtful", "replicas at the peak 1"),
        ({"replicas_peak": 5}, "wrong", "where 2 to 3 is expected"),
        ({"usd_month": 4500}, "doubtful", "cost 4,500 USD/month"),
        ({"usd_month": 900}, "wrong", "where 1,500 to 3,000 USD/month is expected"),
        ({"usd_month": 9000, "measured_usd_month": 2800}, "doubtful", "2,800 after the benchmark"),
        ({"usd_month": 9000, "measured_usd_month": 8000}, "wrong", "9,000 USD/month, where"),
        ({"replicas_peak": 9, "measured_replicas_peak": 3}, "doubtful", "3 after the benchmark"),
        ({"first_token_ms": 27}, "wrong", "first token 27 ms"),
        ({"first_token_ms": None}, "right", ""),
        ({"machine": "inf2.xlarge"}, "doubtful", "does not say 2.28 or frozen"),
        ({"vcpu": 2, "replicas_minimum": 1}, "doubtful", "all that production has"),
        ({"vcpu": 2, "replicas_minimum": 2}, "right", ""),
        ({"answer": "nothing-fits"}, "wrong", "nothing-fits, where placement is expected"),
    ],
)
def test_an_answer_is_as_good_as_the_worst_of_its_parts(
    changed: dict[str, Any], grade: Grade, says: str
) -> None:
    judgement = judge(replace(RIGHT, **changed), CASE, BARRED)
    assert judgement.grade == grade
    assert says in "; ".join(judgement.reasons)


def test_a_way_of_buying_that_is_asked_for_opens_what_is_barred() -> None:
    spot = Barred(machines=("g6e.*",), sold=("spot",), because="Spot only", source="arithmetic")
    assert judge(RIGHT, CASE, (spot,)).grade == "wrong"
    asks = replace(CASE, workload={**CASE.workload, "where": {"sold": "spot"}})
    assert judge(RIGHT, asks, (spot,)).grade == "right"


def test_words_are_found_in_any_sentence() -> None:
    answer = replace(RIGHT, machine="inf2.xlarge", text=("x", "The software is frozen at SDK 2.28"))
    assert judge(answer, CASE, ()).reasons == ("machine inf2.xlarge can be argued for",)


def expecting(answer: str, *says: str) -> Case:
    refused = {"answer": answer, "says": (Says(any_of=says),)}
    return replace(CASE, expected=replace(CASE.expected, **refused))


def test_a_refusal_is_right_where_it_is_expected_and_says_why() -> None:
    refusal = Answer(workload="chat", answer="nothing-fits", text=("no zone has it",))
    assert judge(refusal, expecting("nothing-fits", "zone"), ()).grade == "right"
    assert judge(refusal, expecting("nothing-fits", "quota"), ()).grade == "doubtful"
    assert judge(refusal, expecting("input-error", "zone"), ()).grade == "wrong"


# The same function asks and judges on the fixed catalogue, so that a placement, a refusal and a
# mistake are read from real answers.


def asked(**changes: Any) -> Answer:
    workload = {
        "name": "chat",
        "model": "meta-llama/Llama-3.1-8B",
        "traffic": {"peak_rps": 2, "mean_rps": 0.6, "input_tokens": 600, "output_tokens": 200},
        "where": {"residency": "EU"},
        "environment": "prod",
    }
    case = replace(CASE, workload=workload | changes, asked=Asked(any=True))
    return ask(case, fixed())


@pytest.mark.parametrize(
    ("changes", "answer", "says"),
    [
        ({}, "placement", "grid"),
        ({"latency": {"time_per_output_token_ms": 0.01}}, "nothing-fits", "; "),
        ({"model": "meta-llama/Llama-3.1-8"}, "input-error", "did you mean"),
    ],
)
def test_a_real_answer_is_reduced_to_what_is_judged(
    changes: dict[str, Any], answer: str, says: str
) -> None:
    given = asked(**changes)
    assert given.answer == answer
    assert says in " ".join(given.text)


def test_a_placement_is_reduced_with_its_figures() -> None:
    given = asked()
    assert given.machine
    assert given.vcpu > 0
    assert given.country in {"SE", "IE", "FR", "DE", "FI", "NL", "BE", "ES", "IT", "PL"}
    assert given.replicas_peak >= given.replicas_minimum >= 1
    assert given.usd_month > 0
    assert given.kgco2e_month is not None
    assert given.kgco2e_month == tuple(sorted(given.kgco2e_month))


@pytest.mark.parametrize(
    "broken",
    [
        {"machines": {"right": []}, "why": "short"},
        {"machines": {"right": ["g6e.*"], "fine": ["g5.*"]}},
        {"usd_month": [1]},
    ],
)
def test_a_broken_expectation_is_refused(broken: dict[str, Any], tmp_path: Any) -> None:
    import yaml

    from tests.placements.panel import read_case

    text = {
        "topic": "a broken one",
        "workload": {"name": "x"},
        "expected": {"why": "y" * 90, "sources": ["arithmetic"]} | broken,
    }
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(text))
    with pytest.raises(InputError):
        read_case(path)

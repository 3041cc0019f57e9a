"""What a measurement changes for production: of the machine itself much, of another a little."""

from __future__ import annotations

from datetime import date

import pytest
from lichen_practices.bench.outlook import Outlook, outlook_of
from msgspec.structs import replace

from lichen.evidence import Record
from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.sizing import predict
from lichen.sizing.answers import Prediction
from lichen.workload import Latency, Traffic, Where, Workload
from tests.fixed import fixed

CATALOGUE = fixed()
WORKLOAD = Workload(
    name="chat",
    model="meta-llama/Llama-3.1-8B",
    traffic=Traffic(peak_rps=4, mean_rps=1, input_tokens=600, output_tokens=200),
    latency=Latency(time_to_first_token_ms=1000, time_per_output_token_ms=80),
    environment="prod",
    where=Where(clouds=("aws",)),
)
OTHER = "g6.12xlarge"
"""A machine that does the work and is never the choice."""
QUESTION = Question.of(WORKLOAD, catalogue=CATALOGUE, today=date(2026, 11, 26))


def chosen() -> Placement:
    answer = place(QUESTION, runners_up=0)
    assert isinstance(answer, Placement)
    return answer


def measured_on(machine: str, slower: float = 1.0) -> Record:
    """A record that finds ``slower`` times the predicted time on a machine of the catalogue."""
    predicted = predict(
        QUESTION.card,
        CATALOGUE.machine(machine),
        CATALOGUE,
        precision="bf16",
        input_tokens=600,
        output_tokens=200,
        concurrency=4,
    )
    assert isinstance(predicted, Prediction)
    assert predicted.time_per_output_token_ms is not None
    return Record(
        model="meta-llama/Llama-3.1-8B",
        machine=machine,
        precision="bf16",
        measured_on=date(2026, 11, 20),
        concurrency=4,
        requests=500,
        input_tokens=600,
        output_tokens=200,
        time_per_output_token_ms=predicted.time_per_output_token_ms.likely * slower,
    )


def at_home(slower: float = 1.0) -> Record:
    """A record of a workstation that computes with what the chosen machine does."""
    there = measured_on(chosen().chosen.machine, slower)
    return replace(there, machine="my workstation", chip="NVIDIA L40S", chips=1.0)


def outlook(record: Record) -> Outlook:
    return outlook_of((record,), QUESTION)


def narrowed(found: Outlook) -> float:
    assert found.narrowed is not None
    return found.narrowed


def test_a_record_of_the_machine_narrows_it_and_says_by_how_much() -> None:
    found = outlook(measured_on(chosen().chosen.machine))
    assert found.after is not None
    assert found.same_before is not None
    assert not found.carried
    assert narrowed(found) > 1.5
    assert found.after.usd_month.high - found.after.usd_month.low <= (
        found.same_before.usd_month.high - found.same_before.usd_month.low
    )
    assert any("narrows it" in note for note in found.notes)


def test_a_record_of_another_machine_carries_over_with_a_wider_interval() -> None:
    same = narrowed(outlook(measured_on(chosen().chosen.machine)))
    found = outlook(at_home())
    assert found.carried
    assert 1.0 < narrowed(found) < same
    unknown = outlook(replace(at_home(), chip="a chip of tomorrow"))
    assert unknown.narrowed == pytest.approx(1.0)
    assert not unknown.notes


def test_nothing_carries_over_to_another_family_of_chips() -> None:
    found = outlook(measured_on(OTHER, slower=1.5))
    assert found.before == found.after
    assert narrowed(found) == pytest.approx(1.0)
    assert any("nothing of it carries over from L4 to L40S" in note for note in found.notes)


def test_what_was_slower_there_is_a_little_slower_here() -> None:
    slow, usual = (outlook(at_home(slower)).after for slower in (1.5, 1.0))
    assert slow is not None
    assert usual is not None
    assert slow.usd_month.likely >= usual.usd_month.likely


def test_a_record_of_another_model_changes_nothing() -> None:
    found = outlook(replace(measured_on(OTHER), model="another"))
    assert found.before == found.after
    assert found.narrowed == pytest.approx(1.0)

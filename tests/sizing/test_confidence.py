"""Confidence: what holds more surely takes as many replicas or more, and evidence narrows."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lichen.document import InputError
from lichen.evidence import Record, contradicts, weigh
from lichen.sizing import Layout, Misfit, lay_out
from lichen.sizing.capacity import Curve
from lichen.sizing.confidence import factor_at, normal_quantile
from lichen.sizing.layout import narrowed_spreads
from lichen.sizing.replicas import replicas_over_day
from lichen.workload import Availability, Latency, Traffic, Workload, as_workload
from tests.fixed import fixed

CATALOGUE = fixed()
CARDS = st.sampled_from(sorted(CATALOGUE.models))
MACHINES = st.sampled_from(sorted(CATALOGUE.machines))
PRECISIONS = st.sampled_from(("bf16", "int8", "fp16", "fp32"))
CONFIDENCES = st.floats(0.5, 0.99)


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    peak = draw(st.sampled_from((0.05, 1.0, 7.0, 60.0)))
    bound = st.none() | st.floats(10.0, 60_000.0)
    return Workload(
        name="any",
        model="any",
        traffic=Traffic(
            peak_rps=peak,
            mean_rps=peak / draw(st.sampled_from((1, 3, 20))),
            input_tokens=draw(st.sampled_from((64, 600, 4000))),
            output_tokens=draw(st.sampled_from((8, 200))),
            items=draw(st.sampled_from((1, 4))),
        ),
        latency=Latency(
            time_to_first_token_ms=draw(bound),
            time_per_output_token_ms=draw(bound),
            p95_ms=draw(bound),
        ),
        mode=draw(st.sampled_from(("real-time", "real-time", "asynchronous", "batch"))),
        environment=draw(st.sampled_from(("dev", "staging", "prod"))),
        availability=Availability(zones=draw(st.sampled_from((1, 3)))),
    )


def laid_out(workload: Workload, model: str, machine: str, precision: Any) -> Layout | Misfit:
    return lay_out(
        workload, CATALOGUE.model(model), CATALOGUE.machine(machine), precision, CATALOGUE
    )


@settings(max_examples=300, deadline=None)
@given(workloads(), CARDS, MACHINES, PRECISIONS, CONFIDENCES, CONFIDENCES)
def test_more_confidence_never_takes_fewer_replicas(
    workload: Workload, model: str, machine: str, precision: str, one: float, other: float
) -> None:
    less, more = (
        laid_out(replace(workload, confidence=confidence), model, machine, precision)
        for confidence in sorted((one, other))
    )
    if isinstance(less, Misfit):
        assert isinstance(more, Misfit)
    elif isinstance(more, Layout):
        assert more.capacity.rps <= less.capacity.rps * (1 + 1e-9)
        assert more.replicas.peak >= less.replicas.peak
        assert more.replicas.hours >= less.replicas.hours - 1e-6


@settings(max_examples=300, deadline=None)
@given(workloads(), CARDS, MACHINES, PRECISIONS, st.floats(0.2, 1.0))
def test_a_tighter_bound_never_takes_fewer_replicas(
    workload: Workload, model: str, machine: str, precision: str, share: float
) -> None:
    def times(bound: float | None) -> float | None:
        return None if bound is None else bound * share

    latency = workload.latency
    tight = Latency(
        time_to_first_token_ms=times(latency.time_to_first_token_ms),
        time_per_output_token_ms=times(latency.time_per_output_token_ms),
        p95_ms=times(latency.p95_ms),
    )
    loose = laid_out(workload, model, machine, precision)
    tighter = laid_out(replace(workload, latency=tight), model, machine, precision)
    if isinstance(loose, Misfit):
        assert isinstance(tighter, Misfit)
    elif isinstance(tighter, Layout):
        # The search ends at a thousandth of the requests in flight.
        assert tighter.capacity.rps <= loose.capacity.rps * 1.002
        assert tighter.replicas.hours >= loose.replicas.hours * 0.998 - 1e-6


@settings(max_examples=200, deadline=None)
@given(workloads(), CARDS, MACHINES, PRECISIONS)
def test_intervals_hold_what_is_planned(
    workload: Workload, model: str, machine: str, precision: str
) -> None:
    layout = laid_out(workload, model, machine, precision)
    if isinstance(layout, Misfit):
        return
    sizing = layout.sizing()
    needed = sizing.replicas_needed
    assert needed.low <= sizing.replicas_peak == needed.likely <= needed.high
    assert sizing.confidence == workload.wanted_confidence
    assert sizing.rps_planned <= sizing.rps_per_replica.likely * (1 + 1e-9)
    if workload.mode == "real-time":
        assert sizing.at_mean is not None
        assert sizing.at_peak is not None
        assert sizing.at_mean.in_flight <= sizing.at_peak.in_flight * 1.01
        assert sizing.at_mean.p95_ms.likely <= sizing.at_peak.p95_ms.likely * 1.01
        full = layout.capacity.point
        copies = layout.capacity.arrangement.copies
        assert sizing.at_peak.in_flight <= full.in_flight * copies * 1.01
        assert sizing.at_peak.p95_ms.likely <= full.request_s * 1e3 * 1.01


@settings(max_examples=200, deadline=None)
@given(workloads(), CARDS, MACHINES, PRECISIONS)
def test_a_benchmark_that_finds_the_prediction_never_takes_more_replicas(
    workload: Workload, model: str, machine: str, precision: str
) -> None:
    layout = laid_out(workload, model, machine, precision)
    if isinstance(layout, Misfit):
        return
    measured = layout.measured()
    assert isinstance(measured, Layout)
    assert measured.replicas.hours <= layout.replicas.hours + 1e-6


SPREADS = st.tuples(st.floats(0.05, 0.99), st.floats(1.01, 20.0))


@settings(max_examples=300, deadline=None)
@given(SPREADS, st.floats(0.02, 50.0), st.integers(1, 10_000))
def test_evidence_narrows_unless_it_contradicts(
    spread: tuple[float, float], ratio: float, requests: int
) -> None:
    record = Record(
        model="any",
        machine="any",
        precision="bf16",
        measured_on="2026-11-01",  # type: ignore[arg-type]
        concurrency=1,
        requests=requests,
        request_ms=100.0 * ratio,
    )
    predicted = {"request_ms": 100.0}
    _, after = weigh(predicted, record, spread)

    def width(factors: tuple[float, float]) -> float:
        return math.log(factors[1] / factors[0])

    usual = width(narrowed_spreads_of(spread, requests))
    if contradicts(predicted, record, spread):
        assert width(after) >= usual
    else:
        assert width(after) == pytest.approx(usual)
        assert width(after) <= width(spread) * (1 + 1e-9)


def narrowed_spreads_of(spread: tuple[float, float], requests: int) -> tuple[float, float]:
    from lichen.sizing.coefficients import Spreads

    return narrowed_spreads(Spreads(spread, spread, spread, spread), requests).token


def test_the_ends_of_an_interval_are_its_tenth_and_its_ninetieth_percentile() -> None:
    assert factor_at((0.5, 3.0), 0.9) == pytest.approx(3.0, rel=1e-4)
    assert factor_at((0.5, 3.0), 0.1) == pytest.approx(0.5, rel=1e-4)
    assert factor_at((0.5, 3.0), 0.5) == pytest.approx(1.0)
    assert normal_quantile(0.8) == pytest.approx(0.8416, abs=1e-4)


def test_confidence_is_the_environments_unless_it_is_stated() -> None:
    def wanted(**given: object) -> float:
        traffic = {"peak_rps": 1, "input_tokens": 1, "output_tokens": 1}
        plain = {"name": "chat", "model": "any", "traffic": traffic}
        return as_workload({**plain, **given}).wanted_confidence

    assert (wanted(), wanted(environment="staging"), wanted(environment="prod")) == (0.5, 0.5, 0.8)
    assert wanted(environment="prod", confidence=0.95) == 0.95
    for refused in (0.4, 1.0):
        with pytest.raises(InputError, match="confidence"):
            wanted(confidence=refused)


def test_a_small_machine_does_not_serve_production_alone() -> None:
    workload = Workload(
        name="any", model="any", environment="prod", traffic=Traffic(peak_rps=1, hourly_rps=OFFICE)
    )

    def replicas(**given: Any) -> tuple[int, int]:
        found = replicas_over_day(replace(workload, **given), 10.0, 60.0, small=True)
        return found.minimum, found.peak

    assert replicas() == (2, 2)
    assert replicas(environment="dev") == (1, 1)
    assert replicas(mode="asynchronous") == (1, 1)
    assert replicas(availability=Availability(zones=3)) == (3, 3)
    alone = replicas_over_day(workload, 10.0, 60.0)
    assert (alone.minimum, alone.peak) == (1, 1)
    asleep = replicas_over_day(workload, 10.0, 60.0, floor=0, small=True)
    assert asleep.by_hour[12] == pytest.approx(2.0)


OFFICE = (0.0,) * 8 + (1.0,) * 10 + (0.0,) * 6


def test_two_vcpu_have_a_spare_and_four_have_none() -> None:
    workload = Workload(
        name="embeddings",
        model="any",
        environment="prod",
        traffic=Traffic(peak_rps=0.1, input_tokens=128),
    )
    for machine, replicas in (("c7g.large", 2), ("c7g.xlarge", 1), ("c7g.2xlarge", 1)):
        answer = laid_out(workload, "BAAI/bge-small-en-v1.5", machine, "fp32")
        assert isinstance(answer, Layout)
        assert answer.replicas.minimum == answer.replicas.peak == replicas
        floor = next(step for step in answer.steps() if step.name == "replicas at least")
        assert ("below 4 vCPU" in floor.formula) is (replicas == 2)


def test_a_curve_is_read_backwards() -> None:
    layout = laid_out(
        Workload(
            name="chat",
            model="any",
            traffic=Traffic(peak_rps=1, input_tokens=600, output_tokens=200),
        ),
        "meta-llama/Llama-3.1-8B",
        "g6.xlarge",
        "bf16",
    )
    assert isinstance(layout, Layout)
    curve: Curve = layout.capacity.curve
    for share in (0.01, 0.3, 0.9):
        rps = curve.saturated_rps * share
        assert curve.serving(rps).rps == pytest.approx(rps, rel=1e-6)
    assert curve.serving(curve.saturated_rps * 2).in_flight == pytest.approx(curve.room)


def test_a_misfit_says_that_the_likely_speed_would_do() -> None:
    def refused(bound_ms: float, confidence: float) -> str:
        workload = Workload(
            name="chat",
            model="any",
            traffic=Traffic(peak_rps=1, input_tokens=600, output_tokens=200),
            latency=Latency(time_per_output_token_ms=bound_ms),
            confidence=confidence,
        )
        answer = laid_out(workload, "meta-llama/Llama-3.1-8B", "g6.xlarge", "bf16")
        assert isinstance(answer, Misfit)
        return answer.reason

    likely, slow = refused(1.0, 0.5).split()[5], refused(1.0, 0.9).split()[6]
    bound_ms = float(likely) * 1.01
    assert refused(bound_ms, 0.9) == (
        f"time per output token may be {slow} ms at 90 % confidence with no other request; the "
        f"limit is {bound_ms:g} ms (likely is {likely} ms, which a benchmark would have to confirm)"
    )
    assert "benchmark" not in refused(1.0, 0.9)


def test_a_record_that_contradicts_is_loud_and_one_that_agrees_narrows() -> None:
    workload = Workload(
        name="chat",
        model="any",
        traffic=Traffic(peak_rps=1, input_tokens=600, output_tokens=200),
    )
    card, machine = CATALOGUE.model("meta-llama/Llama-3.1-8B"), CATALOGUE.machine("inf2.xlarge")

    def with_record(*token_ms: float) -> Layout:
        records = tuple(
            Record(
                model=card.name,
                machine=machine.name,
                precision="bf16",
                measured_on="2026-11-01",  # type: ignore[arg-type]
                concurrency=1,
                requests=400,
                time_per_output_token_ms=each,
            )
            for each in token_ms
        )
        answer = lay_out(workload, card, machine, "bf16", CATALOGUE, records)
        assert isinstance(answer, Layout)
        return answer

    likely_ms = with_record().capacity.arrangement.token_s(1.0) * 1e3

    def width(layout: Layout) -> float:
        low, high = layout.arrangement.spreads.token
        return math.log(high / low)

    agrees, contradicting = with_record(likely_ms), with_record(likely_ms * 20)
    assert width(agrees) < width(contradicting)
    assert [("CONTRADICTS" in note) for note in agrees.notes()] == [False]
    assert [("CONTRADICTS" in note) for note in contradicting.notes()] == [True]
    # A second record that contradicts the first is as loud, though alone it would not be.
    apart = with_record(likely_ms, likely_ms * 1.6)
    assert [("CONTRADICTS" in note) for note in apart.notes()] == [False, True]
    assert not any("CONTRADICTS" in note for note in with_record(likely_ms * 1.6).notes())

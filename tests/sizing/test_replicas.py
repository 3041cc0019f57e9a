"""Replicas over a day: floors, ramps, zones, modes, and what other ways to hold them would save."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from lichen.sizing import Layout, Misfit, Sizing, Step, lay_out
from lichen.sizing.capacity import queue_p95_s
from lichen.sizing.layout import _laid_out
from lichen.sizing.replicas import day_of, replicas_over_day
from lichen.workload import Availability, Latency, Traffic, Workload
from tests.fixed import fixed

CATALOGUE = fixed()
CARD = CATALOGUE.model("meta-llama/Llama-3.1-8B")
MACHINE = CATALOGUE.machine("g6.xlarge")
OFFICE = (0.0,) * 8 + (1.0, 4.0, 8.0, 8.0, 6.0, 8.0, 8.0, 6.0, 4.0, 1.0) + (0.0,) * 6


def workload(**changed: Any) -> Workload:
    plain = Workload(
        name="chat",
        model=CARD.name,
        precisions=("int8",),
        traffic=Traffic(peak_rps=10, hourly_rps=OFFICE, input_tokens=256, output_tokens=128),
    )
    return replace(plain, **changed)


def sized(chat: Workload) -> Sizing:
    return laid_out(chat).sizing()


def laid_out(chat: Workload) -> Layout:
    answer = lay_out(chat, CARD, MACHINE, "int8", CATALOGUE)
    assert isinstance(answer, Layout), answer
    return answer


def test_production_is_never_at_zero_nor_in_fewer_replicas_than_zones() -> None:
    assert sized(workload(environment="prod")).replicas_minimum >= 1
    zones = workload(environment="prod", availability=Availability(zones=3, minimum_replicas=0))
    assert sized(zones).replicas_minimum >= 3


def test_outside_production_zero_must_be_asked_for() -> None:
    assert sized(workload()).replicas_minimum == 1
    asked = workload(availability=Availability(minimum_replicas=0))
    assert sized(asked).replicas_minimum == 0
    assert sized(workload(mode="asynchronous")).replicas_minimum == 0


def test_a_lost_zone_leaves_enough_for_the_peak() -> None:
    spread = workload(environment="prod", availability=Availability(zones=3))
    answer = sized(spread)
    left = answer.replicas_peak * 2 // 3
    assert left * answer.rps_planned >= spread.traffic.peak_rps


def test_the_floor_rides_out_the_rise_while_a_replica_starts() -> None:
    steep = workload(traffic=Traffic(peak_rps=100, hourly_rps=(1.0,) + (100.0,) * 23))
    gentle = workload(traffic=Traffic(peak_rps=100, hourly_rps=(98.0,) + (100.0,) * 23))
    slow, quick = replicas_over_day(steep, 2.0, 1800.0), replicas_over_day(steep, 2.0, 10.0)
    assert quick.by_hour[0] < slow.by_hour[0] < slow.by_hour[1]
    assert replicas_over_day(gentle, 2.0, 1800.0).minimum > slow.minimum


def test_a_day_without_a_profile_has_one_peak_and_the_stated_mean() -> None:
    day = day_of(Traffic(peak_rps=10, mean_rps=3))
    assert sum(day) / 24 == pytest.approx(3)
    assert max(day) == pytest.approx(10)
    assert day_of(Traffic(peak_rps=10)) == (10.0,) * 24


def test_idle_hours_are_counted() -> None:
    awake = sized(workload())
    assert all(hours >= 1 for hours in awake.replica_hours_by_hour)
    asleep = sized(workload(availability=Availability(minimum_replicas=0)))
    assert sum(asleep.replica_hours_by_hour) < sum(awake.replica_hours_by_hour)
    assert asleep.load > awake.load


def test_savings_are_of_the_replicas_of_today() -> None:
    found = laid_out(workload(environment="prod")).savings()
    ways = {saving.way: saving for saving in found}
    assert set(ways) == {"scale-to-zero", "schedule", "asynchronous", "batch"}
    assert [s.saved_share for s in found] == sorted((s.saved_share for s in found), reverse=True)
    assert ways["batch"].replica_hours < ways["scale-to-zero"].replica_hours
    assert all(0 <= saving.saved_share < 1 for saving in found)


def test_scale_to_zero_keeps_the_spare_replica_of_production() -> None:
    """While anything is awake, production has its spare: only the hours asleep are saved."""
    busy = workload(
        environment="prod", traffic=Traffic(peak_rps=20, input_tokens=256, output_tokens=128)
    )
    layout = laid_out(busy)
    found = {saving.way: saving for saving in layout.savings()}
    # Traffic that never pauses lets nothing sleep, so that nothing is saved.
    assert found["scale-to-zero"].saved_share == pytest.approx(0, abs=1e-6)
    assert found["scale-to-zero"].replica_hours == pytest.approx(layout.replicas.hours)
    without_spare = laid_out(replace(busy, environment="dev")).replicas.hours
    assert without_spare < found["scale-to-zero"].replica_hours


def test_a_queue_instead_of_a_spare_replica_says_so() -> None:
    spare = "no spare replica for a failure"
    production = {s.way: s.gives_up for s in laid_out(workload(environment="prod")).savings()}
    assert {way for way, gives_up in production.items() if spare in gives_up} == {
        "asynchronous",
        "batch",
    }
    assert not any(spare in saving.gives_up for saving in laid_out(workload()).savings())


def test_a_batch_pays_for_the_start_of_each_machine() -> None:
    batch = workload(mode="batch", environment="dev")
    work_hours = sum(day_of(batch.traffic)) / 1000.0
    short = replicas_over_day(batch, rps=1000.0, start_up_s=360.0)
    assert short.hours == pytest.approx(work_hours + 0.1)
    long = replicas_over_day(batch, rps=1000.0 * work_hours / 30.0, start_up_s=360.0)
    assert long.peak == 2
    assert long.hours == pytest.approx(30.0 + 2 * 0.1)


def test_a_tighter_bound_never_serves_more() -> None:
    loose = sized(workload(latency=Latency(time_per_output_token_ms=200)))
    tight = sized(workload(latency=Latency(time_per_output_token_ms=40)))
    assert tight.rps_per_replica.likely <= loose.rps_per_replica.likely
    hopeless = lay_out(
        workload(latency=Latency(time_per_output_token_ms=0.01)), CARD, MACHINE, "int8", CATALOGUE
    )
    assert isinstance(hopeless, Misfit)
    assert hopeless.kind == "latency"
    assert hopeless.shortfall
    assert hopeless.shortfall > 100


def test_a_queue_grows_without_end_towards_full_use() -> None:
    assert queue_p95_s(0.01, 1.0) == 0.0
    assert queue_p95_s(0.5, 1.0) < queue_p95_s(0.9, 1.0) < queue_p95_s(0.99, 1.0)
    assert queue_p95_s(1.0, 1.0) == float("inf")


def test_the_receipt_derives_what_the_size_says() -> None:
    chat = workload(environment="prod", availability=Availability(zones=2))
    answer, steps = sized(chat), laid_out(chat).steps()
    by_name: dict[str, Step] = {step.name: step for step in steps}
    assert by_name["served by a replica"].value == pytest.approx(answer.rps_planned)
    assert by_name["replicas at peak"].value == answer.replicas_peak
    assert by_name["replicas at least"].value == answer.replicas_minimum
    assert by_name["replica-hours"].value == pytest.approx(sum(answer.replica_hours_by_hour))
    parts = sum(step.value for step in steps if step.name.startswith("step: "))
    assert by_name["step"].value == pytest.approx(parts)
    assert all(step.unit and step.formula and step.source for step in steps)


@pytest.mark.parametrize(
    ("model", "machine", "precision", "kind", "message"),
    [
        ("meta-llama/Llama-3.1-70B", "inf2.xlarge", "bf16", "memory", "GiB"),
        ("meta-llama/Llama-3.1-8B", "g4dn.xlarge", "bf16", "precision", "does not run bf16"),
        ("meta-llama/Llama-3.1-8B", "g5.xlarge", "fp8", "precision", "does not run fp8"),
        ("meta-llama/Llama-3.1-8B", "inf2.xlarge", "int4", "precision", "does not run int4"),
        ("meta-llama/Llama-3.2-1B", "inf1.xlarge", "bf16", "hardware", "no known way"),
    ],
)
def test_what_does_not_fit_says_why(
    model: str, machine: str, precision: Any, kind: str, message: str
) -> None:
    answer = lay_out(
        workload(), CATALOGUE.model(model), CATALOGUE.machine(machine), precision, CATALOGUE
    )
    assert isinstance(answer, Misfit)
    assert answer.kind == kind
    assert message in answer.reason


def test_a_card_that_lacks_fields_has_them_named() -> None:
    bare = replace(CARD, layers=None, kv_heads=None)
    answer = lay_out(workload(), bare, MACHINE, "int8", CATALOGUE)
    assert isinstance(answer, Misfit)
    assert "layers and kv_heads" in answer.reason


def test_neuron_shapes_are_compiled() -> None:
    layout = lay_out(workload(), CARD, CATALOGUE.machine("inf2.xlarge"), "bf16", CATALOGUE)
    assert isinstance(layout, Layout)
    neuron = layout.sizing()
    assert neuron.compiled_sequence_tokens == 1024
    assert neuron.compiled_batch
    assert sized(workload()).compiled_batch is None


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"environment": "prod", "availability": Availability(zones=3)},
        {"latency": Latency(time_to_first_token_ms=900, time_per_output_token_ms=60)},
        {"mode": "asynchronous", "confidence": 0.9},
        {"mode": "batch"},
    ],
)
@pytest.mark.parametrize("peak_rps", [8.0, 100.0])
def test_what_is_shared_by_workloads_of_other_traffic_is_what_each_would_get(
    changed: dict[str, Any], peak_rps: float
) -> None:
    traffic = Traffic(peak_rps=peak_rps, mean_rps=2.0, input_tokens=256, output_tokens=128)
    for each in (workload(**changed), workload(**changed, traffic=traffic, name="other")):
        alone, shared = _laid_out(each, CARD, MACHINE, "int8", CATALOGUE), laid_out(each)
        assert isinstance(alone, Layout)
        assert shared.workload == each
        assert (shared.sizing(), shared.draw()) == (alone.sizing(), alone.draw())

"""How far a machine's accelerators are from rest, by watts, at the load that traffic gives them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lichen.emissions import machine_watts
from lichen.passport import Passport
from lichen.sizing import Layout, Misfit, lay_out
from lichen.sizing.draw import in_flight_at
from tests.fixed import fixed

CATALOGUE = fixed()
LLM = "meta-llama/Llama-3.1-8B"


def laid_out(machine: str, peak_rps: float, mean_rps: float) -> Layout:
    passport = Passport(
        model=LLM,
        precision="bf16",
        peak_rps=peak_rps,
        mean_rps=mean_rps,
        input_tokens=512,
        output_tokens=256,
    )
    layout = lay_out(
        passport.as_workload("dev"),
        CATALOGUE.model(LLM),
        CATALOGUE.machine(machine),
        "bf16",
        CATALOGUE,
    )
    assert not isinstance(layout, Misfit), layout.reason
    return layout


@pytest.mark.parametrize("load", [0.001, 0.05, 0.4, 0.9])
def test_requests_in_flight_are_those_that_give_the_rate(load: float) -> None:
    capacity = laid_out("g6.xlarge", 1.0, 0.3).capacity
    rps = load * capacity.curve.saturated_rps
    assert capacity.curve.at(in_flight_at(capacity, rps)).rps == pytest.approx(rps, rel=1e-6)


def test_more_load_draws_more_and_not_in_proportion() -> None:
    layout = laid_out("g6.xlarge", 1.0, 0.3)
    assert layout.power is not None
    draws = [layout.power.draw(layout.capacity, load / 20) for load in range(21)]
    assert draws[0] == 0.0
    assert draws == sorted(draws)
    # Ten requests in flight keep a chip as busy as twenty: an hour of it is held, not shared.
    assert draws[5] > 0.75 * draws[20]


def test_a_request_alone_leaves_the_chip_at_rest_until_the_next() -> None:
    layout = laid_out("g6.xlarge", 1.0, 0.3)
    assert layout.power is not None
    alone = layout.power.draw(layout.capacity, 0.001)
    assert layout.power.draw(layout.capacity, 0.002) == pytest.approx(2 * alone, rel=0.01)


def test_a_cpu_draws_by_its_load() -> None:
    layout = laid_out("c7g.16xlarge", 1.0, 0.3)
    assert layout.power is None
    sizing = layout.sizing()
    assert sizing.draw == sizing.load


def test_watts_at_the_draw_lie_between_idle_and_what_the_machine_may_draw() -> None:
    machine = CATALOGUE.machine("g6.xlarge")
    for draw in (0.0, 0.5, 1.0, 1.4):
        watts = machine_watts(machine, draw)
        assert watts is not None
        assert machine.idle_w.likely <= watts.likely <= machine.full_load_w.high
        assert watts.low <= watts.likely <= watts.high <= machine.full_load_w.high
    assert machine_watts(machine, 1.0) == machine.full_load_w


def test_chips_that_no_copy_runs_on_rest() -> None:
    layout = laid_out("g6.12xlarge", 1.0, 0.3)
    assert layout.power is not None
    arrangement = layout.capacity.arrangement
    assert arrangement.copies * arrangement.chips.count == arrangement.machine_chips.count
    one = replace(layout.capacity, arrangement=replace(arrangement, copies=1))
    shares = arrangement.copies * layout.power.draw(one, 0.5)
    assert shares == pytest.approx(layout.power.draw(layout.capacity, 0.5))

"""What a machine cannot exceed: no layout of any model serves more, and it is no idle bound."""

from __future__ import annotations

import pytest

from lichen.catalogue import load
from lichen.sizing import Misfit, lay_out
from lichen.sizing.replicas import busiest_rps, fewest_replicas
from lichen.sizing.roof import Roof, by_chips, chips_in
from lichen.words import Environment
from lichen.workload import Traffic, Workload

CATALOGUE = load()
CARDS = tuple(CATALOGUE.models.values())
FAMILIES = {machine.family: machine for machine in CATALOGUE.machines.values()}
"""The last machine of each family."""


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_no_layout_is_above_the_roof(environment: Environment) -> None:
    laid_out = 0
    nearest = 0.0
    for card in CARDS:
        workload = Workload(
            name="any",
            model=card.name,
            traffic=Traffic(peak_rps=20.0, mean_rps=5.0, input_tokens=300, output_tokens=200),
            environment=environment,
        )
        precision = workload.precisions_of(card)[0]
        for machine in FAMILIES.values():
            layout = lay_out(workload, card, machine, precision, CATALOGUE)
            if isinstance(layout, Misfit):
                continue
            roof = Roof(workload, card, precision, CATALOGUE).rps(machine)
            assert layout.capacity.rps <= roof * (1 + 1e-9), (card.name, machine.name)
            assert fewest_replicas(busiest_rps(workload), roof) <= layout.replicas.peak
            laid_out += 1
            nearest = max(nearest, layout.capacity.rps / roof)
    assert laid_out > 1000
    assert nearest > 0.9


@pytest.mark.parametrize(("most", "most_watts"), [(1, 1e9), (4, 300.0), (1000, 150.0)])
def test_machines_with_the_same_chips_are_left_out_together_only_where_each_is(
    most: int, most_watts: float
) -> None:
    drawn = [
        (machine.idle_w.likely, machine)
        for machine in CATALOGUE.machines.values()
        if machine.idle_w is not None
    ]
    answers = []
    for card in CARDS[::5]:
        workload = Workload(
            name="any",
            model=card.name,
            traffic=Traffic(peak_rps=20.0, mean_rps=5.0, input_tokens=300, output_tokens=200),
        )
        roof = Roof(workload, card, workload.precisions_of(card)[0], CATALOGUE)
        serving = {
            chips_in(machine)
            for idle_w, machine in drawn
            if (rps := roof.rps(machine))
            and (count := fewest_replicas(20.0, rps)) <= most
            and count * idle_w <= most_watts
        }
        for alike in by_chips(drawn, CATALOGUE):
            may = roof.may_serve(alike, 20.0, most, most_watts)
            assert may or alike.chips not in serving, (card.name, alike.chips)
            answers.append((may, alike.chips in serving))
    assert {(True, True), (False, False)} <= set(answers)

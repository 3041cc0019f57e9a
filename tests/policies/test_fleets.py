"""The fleets that rules compare with: only of machines that can be had."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from lichen_policies.fleets import Fleet, Fleets
from lichen_policies.rule import Known, Unverified

from lichen.catalogue import load
from lichen.catalogue.schema import Machine
from lichen.placing.buying import why_retired
from lichen.workload import as_workload
from tests.fixed import fixed


def test_retired_hardware_is_in_no_fleet() -> None:
    workload = as_workload(
        {
            "name": "vectors",
            "model": "BAAI/bge-small-en-v1.5",
            "traffic": {"peak_rps": 2, "input_tokens": 128},
        }
    )
    catalogue = fixed()
    card = catalogue.model("BAAI/bge-small-en-v1.5")
    region = catalogue.region("us-west-2")
    known = Known(catalogue=catalogue, today=date(2026, 11, 23))
    fleets = Fleets.of(workload, card, "sagemaker", region, known)

    def lightest(family: str) -> Fleet | None:
        return fleets.lightest("aws", lambda machine: machine.family == family)

    assert lightest("inf2") is not None
    assert lightest("inf1") is None


@pytest.mark.parametrize("peak_rps", [0.5, 40.0])
@pytest.mark.parametrize("model", ["meta-llama/Llama-3.1-8B", "BAAI/bge-small-en-v1.5"])
@pytest.mark.parametrize("accelerated", [None, False, True])
@pytest.mark.parametrize(("least", "most"), [(1, None), (1, 4), (2, 8)])
def test_the_lightest_is_the_lightest_of_all(
    peak_rps: float, model: str, accelerated: bool | None, least: int, most: int | None
) -> None:
    """A search that lays out few machines finds what one over all of them finds."""
    traffic = {"peak_rps": peak_rps, "input_tokens": 128, "output_tokens": 64}
    workload = as_workload(
        {"name": "any", "model": model, "traffic": traffic, "environment": "prod"}
    )
    catalogue = load()
    known = Known(catalogue=catalogue, today=date(2026, 11, 23))
    region = catalogue.region("us-west-2")
    fleets = Fleets.of(workload, catalogue.model(model), "sagemaker", region, known)

    def fits(machine: Machine) -> bool:
        return accelerated is None or (machine.accelerator is not None) == accelerated

    every = [
        fleet
        for machine in catalogue.machines.values()
        if catalogue.hosts("sagemaker", machine)
        and any(offer.region == region.name for offer in catalogue.offers_of(machine.name))
        and not why_retired(catalogue.retired(machine))
        and fits(machine)
        and (fleet := fleet_of(fleets, machine, least)) is not None
        and (most is None or fleet.count <= most)
    ]
    best = min(every, key=lambda fleet: (fleet.watts, fleet.month.usd_month or 0), default=None)
    found = fleets.lightest("aws", fits, least=least, most=most)
    assert found == best
    if best is not None:
        under = best.watts * 0.999
        assert fleets.lightest("aws", fits, least=least, most=most, most_watts=under) is None


def fleet_of(fleets: Fleets, machine: Machine, least: int) -> Fleet | None:
    with suppress(Unverified):
        return fleets.fleet(machine, least, enough=True)
    return None


def test_rules_of_one_resource_share_what_is_laid_out() -> None:
    catalogue = load()
    known = Known(catalogue=catalogue, today=date(2026, 11, 23))
    workload = as_workload(
        {"name": "any", "model": "BAAI/bge-small-en-v1.5", "traffic": {"peak_rps": 2}}
    )
    card, region = catalogue.model("BAAI/bge-small-en-v1.5"), catalogue.region("us-west-2")
    one = Fleets.of(workload, card, "sagemaker", region, known)
    assert Fleets.of(workload, card, "sagemaker", region, known) is one
    assert Fleets.of(workload, card, "sagemaker", None, known) is not one
    inf2 = catalogue.machine("inf2.xlarge")
    assert one.fleet(inf2, 1) is one.fleet(inf2, 1)
    assert one.attempted(inf2) is one.attempted(inf2)

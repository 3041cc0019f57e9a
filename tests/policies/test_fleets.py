"""The fleets that rules compare with: only of machines that can be had."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from lichen_policies.facts import Context, Serving
from lichen_policies.fleets import Fleet, Fleets, deployed
from lichen_policies.rule import Known, Unverified

from lichen.catalogue import load
from lichen.catalogue.schema import Machine
from lichen.passport import Passport
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


def test_a_variant_is_told_as_deployed_for_what_was_asked_and_for_nothing_else() -> None:
    """Each of two variants, with and without a most of replicas, however they are asked in turn."""
    known = Known(catalogue=load(), today=date(2026, 11, 23))
    one, two = variant("ml.inf2.xlarge", machines=1), variant("ml.inf2.xlarge", machines=3)
    larger = variant("ml.g5.xlarge", machines=1)
    for fact, machine, count in ((one, "inf2.xlarge", 1), (two, "inf2.xlarge", 3)) * 2:
        found = deployed(fact, known)
        assert (found.fleet.machine.name, found.fleet.count) == (machine, count)
        assert deployed(fact, known) is found
        assert found.workload.availability.minimum_replicas == 5
        fewer = deployed(fact, known, most_replicas=2)
        assert fewer.workload.availability.minimum_replicas == 2
        assert deployed(larger, known).fleet.machine.name == "g5.xlarge"


def variant(machine: str, machines: int) -> Serving:
    """A variant whose tags ask for five replicas."""
    passport = Passport(
        model="meta-llama/Llama-3.1-8B",
        precision="bf16",
        peak_rps=1.0,
        input_tokens=512,
        output_tokens=256,
        environment="prod",
        minimum_replicas=5,
    )
    return Serving(
        context=Context(cloud="aws", region="us-west-2", passport=passport),
        hosting="sagemaker",
        machine=machine,
        machines=machines,
        serverless=False,
        holds_model=True,
        floor=None,
        ceiling=None,
        machine_at="",
        machines_at="",
        floor_at="",
        holds_model_at="",
    )

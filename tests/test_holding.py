"""What machines cost and emit is said in one place, and every rule starts from the same figure."""

from __future__ import annotations

import pytest
from lichen_policies.configuration import read
from lichen_policies.facts import Resource
from lichen_policies.judging import judge_resource
from lichen_policies.verdict import Verdict

from lichen.emissions import effective_gco2e_kwh
from lichen.figures import co2e, usd
from lichen.holding import Holding, holding
from lichen.passport import Passport
from lichen.sizing import lay_out
from tests.fixed import fixed

CATALOGUE = fixed()
DECLARED = {
    "lichen:model": "meta-llama/Llama-3.1-8B", "lichen:precision": "bf16",
    "lichen:peak-rps": "1", "lichen:mean-rps": "0.3",
    "lichen:input-tokens": "512", "lichen:output-tokens": "256",
}  # fmt: skip
COUNT, MACHINE, REGION, CLEAN = 4, "g5.12xlarge", "ap-south-1", "eu-north-1"


def verdicts(tags: dict[str, str]) -> dict[str, Verdict]:
    """The failures of four machines in Mumbai that cannot scale below four, by rule."""
    variant = {
        "instanceType": f"ml.{MACHINE}",
        "initialInstanceCount": COUNT,
        "managedInstanceScaling": {"minInstanceCount": COUNT},
    }
    resource = Resource(
        type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        name="chat",
        address="chat",
        properties={"tags": tags, "productionVariants": [variant]},
        dialect="pulumi",
        region=REGION,
        environment="dev",
    )
    found = judge_resource(resource, read(None), CATALOGUE) or ()
    return {verdict.rule: verdict for verdict in found if verdict.verdict == "fail"}


def month(machine: str, count: int, region: str, load: float | None) -> Holding:
    rows = CATALOGUE.machine(machine), CATALOGUE.region(region)
    return holding(rows[0], count, rows[1], "sagemaker", CATALOGUE, load=load)


def declared_load(machine: str, count: int) -> float:
    workload = Passport(
        model=DECLARED["lichen:model"], precision="bf16", peak_rps=1, mean_rps=0.3,
        input_tokens=512, output_tokens=256,
    ).as_workload("dev")  # fmt: skip
    card = CATALOGUE.model(DECLARED["lichen:model"])
    sizing = lay_out(workload, card, CATALOGUE.machine(machine), "bf16", CATALOGUE).sizing()
    return sizing.draw * min(1.0, sizing.replicas_peak / count)


def check_region_and_floor(found: dict[str, Verdict], baseline: Holding) -> None:
    """Moving the machines saves the grids' difference of the baseline, and the floor costs it."""
    there = month(MACHINE, COUNT, CLEAN, None)
    dirty, clean = (effective_gco2e_kwh(CATALOGUE.region(name)) for name in (REGION, CLEAN))
    moved = found["dirty-region"].saves
    for end in ("low", "likely", "high"):
        assert getattr(moved.gco2e_month, end) == pytest.approx(
            getattr(baseline.operation_gco2e_month, end) * (1 - clean / dirty)
        )
    assert moved.usd_month == pytest.approx(baseline.usd_month - there.usd_month)
    text = f"(a month: {usd(baseline.usd_month)} and {co2e(baseline.gco2e_month)})"
    assert text in found["idle-floor"].message


def test_every_rule_has_the_same_baseline_for_the_same_machines() -> None:
    found = verdicts(DECLARED)
    baseline = month(MACHINE, COUNT, REGION, declared_load(MACHINE, COUNT))
    check_region_and_floor(found, baseline)
    oversized = found["oversized-endpoint"]
    better = {change.path.rpartition(".")[2]: change.to for change in oversized.changes}
    machine, count = better["instanceType"].removeprefix("ml."), better["initialInstanceCount"]
    smaller = month(machine, count, REGION, declared_load(machine, count))
    grams = oversized.saves.gco2e_month
    assert grams.likely + smaller.gco2e_month.likely == pytest.approx(baseline.gco2e_month.likely)
    assert grams.high + smaller.gco2e_month.low == pytest.approx(baseline.gco2e_month.high)
    assert oversized.saves.usd_month == pytest.approx(baseline.usd_month - smaller.usd_month)


def test_machines_without_a_declared_load_are_between_idle_and_full() -> None:
    baseline = month(MACHINE, COUNT, REGION, None)
    check_region_and_floor(verdicts({}), baseline)
    machine = CATALOGUE.machine(MACHINE)
    assert baseline.watts.low == pytest.approx(COUNT * machine.idle_w.low)
    assert baseline.watts.likely == pytest.approx(COUNT * machine.half_load_w.likely)
    assert baseline.watts.high == pytest.approx(COUNT * machine.full_load_w.high)


def test_a_month_is_operation_and_making_and_names_its_sources() -> None:
    found = month("inf2.xlarge", 2, "eu-north-1", 0.5)
    operation, making = found.operation_gco2e_month, found.making_gco2e_month
    assert found.gco2e_month.likely == pytest.approx(operation.likely + making.likely)
    price = CATALOGUE.price("inf2.xlarge", "eu-north-1", "sagemaker")
    assert found.usd_month == pytest.approx(2 * 730 * price.usd_hour)
    assert found.sources[0] == price.source
    assert set(found.sources) <= set(CATALOGUE.sources)


def test_what_is_not_known_is_no_figure() -> None:
    machine, region = CATALOGUE.machine("c3-standard-4"), CATALOGUE.region("us-central1")
    served = holding(machine, 1, region, "vertex", CATALOGUE, load=None)
    assert (served.usd_month, served.price) == (None, None)
    assert served.gco2e_month is not None
    nowhere = holding(machine, 1, None, "compute-engine", CATALOGUE, load=None)
    assert (nowhere.usd_month, nowhere.gco2e_month) == (None, None)
    assert nowhere.watts is not None
    dark = holding(CATALOGUE.machine("a4x-highgpu-4g"), 1, region, "compute-engine", CATALOGUE,
                   load=0.5)  # fmt: skip
    assert (dark.watts, dark.gco2e_month) == (None, None)

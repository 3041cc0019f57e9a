"""A receipt recomputed from the rows that it cites, for every hosting: dollars, watts, grams.

Nothing of the product computes here: the tables are read as text, and each line of a receipt must
follow from rows whose source it names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from math import isclose
from typing import Any

import pytest

from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.components.clusters import Plain
from tests.components.narrowed import CHAT, VECTORS, Only
from tests.fixed import FIXED

HOURS = 730
SLOW: dict[str, Any] = {**VECTORS, "latency": {"p95_ms": 20_000}}
EAST, WEST = "us-east-1", "europe-west4"
CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "sagemaker": ("c7g.xlarge", VECTORS, EAST),
    "sagemaker-batch": ("g5.xlarge", {**CHAT, "mode": "batch", "latency": {}}, EAST),
    "sagemaker-serverless": ("serverless.4096mb", {**SLOW, "mode": "serverless"}, EAST),
    "ec2": ("c7g.xlarge", VECTORS, EAST),
    "eks": ("c7g.xlarge", VECTORS, EAST),
    "ecs": ("c7g.xlarge", VECTORS, EAST),
    "ecs-fargate": ("fargate-arm.2x4", SLOW, EAST),
    "lambda": ("lambda-arm.3008mb", SLOW, EAST),
    "vertex": ("g2-standard-4", CHAT, WEST),
    "compute-engine": ("g2-standard-4", CHAT, WEST),
    "tpu-vm": ("ct6e-standard-4t", CHAT, WEST),
    "gke": ("g2-standard-4", CHAT, WEST),
    "gke-tpu": ("ct6e-standard-4t", CHAT, WEST),
    "cloud-run": ("cloudrun-cpu.2x8", VECTORS, WEST),
    "cloud-run-gpu": ("cloudrun-gpu-l4", CHAT, WEST),
    "kubernetes": ("c7g.xlarge", VECTORS, EAST),
}


@cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of a table of the fixed catalogue, as text."""
    (path,) = FIXED.glob(f"*/{table}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def row(table: str, **wanted: str) -> dict[str, str]:
    (found,) = (each for each in rows(table) if wanted.items() <= each.items())
    return found


def amount(text: str) -> float:
    return float(text or 0)


def test_every_hosting_has_a_receipt_here() -> None:
    hostings = {each["name"] for each in rows("hostings") if each["cloud"] != "azure"}
    assert set(CASES) == hostings


@pytest.mark.parametrize("hosting", CASES)
def test_cost_and_grams_follow_from_the_rows_cited(hosting: str) -> None:
    machine, workload, region = CASES[hosting]
    catalogue = Plain(machine) if hosting == "kubernetes" else Only(machine)
    given = {**workload, "where": {"hosting": [hosting], "regions": [region]}}
    placement = place(Question.of(as_workload(given), catalogue=catalogue), runners_up=0)
    assert isinstance(placement, Placement)
    chosen, steps = placement.chosen, {step.name: step for step in placement.steps}
    assert chosen.hosting == hosting

    busy = row("hostings", name=hosting)["billed"] == "busy"
    if busy:
        replicas = requests_s(given) / steps["saturation"].value
    else:
        replicas = steps["replica-hours"].value / 24
    assert isclose(chosen.replicas_mean, replicas, rel_tol=1e-9)

    cost = steps["cost"]
    units = {unit * replicas * HOURS for unit in unit_prices(hosting, machine, region, cost.source)}
    assert any(isclose(cost.value, usd, rel_tol=1e-4) for usd in units), (cost, units)
    assert isclose(chosen.usd_month, cost.value, rel_tol=1e-9)

    drawn = row("estimates", machine=machine)
    assert steps["power"].source.split(", ") == drawn["power_source"].split(";")
    load = 1.0 if busy else placement.sizing.draw
    watts = replicas * watts_at(drawn, load, bool(row("machines", name=machine)["accelerator"]))
    assert isclose(steps["power"].value, watts, rel_tol=1e-3)

    operation = steps["operation"]
    grid, _, house = operation.source.partition("; PUE ")
    pue = amount(row("regions", name=region, pue_source=house)["pue"])
    grids = [
        amount(each["value"])
        for each in rows("readings")
        if (each["region"], each["method"], each["source"]) == (region, "location-average", grid)
    ]
    assert any(
        isclose(operation.value, watts / 1000 * pue * grams, rel_tol=1e-3) for grams in grids
    )

    making = steps["making"]
    assert making.source.split(", ") == drawn["embodied_source"].split(";")
    life_h = amount(drawn["lifetime_hours"])
    made = replicas * 1000 * amount(drawn["embodied_kgco2e_likely"]) / life_h
    assert isclose(making.value, made, rel_tol=1e-3)
    assert isclose(chosen.gco2e_hour.likely, operation.value + making.value, rel_tol=1e-9)
    assert isclose(chosen.gco2e_month.likely, HOURS * chosen.gco2e_hour.likely, rel_tol=1e-9)


def requests_s(workload: dict[str, Any]) -> float:
    traffic = workload["traffic"]
    return float(traffic.get("mean_rps", traffic["peak_rps"]))


def unit_prices(hosting: str, machine: str, region: str, source: str) -> Iterator[float]:
    """Dollars an hour of one replica by each row of the source: a price, a rate, or the price of
    what the hosting stands on with the hosting's markup."""
    stands_on = list(bases(hosting, machine))
    for base in stands_on:
        for table in ("prices", "regional_prices"):
            for each in rows(table):
                if (each["machine"], each["region"], each["hosting"]) != (machine, region, base):
                    continue
                if each["source"] == source:
                    yield amount(each["usd_hour"])
                for markup in rows("markups"):
                    if markup["hosting"] in stands_on and markup["source"] == source:
                        yield amount(each["usd_hour"]) * amount(markup["markup_likely"])
    size = row("machines", name=machine)
    for rate in rows("rates"):
        if (rate["hosting"], rate["region"], rate["source"]) != (hosting, region, source):
            continue
        if rate["chip"] == size["accelerator"]:
            yield (
                amount(size["vcpu"]) * amount(rate["usd_vcpu_hour"])
                + amount(size["memory_gib"]) * amount(rate["usd_gib_hour"])
                + amount(size["accelerators"]) * amount(rate["usd_chip_hour"])
            )


def bases(hosting: str, machine: str) -> Iterator[str]:
    """The hosting, what it stands on, and what that stands on; a cluster of one's own has the
    machine's own prices."""
    while hosting:
        yield hosting
        if hosting == "kubernetes":
            yield row("machines", name=machine)["hostings"].rpartition(";")[2]
        hosting = row("hostings", name=hosting)["base"]


def watts_at(drawn: dict[str, str], load: float, accelerated: bool) -> float:
    """On a straight line from idle to full, for processors with the half between them."""
    idle, half, full = (
        amount(drawn[f"{name}_w_likely"]) for name in ("idle", "half_load", "full_load")
    )
    if accelerated:
        return idle + load * (full - idle)
    if load <= 0.5:
        return idle + 2 * load * (half - idle)
    return half + (2 * load - 1) * (full - half)

"""An endpoint stays where it is, unless moving is worth it; a pin keeps it there in any case."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_components.args import EndpointArgs
from lichen_components.endpoint import plan_of, receipt
from lichen_components.plan import Plan

from lichen.catalogue import Catalogue
from lichen.document import InputError
from lichen.placing.question import Pin
from tests.components.narrowed import ARTIFACTS, CHAT
from tests.fixed import FIXED

ANYWHERE: dict[str, Any] = {**CHAT, "where": {"clouds": ["aws"], "hosting": ["sagemaker"]}}


def plan(current: Pin | None = None, **args: Any) -> Plan:
    arguments = EndpointArgs(workload=ANYWHERE, artifacts=ARTIFACTS, **args)
    return plan_of(arguments, Catalogue(FIXED, None), current=lambda workload: current)


def offer(made: Plan) -> Pin:
    chosen = made.decision.placement.chosen
    return Pin(chosen.machine, chosen.region)


def test_it_stays_where_it_is_while_moving_gains_less_than_the_tolerance() -> None:
    # us-east-1 has the price of us-west-2, and a dirtier grid.
    best = plan(objective="cost")
    assert offer(best).region == "us-west-2"
    here = Pin(offer(best).machine, "us-east-1")
    stays = plan(current=here, objective="cost")
    assert offer(stays) == here
    kept = receipt(stays.decision.placement, stays.kept)["kept"]
    assert kept.startswith("it is there already; moving to ")
    assert f"{offer(best).machine} in {offer(best).region} would emit" in kept


def test_it_moves_where_that_gains_more() -> None:
    best = plan()
    worst = Pin(offer(best).machine, "ap-south-1")
    moved = plan(current=worst)
    assert offer(moved) == offer(best)
    assert moved.kept == ""


def test_a_current_offer_that_serves_no_more_is_left() -> None:
    assert offer(plan(current=Pin("no.such", "eu-west-3"))) == offer(plan())


def test_a_pin_keeps_it_whatever_it_costs_and_says_what_moving_would_give() -> None:
    best = plan()
    pinned = plan(current=offer(best), pin={"machine": "ml.inf2.xlarge", "region": "ap-south-1"})
    assert offer(pinned) == Pin("inf2.xlarge", "ap-south-1")
    assert "it is pinned; moving to" in pinned.kept


@pytest.mark.parametrize(
    ("pin", "field", "fix"),
    [
        ({"machine": "inf2.xlarge"}, "pin.region", "add region"),
        ({"machine": "inf2.xlarg", "region": "eu-west-3"}, "pin.machine", "inf2.xlarge"),
        ({"machine": "inf2.xlarge", "region": "eu-west-33"}, "pin.region", "eu-west-3"),
    ],
)
def test_a_pin_that_names_nothing_is_refused(pin: dict[str, str], field: str, fix: str) -> None:
    with pytest.raises(InputError) as refused:
        plan(pin=pin)
    assert refused.value.field == field
    assert fix in refused.value.fix


def test_a_pin_that_cannot_serve_the_workload_says_why() -> None:
    with pytest.raises(InputError, match=r"no offer can serve it.*c6g\.medium"):
        plan(pin={"machine": "c6g.medium", "region": "eu-west-3"})

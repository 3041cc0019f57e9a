"""What else could be made of a placement, and why a component does not make the rest."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.components.narrowed import CHAT, Only


def ways(machine: str, *, asked_of_components: bool = True, **more: Any) -> dict[str, str | None]:
    """Why each other way to run an assistant on a machine is not made."""
    by_day = {**CHAT["traffic"], "hourly_rps": [0.0] * 16 + [0.1] * 8}
    del by_day["mean_rps"]
    workload = {**CHAT, "traffic": by_day, "where": {"regions": ["us-east-1"]}, **more}
    question = Question.of(as_workload(workload), catalogue=Only(machine))
    answer = place(question if asked_of_components else replace(question, makes=None))
    assert isinstance(answer, Placement)
    return {saving.way: saving.unmade for saving in answer.savings}


def test_what_no_component_makes_says_why() -> None:
    assert ways("g6.xlarge") == {
        "batch": "no component makes a batch endpoint yet",
        "asynchronous": None,
        "schedule": None,
        "scale-to-zero": "a replica always runs in production",
    }
    assert ways("g6.xlarge", environment="dev")["scale-to-zero"] is None


def test_nothing_is_asked_of_components_where_any_offer_may_be_taken() -> None:
    assert set(ways("g6.xlarge", asked_of_components=False).values()) == {None}


def test_a_hosting_whose_machines_nothing_switches_off_says_so() -> None:
    google = {"where": {"regions": ["us-central1"], "hosting": ["compute-engine"]}}
    assert ways("g2-standard-4", **google)["schedule"] == (
        "no component switches machines off by the clock on Compute Engine"
    )

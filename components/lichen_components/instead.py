"""Other ways to run what was placed that a component makes, and what to write for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Made
from lichen.placing.made import Wanted, why_unmade
from lichen.sizing.savings import Way
from lichen.words import Mode
from lichen_components.servers.container import Decision

_WORTH = 0.01
"""A way that saves less than that of the replica-hours is not named (design choice)."""

_TAKES: Mapping[Way, str] = {
    "scale-to-zero": "availability: {minimum_replicas: 0}, outside production",
    "schedule": "schedules: [{at, minimum, maximum}, ...]",
    "asynchronous": "mode: asynchronous, with requests and results",
    "batch": "mode: batch, with requests and results",
}
_MODES: Mapping[Way, Mode] = {"asynchronous": "asynchronous", "batch": "batch"}

SCHEDULED = ("sagemaker", "ecs-fargate", "ecs", "ec2")
"""Hostings whose number of replicas changes by the clock."""


def ways_made(decision: Decision, catalogue: Catalogue, family: str) -> list[dict[str, Any]]:
    """Each way that saves something and that a component makes on the chosen ``family`` of chips:
    its name, the share of replica-hours that it saves, what it gives up, and what to write."""
    found: list[dict[str, Any]] = []
    for saving in decision.placement.savings:
        if saving.saved_share >= _WORTH and _is_made(saving.way, decision, catalogue, family):
            found.append(
                {
                    "way": saving.way,
                    "saved_share": round(saving.saved_share, 3),
                    "gives_up": saving.gives_up,
                    "write": _TAKES[saving.way],
                }
            )
    return found


def _is_made(way: Way, decision: Decision, catalogue: Catalogue, family: str) -> bool:
    chosen, workload = decision.placement.chosen, decision.workload
    if way == "schedule":
        return chosen.hosting in SCHEDULED
    mode = _MODES.get(way, workload.mode)
    to_zero = way == "scale-to-zero"
    if to_zero and (workload.environment == "prod" or workload.mode != "real-time"):
        return False
    rows = [
        row
        for row in catalogue.table("makes", Made)
        if not (to_zero and chosen.region in row.not_to_zero_in)
    ]
    wanted = Wanted(
        machine=chosen.machine,
        hosting=chosen.hosting,
        hosting_title=chosen.hosting_title,
        family=family,
        kind=decision.card.kind,
        mode=mode,
        to_zero=to_zero or mode != "real-time",
        precision=chosen.precision,
        copies=1,
    )
    return why_unmade(wanted, rows) is None

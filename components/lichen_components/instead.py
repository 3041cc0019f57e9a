"""Other ways to run what was placed that a component makes, and what to write for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lichen.placing.placement import Placement
from lichen.sizing.savings import Way

_WORTH = 0.01
"""A way that saves less than that of the replica-hours is not named (design choice)."""

_TAKES: Mapping[Way, str] = {
    "scale-to-zero": "availability: {minimum_replicas: 0}, outside production",
    "schedule": "schedules: [{at, minimum, maximum}, ...]",
    "asynchronous": "mode: asynchronous, with requests and results",
    "batch": "mode: batch, with requests and results",
}


def ways_made(placement: Placement) -> list[dict[str, Any]]:
    """Each way that saves something and that a component makes: its name, the share of
    replica-hours that it saves, what it gives up, and what to write."""
    return [
        {
            "way": saving.way,
            "saved_share": round(saving.saved_share, 3),
            "gives_up": saving.gives_up,
            "write": _TAKES[saving.way],
        }
        for saving in placement.savings
        if saving.saved_share >= _WORTH and saving.unmade is None
    ]

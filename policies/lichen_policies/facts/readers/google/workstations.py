"""Cloud Workstations' configuration: the machine that each person's workstation is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Machines, Notebook
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators, has_attached
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:workstations/workstationConfig:WorkstationConfig",),
    "terraform": ("google_workstations_workstation_config",),
}
FACTS = (Machines, Notebook)

_HOSTING = "workstations"
_SECONDS = re.compile(r"(\d{1,9})(?:\.\d{1,9})?s")
_IDLE_S, _RUNNING_S = "1200s", "43200s"
"""After how long a workstation stops when idle, and in any case, that sets no other time; 0 means
never. Source: Cloud Workstations API, workstationConfigs, 2026."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """The Machines of one workstation, as of a template, and a Notebook. A larger size that a
    person may take for a while is not counted."""
    host = properties.chosen_block("host").chosen_block("gce_instance")
    yield from accelerators(host, hosting=_HOSTING)
    machine, path = host.stated_text("machine_type")
    idle, idle_at = properties.stated_text("idle_timeout")
    limits = (
        _hours(_IDLE_S if idle is None else idle),
        _hours(properties.text("running_timeout") or _RUNNING_S),
    )
    yield Notebook(
        path=path,
        machine=field(bare(machine)),
        machine_at=path,
        attached=field(has_attached(host)),
        each=True,
        idle_h=field(_sooner(*limits)),
        idle_h_at=idle_at,
        to_stop=f"set {idle_at} to 3600s",
        source="Cloud Workstations API, workstationConfigs, 2026",
        hosting=_HOSTING,
    )


def _hours(written: Maybe[str]) -> Maybe[float]:
    """The hours of a number of seconds, infinity for 0; None where it is no such number."""
    if written is None or is_unknown(written):
        return written
    seconds = _SECONDS.fullmatch(written)
    return int(seconds[1]) / 3600 or math.inf if seconds else None


def _sooner(idle_h: Maybe[float], running_h: Maybe[float]) -> Maybe[float]:
    """The smaller of two times; None or unknown where one is."""
    if idle_h is None or is_unknown(idle_h):
        return idle_h
    if running_h is None or is_unknown(running_h):
        return running_h
    return min(idle_h, running_h)

"""How SageMaker names a machine: by EC2's name, with a prefix."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Maybe, field

PREFIX = "ml."

HOURS_BY_DEFAULT = 24.0
"""Source: SageMaker API, StoppingCondition and ProcessingStoppingCondition: a job without a limit
stops after a day."""


def machine_of(properties: Properties, name: str = "instance_type") -> Stated[str]:
    """The machine that a block names, by the catalogue's name."""
    written, path = properties.stated_text(name)
    return Stated(bare(written, PREFIX), path)


def hours_of(stopping: Properties) -> Maybe[float]:
    """The limit of time of a job, in hours; None where it is left out."""
    seconds = stopping.amount("max_runtime_in_seconds")
    return seconds / 3600 if isinstance(seconds, float) else seconds


def machines_of_job(
    machine: Stated[str], machines: Stated[int], hours: Maybe[float], hosting: str
) -> Iterator[Machines]:
    """The machines of work that ends by itself after some hours at the most."""
    for named in machines_named(machine, machines, hosting=hosting, prefix=PREFIX):
        most = HOURS_BY_DEFAULT if hours is None else hours
        yield msgspec.structs.replace(named, hours=field(most))

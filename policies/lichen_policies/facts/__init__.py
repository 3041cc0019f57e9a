"""What rules may know: resources of every dialect read into the same few kinds of fact.

A reader is a module in ``readers/<cloud>/``: ``CLOUD``; ``TYPES``, each dialect's words for the
kind of resource; and ``read(properties, context)``, which yields facts. A new kind of resource is
one such file.
"""

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Alarm,
    AllMachines,
    Located,
    Machines,
    MachineTemplate,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    Serving,
    ServingContainer,
    ServingEndpoint,
    Training,
)
from lichen_policies.facts.resource import Dialect, Resource
from lichen_policies.facts.unknown import (
    UNKNOWN,
    Maybe,
    NotApplicable,
    NotYetKnown,
    Unknown,
    Unverified,
    is_unknown,
)

__all__ = [
    "UNKNOWN",
    "Alarm",
    "AllMachines",
    "Context",
    "Dialect",
    "Fact",
    "Located",
    "MachineTemplate",
    "Machines",
    "Maybe",
    "NotApplicable",
    "NotYetKnown",
    "Resource",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "Serving",
    "ServingContainer",
    "ServingEndpoint",
    "Training",
    "Unknown",
    "Unverified",
    "is_unknown",
]

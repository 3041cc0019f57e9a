"""What rules may know: resources of every dialect read into the same few kinds of fact.

A reader is a module in ``readers/<cloud>/``: ``CLOUD``; ``TYPES``, each dialect's words for the
kind of resource; and ``read(properties, context)``, which yields facts. A new kind of resource is
one such file.
"""

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Alarm,
    Autoscaler,
    DeclaredTags,
    Located,
    MachineGroup,
    Machines,
    MachineTemplate,
    ModelAccelerators,
    Part,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ServerlessContainer,
    Serving,
    ServingContainer,
    ServingEndpoint,
    Training,
    VectorData,
    VectorIndex,
    Whole,
    WholeAccelerator,
    ZonedPool,
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
    "Autoscaler",
    "Context",
    "DeclaredTags",
    "Dialect",
    "Fact",
    "Located",
    "MachineGroup",
    "MachineTemplate",
    "Machines",
    "Maybe",
    "ModelAccelerators",
    "NotApplicable",
    "NotYetKnown",
    "Part",
    "Resource",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "ServerlessContainer",
    "Serving",
    "ServingContainer",
    "ServingEndpoint",
    "Training",
    "Unknown",
    "Unverified",
    "VectorData",
    "VectorIndex",
    "Whole",
    "WholeAccelerator",
    "ZonedPool",
    "is_unknown",
]

"""What rules may know: resources of every dialect read into the same few kinds of fact.

A reader is a module in ``readers/<cloud>/``: ``CLOUD``; ``TYPES``, each dialect's words for the
kind of resource; and ``read(properties, context)``, which yields facts. A new kind of resource is
one such file.
"""

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Alarm,
    AlarmOfAlarms,
    BoughtThroughput,
    CloudFunction,
    DeclaredTags,
    KeptWarm,
    Located,
    Machines,
    MachineTemplate,
    RoutedModel,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    Serving,
    ServingComponent,
    ServingContainer,
    ServingEndpoint,
    Shadow,
    TargetInStack,
    Training,
    VariantInStack,
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
    "AlarmOfAlarms",
    "BoughtThroughput",
    "CloudFunction",
    "Context",
    "DeclaredTags",
    "Dialect",
    "Fact",
    "KeptWarm",
    "Located",
    "MachineTemplate",
    "Machines",
    "Maybe",
    "NotApplicable",
    "NotYetKnown",
    "Resource",
    "RoutedModel",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "Serving",
    "ServingComponent",
    "ServingContainer",
    "ServingEndpoint",
    "Shadow",
    "TargetInStack",
    "Training",
    "Unknown",
    "Unverified",
    "VariantInStack",
    "is_unknown",
]

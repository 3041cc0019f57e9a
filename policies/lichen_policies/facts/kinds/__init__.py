"""The kinds of facts, one module a theme. A kind says what one resource is or does, in fields that
every cloud's readers can fill; a rule names the kind that it judges."""

from lichen_policies.facts.kinds.containers import ServingContainer
from lichen_policies.facts.kinds.declared_tags import DeclaredTags
from lichen_policies.facts.kinds.groups import Autoscaler, MachineGroup, Part, Whole, ZonedPool
from lichen_policies.facts.kinds.machines import Located, Machines, MachineTemplate
from lichen_policies.facts.kinds.memory import (
    ModelAccelerators,
    VectorData,
    VectorIndex,
    WholeAccelerator,
)
from lichen_policies.facts.kinds.scaling import Alarm, Scaling, ScalingPolicy, ScalingSchedule
from lichen_policies.facts.kinds.serverless import ServerlessContainer
from lichen_policies.facts.kinds.serving import Serving, ServingEndpoint
from lichen_policies.facts.kinds.work import Training

__all__ = [
    "Alarm",
    "Autoscaler",
    "DeclaredTags",
    "Located",
    "MachineGroup",
    "MachineTemplate",
    "Machines",
    "ModelAccelerators",
    "Part",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "ServerlessContainer",
    "Serving",
    "ServingContainer",
    "ServingEndpoint",
    "Training",
    "VectorData",
    "VectorIndex",
    "Whole",
    "WholeAccelerator",
    "ZonedPool",
]

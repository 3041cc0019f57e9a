"""The kinds of facts, one module a theme. A kind says what one resource is or does, in fields that
every cloud's readers can fill; a rule names the kind that it judges."""

from lichen_policies.facts.kinds.containers import (
    ImagePolicy,
    KeptImages,
    KeptLogs,
    KeptRequests,
    ServingContainer,
)
from lichen_policies.facts.kinds.declared_tags import DeclaredTags
from lichen_policies.facts.kinds.groups import (
    Autoscaler,
    MachineGroup,
    OnProfile,
    Part,
    Whole,
    WorkloadProfiles,
    ZonedPool,
)
from lichen_policies.facts.kinds.machines import AllMachines, Located, Machines, MachineTemplate
from lichen_policies.facts.kinds.memory import (
    ModelAccelerators,
    VectorData,
    VectorIndex,
    WholeAccelerator,
)
from lichen_policies.facts.kinds.pods import NodePool, PodAutoscaler, Pods
from lichen_policies.facts.kinds.scaling import (
    Alarm,
    AlarmOfAlarms,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    TargetInStack,
)
from lichen_policies.facts.kinds.serverless import ServerlessContainer
from lichen_policies.facts.kinds.serving import (
    BoughtThroughput,
    CloudFunction,
    KeptWarm,
    RoutedModel,
    Serving,
    ServingComponent,
    ServingEndpoint,
    Shadow,
    VariantInStack,
)
from lichen_policies.facts.kinds.work import Training

__all__ = [
    "Alarm",
    "AlarmOfAlarms",
    "AllMachines",
    "Autoscaler",
    "BoughtThroughput",
    "CloudFunction",
    "DeclaredTags",
    "ImagePolicy",
    "KeptImages",
    "KeptLogs",
    "KeptRequests",
    "KeptWarm",
    "Located",
    "MachineGroup",
    "MachineTemplate",
    "Machines",
    "ModelAccelerators",
    "NodePool",
    "OnProfile",
    "Part",
    "PodAutoscaler",
    "Pods",
    "RoutedModel",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "ServerlessContainer",
    "Serving",
    "ServingComponent",
    "ServingContainer",
    "ServingEndpoint",
    "Shadow",
    "TargetInStack",
    "Training",
    "VariantInStack",
    "VectorData",
    "VectorIndex",
    "Whole",
    "WholeAccelerator",
    "WorkloadProfiles",
    "ZonedPool",
]

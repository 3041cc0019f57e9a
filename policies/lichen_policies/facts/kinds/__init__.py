"""The kinds of facts, one module a theme. A kind says what one resource is or does, in fields that
every cloud's readers can fill; a rule names the kind that it judges."""

from lichen_policies.facts.kinds.containers import ServingContainer
from lichen_policies.facts.kinds.machines import AllMachines, Located, Machines, MachineTemplate
from lichen_policies.facts.kinds.scaling import Alarm, Scaling, ScalingPolicy, ScalingSchedule
from lichen_policies.facts.kinds.serving import Serving, ServingEndpoint
from lichen_policies.facts.kinds.work import Training

__all__ = [
    "Alarm",
    "AllMachines",
    "Located",
    "MachineTemplate",
    "Machines",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "Serving",
    "ServingContainer",
    "ServingEndpoint",
    "Training",
]

"""EKS's managed node group: the machines of a cluster, and their bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, Choice, group_of_machines, of_template
from lichen_policies.facts.kinds import BootImage, Located, Machines, NeuronNodes, Scaling
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.launch import template_of
from lichen_policies.facts.readers.kubernetes import neuron
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:eks/nodeGroup:NodeGroup", "aws-native:eks:Nodegroup"),
    "terraform": ("aws_eks_node_group", "awscc_eks_nodegroup"),
    "cloudformation": ("AWS::EKS::Nodegroup",),
}
FACTS = (Located, Machines, NeuronNodes, Scaling)

_DEFAULT = "t3.medium"
"""What EKS runs where neither the group nor a launch template names a machine."""

_IMAGE = re.compile(r"(AL\d+|BOTTLEROCKET)_(x86_64|ARM_64)((?:_[A-Z]{3,8})*)")
"""The types of images whose drivers their names tell: a system, a processor, and what for."""

complete = of_template


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet: of its types, else of its launch template's, else of EKS's own."""
    bounds, path = properties.block("scaling_config"), properties.at("instance_types")
    named = [Stated(machine, path) for machine in properties.each_text("instance_types")]
    machines = [machine.value for machine in named]
    if len(named) == 1 and is_left_out(named[0].value):
        named = []
    template = template_of(properties, "launch_template")
    if not named and template.value is None:
        named = [Stated(_DEFAULT, path)]
        machines = machines or [_DEFAULT]
    capacity = properties.text("capacity_type")
    boots = properties.stated_text("ami_type")
    own_image = template.value is not None and boots.value in (None, "CUSTOM")
    taints = properties.blocks("taints", "taint")
    yield from neuron.nodes(machines, taints, context, path, own_image=own_image)
    for fact in group_of_machines(
        context,
        Choice(
            any_of=named,
            template=template.value,
            template_at=template.path,
            spot=capacity == "SPOT" if isinstance(capacity, str) else None,
            spot_at=properties.at("capacity_type"),
        ),
        Bounds(
            floor=bounds.stated_whole("min_size"),
            ceiling=bounds.stated_whole("max_size"),
            desired=bounds.stated_whole("desired_size"),
        ),
        hosting="ec2",
        region_at=properties.at("region"),
    ):
        if isinstance(fact, Machines):
            image = _boot_image(properties, boots.value, extended=template.value is not None)
            yield msgspec.structs.replace(fact, boots=field(image), boots_at=boots.path)
        else:
            yield fact


def _boot_image(
    properties: Properties, ami_type: Maybe[str], *, extended: bool
) -> Maybe[BootImage]:
    """What a type of image says; None where EKS or a launch template chooses the image, and of
    Windows, whose drivers its type does not tell."""
    if is_unknown(ami_type):
        return None if ami_type.left_out else ami_type
    parts = _IMAGE.fullmatch(ami_type or "")
    if parts is None:
        return None
    system, processor, variant = parts.groups()
    return BootImage(
        name=parts[0],
        architecture="arm64" if processor == "ARM_64" else "x86_64",
        drivers=_drivers(system, variant),
        extended=extended,
    )


def _drivers(system: str, variant: str) -> tuple[str, ...]:
    """The kinds of accelerators that an image drives. Amazon Linux 2's image for GPUs and
    Bottlerocket's ordinary one drive Inferentia too. Sources: EKS User Guide, "Amazon EKS optimized
    accelerated AMIs", and Bottlerocket's documentation, 2026."""
    if "NVIDIA" in variant:
        return ("gpu",)
    if "NEURON" in variant or system == "BOTTLEROCKET":
        return ("neuron",)
    return ("gpu", "neuron") if "GPU" in variant else ()

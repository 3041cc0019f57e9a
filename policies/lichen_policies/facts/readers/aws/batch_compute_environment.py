"""AWS Batch's compute environment: the machines that its jobs may run on."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import Bounds, Choice, group_of_machines, of_template
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.launch import template_of
from lichen_policies.facts.unknown import Maybe, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:batch/computeEnvironment:ComputeEnvironment",
        "aws-native:batch:ComputeEnvironment",
    ),
    "terraform": ("aws_batch_compute_environment", "awscc_batch_compute_environment"),
    "cloudformation": ("AWS::Batch::ComputeEnvironment",),
}
FACTS = (Located, Machines, Scaling)

_SPOT = ("SPOT", "FARGATE_SPOT")
_BUNDLES = ("optimal", "default_x86_64", "default_arm64")

complete = of_template


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """The facts of a fleet whose bounds are in vCPUs over all of its types.

    A whole family (``g5``) is every machine of it; Batch's own bundles are general machines.
    """
    resources = properties.block("compute_resources")
    path = resources.at("instance_types", "instance_type")
    kind = resources.text("type")
    machines = [
        Stated(_pattern(machine), path)
        for machine in resources.each_text("instance_types", "instance_type")
        if machine not in _BUNDLES
    ]
    template = template_of(resources, "launch_template")
    yield from group_of_machines(
        context,
        Choice(
            any_of=machines,
            template=None if resources.given("instance_types") else template.value,
            template_at=template.path,
            spot=kind in _SPOT if isinstance(kind, str) else None,
        ),
        Bounds(
            floor=resources.stated_whole("minv_cpus", "min_vcpus"),
            ceiling=resources.stated_whole("maxv_cpus", "max_vcpus"),
            desired=resources.stated_whole("desiredv_cpus", "desired_vcpus"),
            unit="vCPUs",
            queued=True,
        ),
        hosting="ec2",
        region_at=properties.at("region"),
    )


def _pattern(machine: Maybe[str]) -> Maybe[str]:
    """A family as a pattern of its machines; a machine as it is."""
    if machine is None or is_unknown(machine) or "." in machine:
        return machine
    return f"{machine}.*"

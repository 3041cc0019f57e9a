"""AWS Batch's compute environment: the machines that its jobs may run on."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines, Scaling
from lichen_policies.facts.machine import serves
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:batch/computeEnvironment:ComputeEnvironment",
        "aws-native:batch:ComputeEnvironment",
    ),
    "terraform": ("aws_batch_compute_environment",),
    "cloudformation": ("AWS::Batch::ComputeEnvironment",),
}
FACTS = (Located, Machines, Scaling)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located; Machines for each single type it names; a Scaling where it serves models.

    Its ceiling is in vCPUs over all types, so how many machines of one may run is not stated; a
    whole family (``g5``) or ``optimal`` names no machine.
    """
    resources = properties.block("compute_resources")
    path = resources.at("instance_types", "instance_type")
    machines = resources.each_text("instance_types", "instance_type")
    single = [machine for machine in machines if is_unknown(machine) or "." in machine]
    yield Located(
        region_at=properties.at("region"),
        machine=field(single[0]) if len(machines) == 1 and single else None,
        hosting="ec2",
    )
    for machine in single:
        yield from machines_named(Stated(machine, path), Stated(None, ""), hosting="ec2")
    if serves(context, *machines):
        floor = resources.stated_whole("minv_cpus", "min_vcpus")
        yield Scaling(path=floor.path, floor=field(floor.value), unit="vCPUs", hosting="ec2")

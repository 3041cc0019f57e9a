"""SageMaker's notebook instance: a machine for one person, whose price is not an endpoint's."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, MachineKind, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.elastic_inference import elastic_inference
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/notebookInstance:NotebookInstance",
        "aws-native:sagemaker:NotebookInstance",
    ),
    "terraform": ("aws_sagemaker_notebook_instance",),
    "cloudformation": ("AWS::SageMaker::NotebookInstance",),
}
FACTS = (Located, MachineKind, Machines)

_HOSTING, _PREFIX = "sagemaker-notebook", "ml."


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Machines."""
    name, path = properties.stated_text("instance_type")
    machine = Stated(bare(name, _PREFIX), path)
    yield Located(
        region_at=properties.at("region"),
        machine=field(machine.value),
        hosting=_HOSTING,
        for_models=True,
    )
    yield from machines_named(machine, hosting=_HOSTING, prefix=_PREFIX)
    attached, at = properties.each_text("accelerator_types"), properties.at("accelerator_types")
    yield from elastic_inference(attached, at, _HOSTING, _PREFIX)

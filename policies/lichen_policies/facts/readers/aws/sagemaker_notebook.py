"""SageMaker's notebook instance: a machine for one person, whose price is not an endpoint's."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, MachineKind, Machines, Notebook
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.elastic_inference import elastic_inference
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/notebookInstance:NotebookInstance",
        "aws-native:sagemaker:NotebookInstance",
    ),
    "terraform": ("aws_sagemaker_notebook_instance", "awscc_sagemaker_notebook_instance"),
    "cloudformation": ("AWS::SageMaker::NotebookInstance",),
}
FACTS = (Located, MachineKind, Machines, Notebook)

_HOSTING, _PREFIX = "sagemaker-notebook", "ml."


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, a Machines and a Notebook. It has no setting that stops it: a lifecycle
    configuration may run a script that does."""
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
    script, script_at = properties.stated_text("lifecycle_config_name")
    idle_h: Maybe[float] = math.inf if script is None else None
    if is_unknown(script) and not script.references:
        idle_h = script
    yield Notebook(
        path=path,
        machine=field(machine.value),
        machine_at=path,
        machine_prefix=_PREFIX,
        idle_h=field(idle_h),
        idle_h_at=script_at,
        to_stop=f"set {script_at} to a lifecycle configuration that stops it when nobody works",
        source="SageMaker AI Developer Guide, Customization of a notebook instance, 2026",
        hosting=_HOSTING,
    )

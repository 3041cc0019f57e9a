"""SageMaker's notebooks and training jobs: machines for people and for training.

They are not endpoints, and SageMaker prices them apart from endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/notebookInstance:NotebookInstance",
        "aws:sagemaker/trainingJob:TrainingJob",
        "aws-native:sagemaker:NotebookInstance",
    ),
    "terraform": ("aws_sagemaker_notebook_instance", "aws_sagemaker_training_job"),
    "cloudformation": ("AWS::SageMaker::NotebookInstance",),
}
FACTS = (Located, Machines)

_PREFIX = "ml."
_HOURS_BY_DEFAULT = 24.0
"""Source: SageMaker API, StoppingCondition: a job without a limit stops after a day."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Machines."""
    work, hosting = properties, "sagemaker-notebook"
    if properties.given("resource_config"):
        work, hosting = properties.block("resource_config"), "sagemaker-training"
    name, path = work.stated_text("instance_type")
    machine = Stated(bare(name, _PREFIX), path)
    machines = work.stated_whole("instance_count")
    hours = _hours_most(properties) if hosting == "sagemaker-training" else None
    yield Located(
        region_at=properties.at("region"),
        machine=field(machine.value),
        machines=field(machines.value) or 1,
        hosting=hosting,
        for_models=True,
    )
    for named in machines_named(machine, machines, hosting=hosting, prefix=_PREFIX):
        yield msgspec.structs.replace(named, hours=field(hours))


def _hours_most(properties: Properties) -> Maybe[float]:
    """The hours after which SageMaker stops a job."""
    seconds = properties.block("stopping_condition").number("max_runtime_in_seconds")
    if seconds is None:
        return _HOURS_BY_DEFAULT
    return seconds if is_unknown(seconds) else seconds / 3600

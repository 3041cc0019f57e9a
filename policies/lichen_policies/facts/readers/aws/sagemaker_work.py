"""SageMaker's notebooks and training jobs: machines for people and for training.

They are not endpoints, and SageMaker prices them apart from endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines, Training
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import field, is_unknown

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
FACTS = (Located, Machines, Training)

_PREFIX = "ml."


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Machines; of a training job a Training."""
    work, hosting = properties, "sagemaker-notebook"
    if properties.given("resource_config"):
        work, hosting = properties.block("resource_config"), "sagemaker-training"
    name, path = work.stated_text("instance_type")
    machine = Stated(bare(name, _PREFIX), path)
    machines = work.stated_whole("instance_count")
    yield Located(
        region_at=properties.at("region"),
        machine=field(machine.value),
        machines=field(machines.value) or 1,
        hosting=hosting,
    )
    yield from machines_named(machine, machines, hosting=hosting, prefix=_PREFIX)
    if hosting == "sagemaker-training":
        spot = properties.scalar("enable_managed_spot_training")
        seconds = properties.block("stopping_condition").number("max_runtime_in_seconds")
        yield Training(
            path=machine.path,
            machine=field(machine.value),
            machine_at=path,
            machines=field(machines.value),
            spot=field(spot if is_unknown(spot) else str(spot).lower() == "true"),
            spot_at=properties.at("enable_managed_spot_training"),
            hours_most=field(seconds / 3600 if isinstance(seconds, float) else seconds),
            resumes=field(properties.given("checkpoint_config")),
            resumes_at=properties.at("checkpoint_config"),
            hosting=hosting,
            region_at=properties.at("region"),
        )

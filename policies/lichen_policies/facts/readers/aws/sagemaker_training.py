"""SageMaker's training job: machines for hours or days, whose price is not an endpoint's."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Training
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.sagemaker_machines import (
    hours_of,
    machine_of,
    machines_of_job,
)
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:sagemaker/trainingJob:TrainingJob",),
    "terraform": ("aws_sagemaker_training_job",),
}
FACTS = (Located, Machines, Training)

_HOSTING = "sagemaker-training"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, a Machines and a Training."""
    yield from training_facts(properties, region_at=properties.at("region"))


def training_facts(job: Properties, *, region_at: str) -> Iterator[Fact]:
    """The facts of one training, which a job has at its top and a tuning job in a block."""
    resources = job.block("resource_config", "hyper_parameter_tuning_resource_config")
    groups = resources.blocks("instance_groups") or resources.blocks("instance_configs")
    for group in groups if machine_of(resources).value is None and groups else [resources]:
        yield from _of_group(job, group, region_at)


def _of_group(job: Properties, group: Properties, region_at: str) -> Iterator[Fact]:
    machine, machines = machine_of(group), group.stated_whole("instance_count")
    yield Located(
        region_at=region_at,
        machine=field(machine.value),
        machines=field(machines.value) or 1,
        hosting=_HOSTING,
        for_models=True,
    )
    spot = job.scalar("enable_managed_spot_training")
    hours = hours_of(job.block("stopping_condition"))
    yield from machines_of_job(machine, machines, hours, _HOSTING)
    yield Training(
        path=machine.path,
        machine=field(machine.value),
        machine_at=machine.path,
        machines=field(machines.value),
        spot=field(spot if is_unknown(spot) else str(spot).lower() == "true"),
        spot_at=job.at("enable_managed_spot_training"),
        hours_most=field(hours),
        resumes=field(job.given("checkpoint_config")),
        resumes_at=job.at("checkpoint_config"),
        hosting=_HOSTING,
        region_at=region_at,
    )

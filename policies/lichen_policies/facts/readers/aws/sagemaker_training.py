"""SageMaker's training job: machines for hours or days, whose price is not an endpoint's."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines, Training
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:sagemaker/trainingJob:TrainingJob",),
    "terraform": ("aws_sagemaker_training_job",),
}
FACTS = (Located, Machines, Training)

_HOSTING, _PREFIX = "sagemaker-training", "ml."
_HOURS_BY_DEFAULT = 24.0
"""Source: SageMaker API, StoppingCondition: a job without a limit stops after a day."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, a Machines and a Training."""
    resources = properties.block("resource_config")
    name, path = resources.stated_text("instance_type")
    machine = Stated(bare(name, _PREFIX), path)
    machines = resources.stated_whole("instance_count")
    yield Located(
        region_at=properties.at("region"),
        machine=field(machine.value),
        machines=field(machines.value) or 1,
        hosting=_HOSTING,
        for_models=True,
    )
    spot = properties.scalar("enable_managed_spot_training")
    seconds = properties.block("stopping_condition").amount("max_runtime_in_seconds")
    hours = seconds / 3600 if isinstance(seconds, float) else seconds
    for named in machines_named(machine, machines, hosting=_HOSTING, prefix=_PREFIX):
        most = _HOURS_BY_DEFAULT if hours is None else hours
        yield msgspec.structs.replace(named, hours=field(most))
    yield Training(
        path=path,
        machine=field(machine.value),
        machine_at=path,
        machines=field(machines.value),
        spot=field(spot if is_unknown(spot) else str(spot).lower() == "true"),
        spot_at=properties.at("enable_managed_spot_training"),
        hours_most=field(hours),
        resumes=field(properties.given("checkpoint_config")),
        resumes_at=properties.at("checkpoint_config"),
        hosting=_HOSTING,
        region_at=properties.at("region"),
    )

"""SageMaker's tuning job: the same training many times, several at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Training
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.sagemaker_training import training_facts
from lichen_policies.facts.unknown import Maybe, field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob",),
    "terraform": ("aws_sagemaker_hyper_parameter_tuning_job",),
}
FACTS = (Located, Machines, Training)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """The facts of each training, its machines as often as several run at once, for as long as all
    of them together."""
    limits = properties.block("config").block("resource_limits")
    parallel = limits.stated_whole("max_parallel_training_jobs")
    jobs = limits.whole("max_number_of_training_jobs")
    one = properties.block("training_job_definition")
    for job in [one] if one else properties.blocks("training_job_definitions"):
        for fact in training_facts(job, region_at=properties.at("region")):
            yield _in_parallel(fact, parallel, jobs) if isinstance(fact, Machines) else fact


def _in_parallel(fact: Machines, parallel: Stated[int], jobs: Maybe[int]) -> Machines:
    at_once, hours, each = parallel.value, fact.as_read("hours"), fact.as_read("machines")
    if not isinstance(at_once, int) or not isinstance(each, int):
        return msgspec.structs.replace(fact, machines=field(at_once or each))
    rounds = math.ceil(jobs / at_once) if isinstance(jobs, int) and at_once else 1
    return msgspec.structs.replace(
        fact,
        times=each,
        machines=each * at_once,
        machines_at=parallel.path,
        hours=hours * rounds if isinstance(hours, float) else hours,
    )

"""SageMaker's inference experiment: variants of a model beside those that serve, for a while."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.sagemaker_machines import PREFIX, machine_of
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws-native:sagemaker:InferenceExperiment",),
    "terraform": ("awscc_sagemaker_inference_experiment",),
    "cloudformation": ("AWS::SageMaker::InferenceExperiment",),
}
FACTS = (Located, Machines)

_HOSTING = "sagemaker"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, and a Machines for each variant."""
    variants = [
        variant.block("infrastructure_config").block("real_time_inference_config")
        for variant in properties.blocks("model_variants")
    ]
    machines = [machine_of(variant) for variant in variants]
    yield Located(
        region_at=properties.at("region"),
        machine=field(machines[0].value) if len(machines) == 1 else None,
        hosting=_HOSTING,
        for_models=True,
    )
    for variant, machine in zip(variants, machines, strict=True):
        count = variant.stated_whole("instance_count")
        yield from machines_named(machine, count, hosting=_HOSTING, prefix=PREFIX)

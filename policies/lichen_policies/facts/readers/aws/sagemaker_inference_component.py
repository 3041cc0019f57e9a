"""SageMaker's inference component: a model on an endpoint's machines, in copies."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ServingComponent, ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.joining import on_machine_of, variants_under
from lichen_policies.facts.readers.aws.sagemaker_model import serving_container
from lichen_policies.facts.unknown import field
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws-native:sagemaker:InferenceComponent",),
    "terraform": ("awscc_sagemaker_inference_component",),
    "cloudformation": ("AWS::SageMaker::InferenceComponent",),
}
FACTS = (ServingComponent, ServingContainer)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ServingComponent, and the ServingContainer of the image or of the model that it names."""
    specification = properties.block("specification")
    container = specification.block("container")
    needs = specification.block("compute_resource_requirements")
    name = properties.text("inference_component_name")
    alarms = properties.block("deployment_config").block("auto_rollback_configuration")
    named = tuple(alarm.text("alarm_name") for alarm in alarms.blocks("alarms"))
    chips = needs.amount("number_of_accelerator_devices_required")
    chips_at = needs.at("number_of_accelerator_devices_required")
    yield ServingComponent(
        path=specification.path,
        name=field(name),
        endpoint=field(properties.text("endpoint_name")),
        variant=field(properties.text("variant_name")),
        model=field(specification.text("model_name")),
        copies=field(properties.block("runtime_config").whole("copy_count")),
        chips=field(chips),
        chips_at=chips_at,
        alarms=tuple(alarm for alarm in named if isinstance(alarm, str)),
    )
    yield msgspec.structs.replace(
        serving_container(container if container else specification, name),
        path=specification.path,
        chips=field(chips),
        chips_at=chips_at,
        waits_for="its endpoint's configuration",
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Its container on the machine of its endpoint's variant; without one as it is."""
    component = next((fact for fact in facts if isinstance(fact, ServingComponent)), None)
    if component is None:
        return facts
    variant = next(iter(variants_under(component, stack)), None)
    return tuple(
        on_machine_of(fact, variant)
        if variant is not None and isinstance(fact, ServingContainer)
        else fact
        for fact in facts
    )

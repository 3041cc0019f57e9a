"""SageMaker's inference component: a model on an endpoint's machines, in copies."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ServingComponent, ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.sagemaker_model import serving_container
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws-native:sagemaker:InferenceComponent",),
    "terraform": ("awscc_sagemaker_inference_component",),
    "cloudformation": ("AWS::SageMaker::InferenceComponent",),
}
FACTS = (ServingComponent, ServingContainer)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ServingComponent; a ServingContainer where it names its image itself."""
    specification = properties.block("specification")
    container = specification.block("container")
    needs = specification.block("compute_resource_requirements")
    name = properties.text("inference_component_name")
    alarms = properties.block("deployment_config").block("auto_rollback_configuration")
    named = tuple(alarm.text("alarm_name") for alarm in alarms.blocks("alarms"))
    yield ServingComponent(
        path=specification.path,
        name=field(name),
        endpoint=field(properties.text("endpoint_name")),
        variant=field(properties.text("variant_name")),
        model=field(specification.text("model_name")),
        copies=field(properties.block("runtime_config").whole("copy_count")),
        chips=field(needs.amount("number_of_accelerator_devices_required")),
        chips_at=needs.at("number_of_accelerator_devices_required"),
        alarms=tuple(alarm for alarm in named if isinstance(alarm, str)),
    )
    if container:
        yield serving_container(container, name)

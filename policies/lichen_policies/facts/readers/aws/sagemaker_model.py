"""SageMaker's model: the containers that serve it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Serving, ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unverified, field
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:sagemaker/model:Model", "aws-native:sagemaker:Model"),
    "terraform": ("aws_sagemaker_model", "awscc_sagemaker_model"),
    "cloudformation": ("AWS::SageMaker::Model",),
}
FACTS = (ServingContainer,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ServingContainer for each container."""
    name = properties.text("name", "model_name")
    containers = properties.blocks("containers", "container")
    primary = properties.block("primary_container")
    for container in ([primary] if primary else []) + containers:
        fact = serving_container(container, name)
        yield msgspec.structs.replace(fact, waits_for="the variant that runs it")


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Each container on the machine of each variant that runs it; without one as it is."""
    machines: dict[str | None, None] = dict.fromkeys(_machines(facts, stack)) or {None: None}
    return tuple(
        msgspec.structs.replace(fact, machine=machine)
        for fact in facts
        for machine in (machines if isinstance(fact, ServingContainer) else ())
    ) + tuple(fact for fact in facts if not isinstance(fact, ServingContainer))


def _machines(facts: tuple[Fact, ...], stack: Stack) -> Iterator[str]:
    """The machines of the variants whose model this is, as far as they are known."""
    for variant in stack.of(Serving):
        try:
            model = stack.linked(variant.fact.as_read("model"), ServingContainer, "names")
        except Unverified:
            continue
        machine = variant.fact.if_known.machine
        if model is not None and machine and any(model.fact is fact for fact in facts):
            yield machine


def serving_container(container: Properties, name: Maybe[str]) -> ServingContainer:
    """What SageMaker's description of a container says, for the resource of a name."""
    settings = container.tags("environment")
    return ServingContainer(
        path=container.path,
        names=(name,) if isinstance(name, str) else (),
        image=field(container.text("image")),
        image_at=container.at("image"),
        settings=field(settings),
        settings_at=container.at("environment"),
        hosting="sagemaker",
        packaged=field(container.given("model_package_name")),
        packaged_at=container.at("model_package_name"),
    )

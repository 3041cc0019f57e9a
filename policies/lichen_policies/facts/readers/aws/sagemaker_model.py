"""SageMaker's model: the containers that serve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Serving, ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field
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
    by_container = stack.once(_machines_by_container)
    machines: dict[str | None, None] = {
        machine: None for fact in facts for machine in by_container.get(id(fact), ())
    } or {None: None}
    return tuple(
        msgspec.structs.replace(fact, machine=machine)
        for fact in facts
        for machine in (machines if isinstance(fact, ServingContainer) else ())
    ) + tuple(fact for fact in facts if not isinstance(fact, ServingContainer))


def _machines_by_container(stack: Stack) -> Mapping[int, list[str]]:
    """The machines of the variants that run each container, by the identity of its fact, as far as
    they are known."""
    found: dict[int, list[str]] = {}
    for variant in stack.of(Serving):
        machine = variant.fact.if_known.machine
        meant = stack.meant(variant.fact.as_read("model"), ServingContainer, "names")
        if machine and meant:
            found.setdefault(id(meant[0].fact), []).append(machine)
    return found


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

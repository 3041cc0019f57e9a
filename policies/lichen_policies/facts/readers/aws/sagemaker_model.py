"""SageMaker's model: the containers that serve it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.image import as_named
from lichen_policies.facts.kinds import Serving, ServingComponent, ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.joining import on_machine_of, variants_under
from lichen_policies.facts.unknown import Maybe, field, is_unknown
from lichen_policies.stack import Stack, Subject

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


class RunsOn(NamedTuple):
    """A variant whose machine runs a container, and the inference component that puts it there."""

    variant: Subject[Serving]
    component: Subject[ServingComponent] | None = None


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Each container on the machine of each variant that runs it; without one as it is."""
    places = stack.once(_places_by_container)
    found: dict[tuple[int, object, object], Fact] = {}
    for fact in facts:
        if not isinstance(fact, ServingContainer):
            found[id(fact), None, None] = fact
            continue
        for place in places.get(id(fact), ()):
            on = on_machine_of(fact, *place)
            found.setdefault((id(fact), on.as_read("machine"), on.as_read("chips")), on)
        if id(fact) not in places:
            found[id(fact), None, None] = fact
    return tuple(found.values())


def _places_by_container(stack: Stack) -> Mapping[int, list[RunsOn]]:
    """Where each container runs, by the identity of its fact, as far as that is known."""
    places = [(RunsOn(variant), variant.fact.as_read("model")) for variant in stack.of(Serving)]
    for component in stack.of(ServingComponent):
        model = component.fact.as_read("model")
        if model is not None:
            places += (
                (RunsOn(variant, component), model)
                for variant in variants_under(component.fact, stack)
            )
    found: dict[int, list[RunsOn]] = {}
    for place, model in places:
        if place.variant.fact.as_read("machine") is None:
            continue
        for container in stack.meant(model, ServingContainer, "names"):
            found.setdefault(id(container.fact), []).append(place)
    return found


def serving_container(container: Properties, name: Maybe[str]) -> ServingContainer:
    """What SageMaker's description of a container says, for the resource of a name."""
    settings = container.tags("environment")
    return ServingContainer(
        path=container.path,
        names=(name,) if isinstance(name, str) else (),
        image=field(as_named(container.text("image"))),
        image_at=container.at("image"),
        settings=field(settings),
        settings_at=container.at("environment"),
        hosting="sagemaker",
        packaged=field(_of_vendor(container.text("model_package_name"))),
        packaged_at=container.at("model_package_name"),
    )


_VERSION = re.compile(r":model-package/[^/]+/(?:\d+|\$\{.*)$")
"""A version in a group of a registry; what a marketplace sells has a name alone."""


def _of_vendor(package: Maybe[str]) -> Maybe[bool]:
    """Whether a package is a vendor's, and not a version of a model in the account's own registry.

    Sources: SageMaker Developer Guide, "Model Registry" (versions of a group), and "Use model
    package resources" (what AWS Marketplace sells).
    """
    if package is None:
        return None
    if not is_unknown(package):
        return _VERSION.search(package) is None
    own = package.references or "${AWS::AccountId}" in package.written
    return False if own or _VERSION.search(package.written) else package

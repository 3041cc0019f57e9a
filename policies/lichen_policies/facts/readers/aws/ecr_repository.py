"""ECR's repository of container images, and the policy that deletes old ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.image import image_name
from lichen_policies.facts.joined import images_served
from lichen_policies.facts.kinds import ImagePolicy, KeptImages
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field, is_unknown
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecr/repository:Repository", "aws-native:ecr:Repository"),
    "terraform": ("aws_ecr_repository", "awscc_ecr_repository"),
    "cloudformation": ("AWS::ECR::Repository",),
}
FACTS = (KeptImages,)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A KeptImages; ``serves`` is known from its passport alone, until its stack is seen."""
    name = properties.text("repository_name", "name")
    policy = properties.value("lifecycle_policy")
    yield KeptImages(
        path=properties.at("repository_name", "name"),
        waits_for="the containers that are started from it",
        names=(name,) if isinstance(name, str) else (),
        expire=field(policy if is_unknown(policy) else policy is not None),
        serves=context.says_what_it_serves,
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """With the policy of the stack, and whether a container that serves a model uses it."""
    return tuple(
        _completed(fact, stack) if isinstance(fact, KeptImages) else fact for fact in facts
    )


def _completed(fact: KeptImages, stack: Stack) -> KeptImages:
    return msgspec.structs.replace(
        fact,
        expire=True if id(fact) in stack.once(_with_policy) else fact.as_read("expire"),
        serves=bool(fact.serves) or id(fact) in stack.once(_serving),
    )


def _with_policy(stack: Stack) -> frozenset[int]:
    """The repositories of which a policy deletes old images, by the identity of the fact."""
    named = (policy.fact.as_read("repository") for policy in stack.of(ImagePolicy))
    return _meant(named, stack)


def _serving(stack: Stack) -> frozenset[int]:
    """The repositories whose images are started to serve models."""
    return _meant((_repository_of(image) for image in images_served(stack)), stack)


def _repository_of(image: object) -> object:
    """An image's name without its tag; what is not known as it is."""
    return image_name(image).path if isinstance(image, str) else image


def _meant(values: Iterable[object], stack: Stack) -> frozenset[int]:
    return frozenset(
        id(repository.fact)
        for value in values
        for repository in stack.meant(value, KeptImages, "names")
    )

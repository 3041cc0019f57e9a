"""ECR's repository of container images, and the policy that deletes old ones."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen.passport import Passport
from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.image import image_name
from lichen_policies.facts.kinds import ImagePolicy, KeptImages, ServingContainer
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Unknown, field, is_unknown
from lichen_policies.stack import Stack, refers_to

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
        serves=isinstance(context.passport, Passport),
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """With the policy of the stack, and whether a container that serves a model uses it."""
    return tuple(
        _completed(fact, stack) if isinstance(fact, KeptImages) else fact for fact in facts
    )


def _completed(fact: KeptImages, stack: Stack) -> KeptImages:
    address = next(
        subject.resource.address for subject in stack.of(KeptImages) if subject.fact is fact
    )
    policies = [policy.fact.as_read("repository") for policy in stack.of(ImagePolicy)]
    images = [served.fact.as_read("image") for served in stack.of(ServingContainer)]
    has_policy = any(_means(value, fact, address) for value in policies)
    serves = any(_means(value, fact, address) for value in images)
    return msgspec.structs.replace(
        fact,
        expire=True if has_policy else fact.as_read("expire"),
        serves=bool(fact.serves) or serves,
    )


def _means(value: object, fact: KeptImages, address: str) -> bool:
    """Whether a value names the repository, or is made of it."""
    if isinstance(value, Unknown):
        return refers_to(value, address)
    return isinstance(value, str) and bool({value, image_name(value).repository} & set(fact.names))

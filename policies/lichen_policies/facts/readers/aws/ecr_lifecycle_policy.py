"""ECR's policy that deletes old images of a repository."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ImagePolicy
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:ecr/lifecyclePolicy:LifecyclePolicy",),
    "terraform": ("aws_ecr_lifecycle_policy",),
}
FACTS = (ImagePolicy,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """An ImagePolicy."""
    yield ImagePolicy(
        path=properties.at("repository"), repository=field(properties.text("repository"))
    )

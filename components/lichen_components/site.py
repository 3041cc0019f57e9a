"""What all resources of one deployment share, on whichever cloud: names, passport, parent."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import pulumi

from lichen.clouds import CloudName
from lichen.passport import Passport, to_tags
from lichen.words import Environment
from lichen_components.plan import Plan

MARK = 6
"""Characters of what keeps two names apart."""


def this_stack() -> str:
    """The stack that the program runs for."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def short(*parts: str) -> str:
    """A mark of six characters that differs wherever one of the parts does."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:MARK]


@dataclass(frozen=True, kw_only=True)
class DeploymentSite(ABC):
    """Where the resources of one deployment are made.

    ``name`` is the component's. ``cloud`` spells the passport.
    """

    cloud: ClassVar[CloudName]
    name: str
    plan: Plan
    parent: pulumi.Resource

    @property
    def environment(self) -> Environment:
        return self.plan.decision.workload.environment

    @property
    def region(self) -> str:
        return self.plan.region

    @property
    @abstractmethod
    def args(self) -> Mapping[str, Any]:
        """The arguments that count here: those of the cloud's block and those beside it."""

    @cached_property
    def passport(self) -> dict[str, str]:
        """The workload as the cloud's tags, labels or annotations."""
        return self.passport_for(self.cloud)

    def passport_for(self, cloud: CloudName) -> dict[str, str]:
        """The workload as tags or labels of another cloud, where a part is made there."""
        decision, args = self.plan.decision, self.args
        said = args.get("image_architecture") if "image" in args else None
        passport = Passport.of(
            decision.workload,
            decision.precision,
            measured=decision.measured,
            image_architecture=said,
        )
        return to_tags(passport, cloud)

    def child(self, role: str) -> str:
        """A child's name: ``chat-model``."""
        return f"{self.name}-{role}"

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that is made after ``first``, which it needs without naming them."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(first))


@dataclass(frozen=True, kw_only=True)
class MarkedSite(DeploymentSite):
    """A site whose names carry a mark of what cannot change in place.

    ``made_of`` is that, such as machine and mode: like the region it is part of ``identity``, so
    that a change makes a new deployment beside the old one, and the old one goes after it.
    ``stack`` keeps two stacks with one name apart. ``title`` is what it is called in descriptions.
    """

    title: str
    made_of: tuple[str, ...]
    stack: str = field(default_factory=this_stack)

    @cached_property
    def mark(self) -> str:
        return short(self.stack, self.region, *self.made_of)

    @cached_property
    def identity(self) -> str:
        """The deployment's name in its cloud: ``chat-prod-1a2b3c``."""
        return f"{self.name}-{self.environment}-{self.mark}"

    @property
    def description(self) -> str:
        """What the console says that a resource belongs to."""
        return f"{self.title} {self.identity}"

"""What all resources of one deployment on AWS share: names, region, tags, protection, parent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pulumi

from lichen.document import InputError
from lichen.passport import Passport, to_tags
from lichen.words import Environment
from lichen_components.aws.args import aws_args
from lichen_components.plan import Plan

_HASH = 6
_RANDOM = len("-config-") + 7
"""Pulumi puts seven characters behind the longest child's name: ``chat-config-1a2b3c4``."""

_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9])*")
"""EndpointName, EndpointConfigName and ModelName (SageMaker API); other services take more."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Names, region, tags and parent of the resources of one deployment.

    ``name`` is the component's. ``made_of`` is what cannot change in place, such as machine and
    mode: like the region it is part of ``identity``, so that a change makes a new deployment
    beside the old one, and the old one goes after it. ``stack`` keeps two stacks with one name
    apart. ``log_group`` makes the log group's name of the identity. ``protected`` is whether what
    holds data is kept from deletion.
    """

    name: str
    environment: Environment
    made_of: tuple[str, ...]
    stack: str
    title: str
    region: str
    tags: dict[str, str]
    log_group: Callable[[str], str]
    protected: bool
    parent: pulumi.Resource

    @classmethod
    def of(
        cls,
        name: str,
        plan: Plan,
        parent: pulumi.Resource,
        *,
        title: str,
        made_of: tuple[str, ...],
        log_group: Callable[[str], str],
    ) -> Site:
        """What the resources of a plan share: tags, region and protection are the plan's."""
        workload = plan.decision.workload
        return cls(
            name=name,
            environment=workload.environment,
            made_of=made_of,
            stack=this_stack(),
            title=title,
            region=plan.region,
            tags=to_tags(Passport.of(workload, plan.decision.precision), "aws"),
            log_group=log_group,
            protected=aws_args(plan.args).get("protect", workload.environment == "prod"),
            parent=parent,
        )

    @cached_property
    def identity(self) -> str:
        """The deployment's name in AWS: ``chat-prod-1a2b3c``."""
        return f"{self.name}-{self.environment}-{short(self.stack, self.region, *self.made_of)}"

    @cached_property
    def stable(self) -> str:
        """The name of what outlives a change of machine, such as a key."""
        return f"{self.name}-{self.environment}-{short(self.stack, self.region)}"

    @property
    def description(self) -> str:
        """What the console says that a resource belongs to."""
        return f"{self.title} {self.identity}"

    @property
    def log_group_name(self) -> str:
        return self.log_group(self.identity)

    def child(self, role: str) -> str:
        """A child's name: ``chat-model``."""
        return f"{self.name}-{role}"

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that is made after ``first``, which it needs without naming them."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(first))

    def kept(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that production keeps in AWS when Pulumi would delete it.

        An endpoint that took a roll-out back still serves with it (`lichen prune aws`).
        """
        options = self.under(*first)
        options.retain_on_delete = self.protected
        return options

    def guarded(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that Pulumi refuses to delete in production."""
        options = self.under(*first)
        options.protect = self.protected
        return options


def this_stack() -> str:
    """The stack that the program runs for."""
    return f"{pulumi.get_project()}/{pulumi.get_stack()}"


def check_name(name: str, environment: Environment, *, service: str, longest: int = 63) -> None:
    """:class:`InputError` where AWS would refuse the names that are made of the component's.

    ``longest`` is how many characters the service allows for a name.
    """
    if _NAME.fullmatch(name) is None:
        raise InputError(
            f"{name!r} is no name for {service}, which takes letters, digits and single hyphens "
            "between them",
            fix=f"name it {_cleaned(name)!r}",
            field="name",
        )
    most = longest - max(len(f"-{environment}-") + _HASH, _RANDOM)
    if len(name) > most:
        raise InputError(
            f"{name!r} has {len(name)} characters; with what is added to it {service} allows "
            f"{most}",
            fix=f"name it {name[:most].rstrip('-')!r}, or otherwise with at most {most} characters",
            field="name",
        )


def _cleaned(name: str) -> str:
    """The name nearest to one that AWS refuses."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "endpoint"


def short(*parts: str) -> str:
    """A mark of six characters that differs wherever one of the parts does."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_HASH]

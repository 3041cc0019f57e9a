"""What all resources of one deployment on AWS share: names, region, tags, protection, parent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pulumi

from lichen.clouds import CloudName
from lichen.document import InputError
from lichen.words import Environment
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.site import MARK, MarkedSite, short

_RANDOM = len("-config-") + 7
"""Pulumi puts seven characters behind the longest child's name: ``chat-config-1a2b3c4``."""

_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9])*")
"""EndpointName, EndpointConfigName and ModelName (SageMaker API); other services take more."""


@dataclass(frozen=True, kw_only=True)
class Site(MarkedSite):
    """Names, region, tags and parent of the resources of one deployment.

    ``log_group`` makes the log group's name of the identity.
    """

    cloud: ClassVar[CloudName] = "aws"
    log_group: Callable[[str], str]

    @cached_property
    def args(self) -> AwsArgs:
        return aws_args(self.plan.args)

    @property
    def tags(self) -> dict[str, str]:
        return self.passport

    @property
    def protected(self) -> bool:
        """Whether what holds data is kept from deletion."""
        return self.args.get("protect", self.environment == "prod")

    @cached_property
    def stable(self) -> str:
        """The name of what outlives a change of machine, such as a key."""
        return f"{self.name}-{self.environment}-{short(self.stack, self.region)}"

    @property
    def log_group_name(self) -> str:
        return self.log_group(self.identity)

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
    most = longest - max(len(f"-{environment}-") + MARK, _RANDOM)
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

"""What all resources of one deployment on Google Cloud share: names, place, labels, protection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import pulumi
import pulumi_gcp as gcp

from lichen.document import InputError
from lichen.passport import Passport, to_tags
from lichen.words import Environment
from lichen_components.aws.site import short, this_stack
from lichen_components.google.args import GoogleArgs, google_args
from lichen_components.plan import Plan

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_HASH = 6
_RANDOM = 8
"""Pulumi puts a hyphen and seven characters behind a name of its own."""
_LONGEST_ACCOUNT = 30
"""The id of a service account takes 6 to 30 characters (IAM API, CreateServiceAccountRequest)."""


@dataclass(frozen=True, kw_only=True)
class GoogleSite:
    """Names, place, labels and parent of the resources of one deployment.

    ``name`` is the component's. ``made_of`` is what cannot change in place, such as the machine:
    like the region it is part of ``identity``, so that a change makes a new deployment beside the
    old one. ``protected`` is whether Pulumi refuses to delete it.
    """

    name: str
    environment: Environment
    made_of: tuple[str, ...]
    stack: str
    title: str
    region: str
    project: pulumi.Output[str]
    number: pulumi.Output[str]
    labels: dict[str, str]
    protected: bool
    args: GoogleArgs
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
    ) -> GoogleSite:
        """What the resources of a plan share."""
        workload, args = plan.decision.workload, google_args(plan.args)
        found = gcp.organizations.get_project_output(
            project_id=args.get("project"), opts=pulumi.InvokeOutputOptions(parent=parent)
        )
        return cls(
            name=name,
            environment=workload.environment,
            made_of=made_of,
            stack=this_stack(),
            title=title,
            region=plan.region,
            project=found.project_id,
            number=found.number,
            labels=to_tags(Passport.of(workload, plan.decision.precision), "google"),
            protected=args.get("protect", workload.environment == "prod"),
            args=args,
            parent=parent,
        )

    @cached_property
    def identity(self) -> str:
        """The deployment's name in Google Cloud: ``chat-prod-1a2b3c``."""
        return f"{self.name}-{self.environment}-{self._mark}"

    @cached_property
    def account_id(self) -> str:
        """The name of its service account, which may be shorter."""
        if len(self.identity) <= _LONGEST_ACCOUNT:
            return self.identity
        return f"{self.name[: _LONGEST_ACCOUNT - _HASH - 1].rstrip('-')}-{self._mark}"

    @cached_property
    def _mark(self) -> str:
        return short(self.stack, self.region, *self.made_of)

    @property
    def description(self) -> str:
        return f"{self.title} {self.identity}"

    def child(self, role: str) -> str:
        """A child's name: ``chat-service``."""
        return f"{self.name}-{role}"

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that is made after ``first``, which it needs without naming them."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(first))


def check_name(name: str, environment: Environment, *, longest: int = 63) -> None:
    """:class:`InputError` where Google Cloud would refuse the names made of the component's."""
    most = longest - len(f"-{environment}-") - _HASH - _RANDOM
    if _NAME.fullmatch(name) is None:
        cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789") or "endpoint"
        raise InputError(
            f"{name!r} is no name on Google Cloud, which takes small letters, digits and hyphens, "
            "a letter first",
            fix=f"name it {cleaned!r}",
            field="name",
        )
    if len(name) > most:
        raise InputError(
            f"{name!r} has {len(name)} characters; with what is added to it {most} are allowed",
            fix=f"name it {name[:most].rstrip('-')!r}, or otherwise with at most {most} characters",
            field="name",
        )

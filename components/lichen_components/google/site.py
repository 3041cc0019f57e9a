"""What all resources of one deployment on Google Cloud share: names, place, labels, protection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pulumi
import pulumi_gcp as gcp

from lichen.clouds import CloudName
from lichen.document import InputError
from lichen.words import Environment
from lichen_components.google.args import GoogleArgs, google_args
from lichen_components.plan import Plan
from lichen_components.site import MARK, MarkedSite

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_RANDOM = 8
"""Pulumi puts a hyphen and seven characters behind a name of its own."""
_LONGEST_ACCOUNT = 30
"""The id of a service account takes 6 to 30 characters (IAM API, CreateServiceAccountRequest)."""


@dataclass(frozen=True, kw_only=True)
class GoogleSite(MarkedSite):
    """Names, place, labels and parent of the resources of one deployment."""

    cloud: ClassVar[CloudName] = "google"
    project: pulumi.Output[str]
    number: pulumi.Output[str]

    @classmethod
    def of(cls, name: str, plan: Plan, parent: pulumi.Resource, *, title: str) -> GoogleSite:
        """What the resources of a plan share. A change of machine makes a new deployment."""
        found = gcp.organizations.get_project_output(
            project_id=google_args(plan.args).get("project"),
            opts=pulumi.InvokeOutputOptions(parent=parent),
        )
        return cls(
            name=name,
            plan=plan,
            parent=parent,
            title=title,
            made_of=(plan.decision.machine.name,),
            project=found.project_id,
            number=found.number,
        )

    @cached_property
    def args(self) -> GoogleArgs:
        return google_args(self.plan.args)

    @property
    def labels(self) -> dict[str, str]:
        return self.passport

    @property
    def protected(self) -> bool:
        """Whether Pulumi refuses to delete what serves."""
        return self.args.get("protect", self.environment == "prod")

    @cached_property
    def account_id(self) -> str:
        """The name of its service account, which may be shorter."""
        if len(self.identity) <= _LONGEST_ACCOUNT:
            return self.identity
        return f"{self.name[: _LONGEST_ACCOUNT - MARK - 1].rstrip('-')}-{self.mark}"


def check_name(name: str, environment: Environment, *, longest: int = 63) -> None:
    """:class:`InputError` where Google Cloud would refuse the names made of the component's."""
    most = longest - len(f"-{environment}-") - MARK - _RANDOM
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

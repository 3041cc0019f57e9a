"""What all resources of one endpoint on AWS share."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Site:
    """Names, region, tags and parent of the resources of one endpoint.

    ``description`` says in the console what they belong to.
    """

    name: str
    endpoint_name: str
    description: str
    region: str
    tags: dict[str, str]
    log_group_name: str
    parent: pulumi.Resource

    def child(self, role: str) -> str:
        """A child's name: ``chat-model``."""
        return f"{self.name}-{role}"

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that is made after ``first``, which it needs without naming them."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(first))

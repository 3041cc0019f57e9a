"""A placement to be realised: all that is decided before a resource is made."""

from __future__ import annotations

from functools import cached_property

import pulumi

from lichen.catalogue.schema import Machine
from lichen.passport import Passport, to_tags
from lichen.placing.placement import Placement
from lichen.workload import ModelCard, Workload
from lichen_components.asked import EndpointArgs
from lichen_components.images import image_uri

VARIANT = "all"
"""The one variant of an endpoint: scaling and alarms know it by name."""


class Plan:
    """A workload, where it was placed, and what the user asked beside it."""

    def __init__(
        self,
        *,
        workload: Workload,
        card: ModelCard,
        machine: Machine,
        placement: Placement,
        asked: EndpointArgs,
    ) -> None:
        self.workload, self.card, self.machine = workload, card, machine
        self.placement, self.asked = placement, asked

    @property
    def region(self) -> str:
        return self.placement.chosen.region

    def image(self, family: str) -> pulumi.Input[str]:
        """The image that was asked for, else AWS's for this family of chips.

        :class:`InputError` where AWS has none in the region.
        """
        if "image" in self.asked:
            return self.asked["image"]
        return image_uri(family, self.card, self.region, self.asked.get("registry"))

    @cached_property
    def tags(self) -> dict[str, str]:
        return to_tags(Passport.of(self.workload, self.placement.chosen.precision), "aws")


class Site:
    """What all children of one endpoint share: names, region, passport, parent."""

    def __init__(self, name: str, plan: Plan, parent: pulumi.Resource) -> None:
        self.name, self.region, self.tags = name, plan.region, plan.tags
        self.endpoint_name = f"{name}-{plan.workload.environment}"
        self.log_group_name = f"/aws/sagemaker/Endpoints/{self.endpoint_name}"
        self._parent = parent

    def child(self, role: str) -> str:
        """A child's name: ``chat-model``."""
        return f"{self.name}-{role}"

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child, made after the resources that it needs without naming them."""
        return pulumi.ResourceOptions(parent=self._parent, depends_on=list(first))

"""A placement to deploy: all that is decided before a resource is made. No cloud is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lichen.catalogue import Catalogue
from lichen_components.args import EndpointArgs
from lichen_components.servers.container import Container, Decision


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where a workload was placed, the container that serves it, and the user's arguments.

    ``catalogue`` has the images of the container; ``today`` says which still get patches. ``kept``
    is why it stays where it is, if another placement would be chosen.
    """

    decision: Decision
    container: Container
    args: EndpointArgs
    catalogue: Catalogue
    today: date
    kept: str = ""

    @property
    def region(self) -> str:
        return self.decision.placement.chosen.region

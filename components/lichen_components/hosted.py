"""What every cloud's component gives back: name, address, machine, and what is beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from lichen_components.extras import Bundle, no_bundle


class HostedEndpoint(pulumi.ComponentResource):
    """A component that makes what a placement says, on one hosting."""

    endpoint_name: pulumi.Output[str]
    endpoint_id: pulumi.Output[str]
    """The full name in the cloud: on AWS its ARN."""
    url: pulumi.Output[str]
    """The address of requests."""
    machine: pulumi.Output[str]
    """The hosting's name of the machine type."""
    bundle: Bundle
    receipt: Mapping[str, Any]
    """What the component adds to the placement's receipt."""

    def gives(
        self,
        *,
        name: pulumi.Input[str],
        identifier: pulumi.Input[str],
        url: pulumi.Input[str],
        machine: str,
        bundle: Bundle | None = None,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the outputs and end the component: ``name`` is what clients invoke, ``url`` where,
        ``receipt`` what the component adds to the placement's."""
        self.endpoint_name = pulumi.Output.from_input(name)
        self.endpoint_id = pulumi.Output.from_input(identifier)
        self.url = pulumi.Output.from_input(url)
        self.machine = pulumi.Output.from_input(machine)
        self.bundle, self.receipt = bundle or no_bundle(), receipt or {}
        self.register_outputs(
            {"endpoint_name": self.endpoint_name, "endpoint_id": self.endpoint_id}
        )

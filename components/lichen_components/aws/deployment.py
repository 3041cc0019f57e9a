"""What every component on AWS gives back: name, ARN, address, machine, and what is beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from lichen_components.extras import Bundle


class AwsDeployment(pulumi.ComponentResource):
    """A component that makes what a placement says, on AWS."""

    endpoint_name: pulumi.Output[str]
    endpoint_id: pulumi.Output[str]
    url: pulumi.Output[str]
    machine: pulumi.Output[str]
    bundle: Bundle
    receipt: Mapping[str, Any]
    """What the component adds to the placement's receipt."""

    def gives(
        self,
        *,
        name: pulumi.Output[str],
        arn: pulumi.Output[str],
        url: pulumi.Output[str],
        machine: str,
        bundle: Bundle,
        receipt: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the outputs and end the component: ``name`` is what clients invoke, ``url`` where,
        ``receipt`` what the component adds to the placement's."""
        self.endpoint_name, self.endpoint_id, self.url = name, arn, url
        self.machine = pulumi.Output.from_input(machine)
        self.bundle, self.receipt = bundle, receipt or {}
        self.register_outputs({"endpoint_name": name, "endpoint_id": arn})

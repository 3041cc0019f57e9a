"""Resources of a Pulumi program, as the tests of the rules need them."""

from __future__ import annotations

from typing import Any

from lichen_policies.facts import Resource

ENDPOINT = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
GROUP = "aws:autoscaling/group:Group"
NODES = "aws:eks/nodeGroup:NodeGroup"


def resource_of(
    type_: str, properties: dict[str, Any], name: str = "chat", **stated: Any
) -> Resource:
    """A resource; ``stated`` is its region and environment, and its address if not the name."""
    return Resource(
        type=type_,
        name=name,
        properties=properties,
        dialect="pulumi",
        **{"address": name, **stated},
    )


def endpoint_of(variant: dict[str, Any], name: str = "chat") -> Resource:
    """An endpoint's configuration with one variant, in a clean region and in dev."""
    variants = {"productionVariants": [variant]}
    return resource_of(ENDPOINT, variants, name, region="eu-north-1", environment="dev")

"""States as Pulumi exports them, with SageMaker's endpoint configurations in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LLAMA: Mapping[str, str] = {
    "lichen:workload": "chat",
    "lichen:model": "meta-llama/Llama-3.1-8B-Instruct",
    "lichen:precision": "bf16",
    "lichen:environment": "dev",
    "lichen:peak-rps": "2",
    "lichen:mean-rps": "0.5",
    "lichen:input-tokens": "800",
    "lichen:output-tokens": "200",
}
"""A passport that sizing can read."""

CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ENDPOINT = "aws:sagemaker/endpoint:Endpoint"


def configuration(
    name: str,
    region: str,
    machine: str = "ml.g5.2xlarge",
    count: int = 1,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A configuration of one variant, ``all``; its stack's name is filled in by :func:`state`."""
    values = {
        "name": name,
        "region": region,
        "tags": dict(tags or {}),
        "productionVariants": [
            {
                "variantName": "all",
                "modelName": name,
                "instanceType": machine,
                "initialInstanceCount": count,
            }
        ],
    }
    return {"type": CONFIGURATION, "name": name, "values": values}


def endpoint(name: str, region: str, configuration: str) -> dict[str, Any]:
    """What clients call, of a configuration."""
    values = {"name": name, "endpointConfigName": configuration, "region": region}
    return {"type": ENDPOINT, "name": name, "values": values}


def state(*resources: Mapping[str, Any], stack: str = "dev") -> dict[str, Any]:
    """``pulumi stack export`` of the project ``shop``."""
    return {
        "version": 3,
        "deployment": {
            "resources": [
                {
                    "urn": f"urn:pulumi:{stack}::shop::{each['type']}::{each['name']}",
                    "custom": True,
                    "id": each.get("id", each["name"]),
                    "type": each["type"],
                    "inputs": each["values"],
                    "outputs": each["values"],
                }
                for each in resources
            ]
        },
    }

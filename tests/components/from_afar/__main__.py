"""``Endpoint`` over the wire, as a program in any other language uses it: names in camelCase."""

import json
from typing import Any

import pulumi


class Endpoint(pulumi.ComponentResource):
    """What `pulumi package add` would generate, by hand."""

    endpoint_name: pulumi.Output[str]
    usd_month: pulumi.Output[float]
    machine: pulumi.Output[str]
    receipt: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, inputs: dict[str, object]) -> None:
        outputs = dict.fromkeys(("endpointName", "usdMonth", "machine", "receipt"))
        super().__init__("lichen:index:Endpoint", name, {**outputs, **inputs}, remote=True)

    def translate_output_property(self, prop: str) -> str:
        return {"endpointName": "endpoint_name", "usdMonth": "usd_month"}.get(prop, prop)


config = pulumi.Config()
endpoint = Endpoint("vectors", json.loads(config.require("inputs")))
pulumi.export("endpoint_name", endpoint.endpoint_name)
pulumi.export("usd_month", endpoint.usd_month)
pulumi.export("machine", endpoint.machine)
pulumi.export("chosen", endpoint.receipt.apply(lambda told: f"ml.{told['chosen']['machine']}"))

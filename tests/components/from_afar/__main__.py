"""``Endpoint`` over the wire, as a program in any other language uses it: names in camelCase."""

import json
from typing import Any

import pulumi


class Endpoint(pulumi.ComponentResource):
    """What `pulumi package add` would generate, by hand."""

    def __init__(self, name: str, inputs: dict[str, object]) -> None:
        outputs = dict.fromkeys(("endpointName", "usdMonth", "machine", "receipt"))
        super().__init__("lichen:index:Endpoint", name, {**outputs, **inputs}, remote=True)

    def output(self, name: str) -> pulumi.Output[Any]:
        value: pulumi.Output[Any] = pulumi.get(self, name)
        return value


config = pulumi.Config()
endpoint = Endpoint("vectors", json.loads(config.require("inputs")))
pulumi.export("endpoint_name", endpoint.output("endpointName"))
pulumi.export("usd_month", endpoint.output("usdMonth"))
pulumi.export("machine", endpoint.output("machine"))
pulumi.export(
    "chosen", endpoint.output("receipt").apply(lambda it: f"ml.{it['chosen']['machine']}")
)

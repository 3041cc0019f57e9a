"""Plans for a Kubernetes cluster, by machine; and what was registered, as the API takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pulumi
import yaml
from lichen_components.endpoint import plan_of
from lichen_components.plan import Plan
from msgspec.structs import replace

from lichen.catalogue.schema import Machine, Price
from tests.components import narrowed
from tests.components.narrowed import Only

CRDS = Path(__file__).resolve().parents[2] / "sandbox" / "kubernetes" / "crds"
VERSION = "1.37"

CHAT: dict[str, Any] = {**narrowed.CHAT, "precisions": ["bf16"]}
VECTORS: dict[str, Any] = narrowed.VECTORS
PHOTOS: dict[str, Any] = {
    "name": "photos",
    "model": {
        "name": "acme/defects",
        "kind": "vision",
        "parameters": 25_600_000,
        "flops_per_item": 8.2e9,
    },
    "precisions": ["fp32"],
    "traffic": {"peak_rps": 2},
    "latency": {"p95_ms": 2_000},
    "environment": "prod",
}
OUTSIDE = {
    "type": "prometheus",
    "metadata": {
        "serverAddress": "http://prometheus.monitoring:9090",
        "query": "sum(rate(gateway_requests_total{route='asleep'}[1m]))",
        "threshold": "2",
    },
}
"""A trigger of KEDA that wakes pods: what it asks is there without them."""
GKE = {
    "cluster": "serving",
    "project": "acme",
    "project_number": "123456789012",
    "location": "us-central1",
    "zone": "us-central1-a",
    "node_account": "nodes@acme.iam.gserviceaccount.com",
}
EKS = {
    "cluster": "serving",
    "node_role": "arn:aws:iam::123456789012:role/nodes",
    "subnets": ["subnet-0123456789abcdef0"],
}


class Plain(Only):
    """The fixed catalogue with these machines alone, as nodes of a cluster of one's own."""

    @cached_property
    def machines(self) -> Mapping[str, Machine]:
        return {
            name: replace(row, hostings=("kubernetes",)) for name, row in super().machines.items()
        }

    def prices_of(self, machine: str, hosting: str) -> Mapping[str, Price]:
        bare = Only(machine)
        way = bare.machines[machine].hostings[-1]
        return {
            region: replace(row, hosting=hosting)
            for region, row in bare.prices_of(machine, way).items()
        }


def plan(
    hosting: str, machine: str, workload: dict[str, Any], region: str = "", **given: Any
) -> Plan:
    """The plan of a workload on the one machine of a hosting, with these arguments."""
    catalogue = Plain(machine) if hosting == "kubernetes" else Only(machine)
    regions = {"regions": [region]} if region else {}
    where = {"hosting": [hosting], **regions}
    block = {"artifacts": "pvc://models/it", **given}
    return plan_of({"workload": {**workload, "where": where}, "kubernetes": block}, catalogue)


class Registered(pulumi.runtime.Mocks):
    """What was registered: inputs and options by the child's name."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.inputs[args.name], self.types[args.name] = args.inputs, args.typ
        return args.name, {**args.inputs, "arn": f"arn:aws:x:::{args.name}", "latestVersion": 1}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {}

    def objects(self) -> dict[str, dict[str, Any]]:
        """The objects of Kubernetes, by kind."""
        return {
            inputs["kind"]: inputs
            for name, inputs in self.inputs.items()
            if self.types[name].startswith("kubernetes:") and "kind" in inputs
        }


def made(
    component: Callable[[str, Plan], object], of: Plan, mocks: Registered | None = None
) -> Registered:
    """What a component registers for a plan."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    mocks = mocks or Registered()
    pulumi.runtime.set_mocks(mocks, project="lichen", stack="test", preview=False)

    @pulumi.runtime.test
    def program() -> None:
        component(of.decision.workload.name, of)

    program()
    return mocks


def check_strictly(thing: dict[str, Any]) -> None:
    """Raises where an object has a field that its kind lacks, or a value that it does not take."""
    kind = thing["kind"]
    schemas = _crds()
    if kind in schemas:
        jsonschema.validate({k: v for k, v in thing.items() if k == "spec"}, schemas[kind])
        templates = thing["spec"].get("leaderWorkerTemplate", {})
        for name in ("leaderTemplate", "workerTemplate"):
            if name in templates:
                check_strictly(_deployment(templates[name]))
        if kind == "InferenceService":
            pod = {
                key: value
                for key, value in thing["spec"]["predictor"].items()
                if not key.startswith(("min", "max", "scale"))
            }
            check_strictly(_deployment({"metadata": {"labels": {}}, "spec": pod}))
        return
    kubernetes_validate.validate(thing, VERSION, strict=True)


def _deployment(template: dict[str, Any]) -> dict[str, Any]:
    """A pod's template where the strict schemas know it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x"},
        "spec": {"selector": {"matchLabels": {}}, "template": template},
    }


def _crds() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(CRDS.glob("*.yaml")):
        spec = yaml.safe_load(path.read_text())["spec"]
        schema = spec["versions"][0]["schema"]["openAPIV3Schema"]
        found[spec["names"]["kind"]] = _closed(schema)
    return found


def _closed(schema: Any) -> Any:
    """A structural schema as JSON Schema reads it: what is not named is refused."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed

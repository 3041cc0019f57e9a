"""One deployment of two servers, written in every dialect: six ways for AWS, seven for Azure and
nine for Kubernetes.

Both servers have one machine, one region and the same tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lichen_policies.cases import Case
from lichen_policies.facts import Dialect, Resource

from tests.doors import deployments

REGION, PLACE = "ap-south-1", "southafricanorth"
SERVERS = {"chat": 4, "spare": 1}
"""How many machines each server has: the first has too many, and both are in a dirty region."""
TAGS = {"team": "search", "environment": "staging"}
SIZE = "Standard_ND96isr_H100_v5"
IMAGE = "vllm/vllm-openai:v0.10.0"


class Spelled(NamedTuple):
    """A server in the words of a dialect: its type, and its properties by its name and how many
    machines it has."""

    dialect: Dialect
    type: str
    properties: Callable[[str, int], Mapping[str, Any]]
    region: str | None = None


def variants(_name: str, count: int) -> dict[str, Any]:
    variant = {"instanceType": "ml.g5.12xlarge", "initialInstanceCount": count, "modelName": "llm"}
    return {"productionVariants": [variant], "tags": TAGS}


def snake(value: Any) -> Any:
    """Values with Terraform's names in place of Pulumi's; those of :data:`TAGS` are nobody's."""
    if isinstance(value, Mapping):
        return {
            re.sub(r"[A-Z]", lambda f: f"_{f[0].lower()}", k): snake(v) for k, v in value.items()
        }
    return [snake(each) for each in value] if isinstance(value, list) else value


def pascal(value: Any) -> Any:
    """Values with CloudFormation's names in place of Pulumi's."""
    if isinstance(value, Mapping):
        return {f"{key[0].upper()}{key[1:]}": pascal(each) for key, each in value.items()}
    return [pascal(each) for each in value] if isinstance(value, list) else value


def scale_set(_name: str, count: int) -> dict[str, Any]:
    return {
        "location": PLACE,
        "sku": {"name": SIZE, "capacity": count},
        "tags": TAGS,
        "virtualMachineProfile": {},
    }


def workload(name: str, count: int) -> dict[str, Any]:
    labels = TAGS | {"app": name}
    pod = {
        "nodeSelector": {
            "node.kubernetes.io/instance-type": "g5.12xlarge",
            "topology.kubernetes.io/region": REGION,
        },
        "containers": [
            {"name": "vllm", "image": IMAGE, "resources": {"limits": {"nvidia.com/gpu": "4"}}}
        ],
    }
    return {
        "metadata": {"name": name, "namespace": "search", "labels": labels},
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def manifest(name: str, count: int) -> dict[str, Any]:
    return {"manifest": {"apiVersion": "apps/v1", "kind": "Deployment", **workload(name, count)}}


LABELS = ("labels", "matchLabels", "nodeSelector", "limits")
"""Maps of an object whose keys are the author's: in Terraform they are no blocks."""


def blocks(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object as Terraform's resource of its kind has it: each part of it is a block."""
    spelled: dict[str, Any] = {}
    for key, each in value.items():
        name = "container" if key == "containers" else re.sub("([A-Z])", r"_\1", key).lower()
        if key in LABELS:
            spelled[name] = each
        elif isinstance(each, Mapping):
            spelled[name] = [blocks(each)]
        else:
            spelled[name] = [blocks(part) for part in each] if isinstance(each, list) else each
    return spelled


class Form(NamedTuple):
    """A kind of document, as the table of what doors take names it, and what writes one."""

    kind: str
    write: Callable[[Case], Any]


FORMS = {
    "preview.json": Form("Pulumi preview", deployments.preview),
    "stack.json": Form("Pulumi state", deployments.export),
    "plan.json": Form("Terraform plan", deployments.plan),
    "main.tf": Form("Terraform's language", deployments.language),
    "state.json": Form("Terraform state", deployments.state),
    "template.json": Form("CloudFormation template", deployments.template),
    "arm.json": Form("ARM template", deployments.azure_template),
    "main.bicep": Form("Bicep", deployments.bicep),
    "manifest.yaml": Form("Kubernetes manifest", deployments.manifests),
}
PULUMI = ("preview.json", "stack.json")
TERRAFORM = ("plan.json", "language/main.tf", "state.json")

SPELLED: Mapping[str, Mapping[tuple[str, ...], Spelled]] = {
    "aws": {
        PULUMI: Spelled(
            "pulumi", "aws:sagemaker/endpointConfiguration:EndpointConfiguration", variants, REGION
        ),
        TERRAFORM: Spelled(
            "terraform",
            "aws_sagemaker_endpoint_configuration",
            lambda name, count: snake(variants(name, count)),
            REGION,
        ),
        ("template.json",): Spelled(
            "cloudformation",
            "AWS::SageMaker::EndpointConfig",
            lambda name, count: {
                **pascal(variants(name, count)),
                "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
            },
        ),
    },
    "azure": {
        PULUMI: Spelled("pulumi", "azure-native:compute:VirtualMachineScaleSet", scale_set),
        TERRAFORM: Spelled(
            "terraform",
            "azurerm_linux_virtual_machine_scale_set",
            lambda _name, count: {
                "location": PLACE,
                "sku": SIZE,
                "instances": count,
                "tags": TAGS,
            },
        ),
        ("arm.json", "main.bicep"): Spelled(
            "azure", "Microsoft.Compute/virtualMachineScaleSets", scale_set
        ),
    },
    "kubernetes": {
        PULUMI: Spelled("pulumi", "kubernetes:apps/v1:Deployment", workload),
        TERRAFORM: Spelled("terraform", "kubernetes_manifest", manifest),
        tuple(f"blocks/{name}" for name in TERRAFORM): Spelled(
            "terraform", "kubernetes_deployment", lambda name, count: blocks(workload(name, count))
        ),
        ("manifest.yaml",): Spelled("kubernetes", "apps/v1/Deployment", workload),
    },
}
"""Each cloud's documents, and how the servers are spelled in them."""


DOCUMENTS = {
    (cloud, name): spelled
    for cloud, rows in SPELLED.items()
    for names, spelled in rows.items()
    for name in names
}
"""How the servers are spelled in each document, by cloud and file."""


def case(spelled: Spelled) -> Case:
    """The deployment in the words of a dialect."""
    servers = tuple(
        Resource(
            type=spelled.type,
            name=name,
            address=name,
            properties=spelled.properties(name, count),
            dialect=spelled.dialect,
            region=spelled.region,
        )
        for name, count in SERVERS.items()
    )
    return Case("", "one", spelled.dialect, servers, False, "fail", None, ())


def document(cloud: str, name: str) -> str:
    """The text of a document of :data:`DOCUMENTS`."""
    return deployments.text_of(FORMS[Path(name).name].write(case(DOCUMENTS[cloud, name])))

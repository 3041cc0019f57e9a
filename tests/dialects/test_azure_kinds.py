"""Kinds of Azure's resources that run machines: the same findings in each engine's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects.folders import FolderReading, read_all
from lichen_policies.facts.kinds import Machines
from lichen_policies.facts.reading import facts_of
from lichen_policies.facts.unknown import is_unknown
from lichen_policies.gate import Gate

LARGE, SMALL = "Standard_ND96isr_H100_v5", "Standard_NC4as_T4_v3"


def arm(folder: Path, *resources: dict[str, Any]) -> Path:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    (folder / "main.json").write_text(json.dumps({"$schema": schema, "resources": resources}))
    return folder / "main.json"


def preview(folder: Path, *resources: dict[str, Any]) -> Path:
    steps = []
    for each in resources:
        urn = f"urn:pulumi:prod::shop::{each['type']}::a"
        state = {"urn": urn, "type": each["type"], "custom": True, "inputs": each["inputs"]}
        steps.append({"op": "create", "urn": urn, "newState": state})
    (folder / "preview.json").write_text(json.dumps({"steps": steps, "changeSummary": {}}))
    return folder / "preview.json"


def plan(folder: Path, *resources: dict[str, Any]) -> Path:
    changes = [
        {
            "address": f"{each['type']}.a",
            "mode": "managed",
            "type": each["type"],
            "name": "a",
            "provider_name": "registry.terraform.io/hashicorp/azurerm",
            "change": {"actions": ["create"], "before": None, "after": each["values"]},
        }
        for each in resources
    ]
    document = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes}
    (folder / "plan.json").write_text(json.dumps(document))
    return folder / "plan.json"


def blocked(reading: FolderReading) -> set[str]:
    report = Gate.near(Path.cwd()).report(reading.resources)
    return {each.rule for each in report.findings if each.level == "mandatory"}


GROUP = {"resource_group_name": "rg", "name": "a"}


def pool_of_machines(size: str, count: int, region: str) -> dict[Any, dict[str, Any]]:
    scale = {"manual": [{"size": size, "count": count}]}
    pool = {
        "name": "gpu",
        "type": "VirtualMachines",
        "virtualMachinesProfile": {"scale": scale},
    }
    kind = "Microsoft.ContainerService/managedClusters"
    return {
        arm: {"type": kind, "name": "a", "location": region}
        | {"properties": {"agentPoolProfiles": [pool]}},
        preview: {
            "type": "azure-native:containerservice:ManagedCluster",
            "inputs": {"location": region, "agentPoolProfiles": [pool]},
        },
    }


def openshift(size: str, count: int, region: str) -> dict[Any, dict[str, Any]]:
    workers = [{"name": "gpu", "vmSize": size, "count": count}]
    profile = [{"vm_size": size, "node_count": count}]
    return {
        arm: {"type": "Microsoft.RedHatOpenShift/openShiftClusters", "name": "a"}
        | {"location": region, "properties": {"workerProfiles": workers}},
        preview: {
            "type": "azure-native:redhatopenshift:OpenShiftCluster",
            "inputs": {"location": region, "workerProfiles": workers},
        },
        plan: {
            "type": "azurerm_redhat_openshift_cluster",
            "values": {**GROUP, "location": region, "worker_profile": profile},
        },
    }


def fleet(size: str, count: int, region: str) -> dict[Any, dict[str, Any]]:
    properties = {
        "vmSizesProfile": [{"name": size}, {"name": size}],
        "regularPriorityProfile": {"capacity": count},
        "spotPriorityProfile": {"capacity": 0},
    }
    return {
        arm: {"type": "Microsoft.AzureFleet/fleets", "name": "a", "location": region}
        | {"properties": properties},
        preview: {
            "type": "azure-native:azurefleet:Fleet",
            "inputs": {"location": region, **properties},
        },
    }


def batch_deployment(size: str, count: int, region: str) -> dict[Any, dict[str, Any]]:
    own = {"resources": {"instanceType": size, "instanceCount": count}}
    kind = "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments"
    return {
        arm: {"type": kind, "name": "w/e/d", "location": region, "properties": own},
        preview: {
            "type": "azure-native:machinelearningservices:BatchDeployment",
            "inputs": {"location": region, "batchDeploymentProperties": own},
        },
    }


def containers(_size: str, count: int, region: str) -> dict[Any, dict[str, Any]]:
    """With 4 accelerators each."""
    gpu = {"count": 4, "sku": "V100"} if count > 1 else None
    own = {"image": "a", "resources": {"requests": {"cpu": 1, "memoryInGB": 1, "gpu": gpu}}}
    names = [f"c{number}" for number in range(count)]
    return {
        arm: {"type": "Microsoft.ContainerInstance/containerGroups", "name": "a"}
        | {"location": region}
        | {"properties": {"containers": [{"name": each, "properties": own} for each in names]}},
        preview: {
            "type": "azure-native:containerinstance:ContainerGroup",
            "inputs": {"location": region, "containers": [{"name": each, **own} for each in names]},
        },
    }


KINDS = (containers, pool_of_machines, openshift, fleet, batch_deployment)
CASES = [(kind, door) for kind in KINDS for door in kind(LARGE, 8, "centralindia")]


@pytest.mark.parametrize(("kind", "door"), CASES)
def test_too_many_machines_in_a_dirty_region_are_blocked(
    kind: Any, door: Any, tmp_path: Path
) -> None:
    found = blocked(read_all([door(tmp_path, kind(LARGE, 8, "centralindia")[door])]))
    # Of a fleet of any of several sizes, and of what jobs wait for, fewer rules can say something.
    assert "too-many-accelerators" in found
    clean = blocked(read_all([door(tmp_path, kind(SMALL, 1, "swedencentral")[door])]))
    assert clean == set()


JOB = {
    "environmentId": "[resourceId('Microsoft.App/managedEnvironments', 'a')]",
    "workloadProfileName": "gpu",
}


def job(configuration: dict[str, Any], **environment: Any) -> list[dict[str, Any]]:
    profile = {"name": "gpu", "workloadProfileType": "Consumption-GPU-NC24-A100"}
    return [
        {"type": "Microsoft.App/managedEnvironments", "name": "a", **environment}
        | {"properties": {"workloadProfiles": [profile]}},
        {"type": "Microsoft.App/jobs", "name": "b", **environment}
        | {"properties": {**JOB, "configuration": configuration}},
    ]


@pytest.mark.parametrize(
    ("configuration", "most"),
    [
        ({}, 1),
        ({"manualTriggerConfig": {"parallelism": 12}}, 12),
        ({"scheduleTriggerConfig": {"parallelism": 3}}, 3),
        ({"eventTriggerConfig": {"parallelism": 2, "scale": {"maxExecutions": 6}}}, 12),
        ({"eventTriggerConfig": {}}, 100),
        ({"manualTriggerConfig": {"parallelism": "[parameters('p')]"}}, None),
    ],
)
def test_a_job_of_container_apps_holds_what_its_replicas_take(
    configuration: dict[str, Any], most: int | None, tmp_path: Path
) -> None:
    reading = read_all([arm(tmp_path, *job(configuration, location="centralindia"))])
    made = next(each for each in reading.resources if each.type == "Microsoft.App/jobs")
    (machines,) = [fact for fact in facts_of(made) or () if isinstance(fact, Machines)]
    number = machines.as_read("machines")
    assert machines.queued
    assert is_unknown(number) if most is None else number == most
    found = blocked(reading)
    assert "dirty-region" in found
    assert "idle-floor" not in found
    clean = blocked(read_all([arm(tmp_path, *job({}, location="swedencentral"))]))
    assert clean == set()


TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "parameters": {
        "nodes": {"type": "int"},
        "where": {"type": "string", "defaultValue": "centralindia"},
    },
    "resources": [
        {
            "type": "Microsoft.Compute/virtualMachineScaleSets",
            "name": "pool",
            "location": "[parameters('where')]",
            "sku": {"name": LARGE, "capacity": "[parameters('nodes')]"},
        }
    ],
}
NODES = {"nodes": {"value": 8}}
DEPLOYMENTS: list[tuple[Any, dict[str, Any]]] = [
    (
        plan,
        {
            "type": "azurerm_resource_group_template_deployment",
            "values": {
                **GROUP,
                "template_content": json.dumps(TEMPLATE),
                "parameters_content": json.dumps(NODES),
            },
        },
    ),
    (
        plan,
        {
            "type": "azurerm_template_deployment",
            "values": {
                **GROUP,
                "template_body": json.dumps(TEMPLATE),
                "parameters": {"nodes": "8"},
            },
        },
    ),
    (
        preview,
        {
            "type": "azure-native:resources:DeploymentStackAtResourceGroup",
            "inputs": {"template": TEMPLATE, "parameters": NODES},
        },
    ),
    (
        preview,
        {
            "type": "azure-native:resources/v20240301:Deployment",
            "inputs": {"properties": {"template": TEMPLATE, "parameters": NODES}},
        },
    ),
]


@pytest.mark.parametrize(("door", "deployment"), DEPLOYMENTS)
def test_a_template_that_another_engine_deploys_is_judged(
    door: Any, deployment: dict[str, Any], tmp_path: Path
) -> None:
    reading = read_all([door(tmp_path, deployment)])
    (pool,) = reading.resources
    assert pool.address.endswith("/pool")
    assert blocked(reading) >= {"too-many-accelerators"}


def test_a_template_that_is_elsewhere_is_said(tmp_path: Path) -> None:
    values = {**GROUP, "template_spec_version_id": "/subscriptions/1/x"}
    kind = "azurerm_resource_group_template_deployment"
    reading = read_all([plan(tmp_path, {"type": kind, "values": values})])
    assert reading.resources == ()
    (skipped,) = reading.skipped
    assert skipped.missing
    assert skipped.because == "deploys a template that is not here, which is not read"


def test_terraform_s_language_deploys_a_template_too(tmp_path: Path) -> None:
    text = json.dumps(TEMPLATE)
    (tmp_path / "main.tf").write_text(
        'resource "azurerm_resource_group_template_deployment" "a" {\n  name = "a"\n'
        f"  template_content = <<T\n{text}\nT\n"
        "  parameters_content = jsonencode({ nodes = { value = 8 } })\n}\n"
    )
    assert "too-many-accelerators" in blocked(read_all([tmp_path]))


def test_bicep_calls_a_template_in_json_as_a_module(tmp_path: Path) -> None:
    """It is judged once, with what it is given."""
    (tmp_path / "called.json").write_text(json.dumps(TEMPLATE))
    (tmp_path / "main.bicep").write_text(
        "module called 'called.json' = {\n  name: 'a'\n  params: {nodes: 8}\n}\n"
    )
    reading = read_all([tmp_path])
    (pool,) = reading.resources
    assert pool.address == "called.Microsoft.Compute/virtualMachineScaleSets/pool"
    assert pool.properties["sku"]["capacity"] == 8
    assert blocked(reading) == {"dirty-region", "too-many-accelerators"}


def test_a_machine_of_a_lab_is_a_machine(tmp_path: Path) -> None:
    values = {**GROUP, "lab_name": "lab", "location": "centralindia", "size": LARGE}
    terraform = plan(tmp_path, {"type": "azurerm_dev_test_linux_virtual_machine", "values": values})
    made = {"type": "Microsoft.DevTestLab/labs/virtualMachines", "name": "lab/a"}
    template = arm(tmp_path, {**made, "location": "centralindia", "properties": {"size": LARGE}})
    inputs = {"labName": "lab", "location": "centralindia", "size": LARGE}
    pulumi = preview(tmp_path, {"type": "azure-native:devtestlab:VirtualMachine", "inputs": inputs})
    for document in (terraform, template, pulumi):
        assert "dirty-region" in blocked(read_all([document]))


KAITO = """
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: {name: chat}
resource: {instanceType: standard_nd96isr_h100_v5, count: 8, labelSelector: {}}
inference: {preset: {name: llama-3.1-8b-instruct}}
---
apiVersion: kaito.sh/v1alpha1
kind: InferenceSet
metadata: {name: chats}
spec:
  replicas: 1
  nodeCountLimit: 8
  template: {resource: {instanceType: Standard_ND96isr_H100_v5}, inference: {}}
---
apiVersion: kaito.sh/v1beta1
kind: RAGEngine
metadata: {name: search}
spec: {compute: {instanceType: p5.48xlarge, count: 8}}
---
apiVersion: kaito.sh/v1beta1
kind: Workspace
metadata: {name: on-what-is-there}
resource: {labelSelector: {}}
"""


def test_the_machines_that_kaito_makes_are_judged(tmp_path: Path) -> None:
    (tmp_path / "kaito.yaml").write_text(KAITO)
    resources = read_all([tmp_path]).resources
    report = Gate.near(Path.cwd()).report(resources)
    found = {
        each.resource: each.message
        for each in report.findings
        if each.rule == "too-many-accelerators"
    }
    assert set(found) == {"Workspace/chat", "InferenceSet/chats", "RAGEngine/search"}
    assert all("8 machines with 8 NVIDIA H100" in each for each in found.values())
    clean = KAITO.replace("nd96isr_h100_v5", "nc24ads_a100_v4").replace("count: 8", "count: 1")
    (tmp_path / "kaito.yaml").write_text(clean.replace("nodeCountLimit: 8", "nodeCountLimit: 1"))
    assert blocked(read_all([tmp_path])) == set()
    dirty = Gate.near(Path.cwd(), region="centralindia")
    assert "dirty-region" in {each.rule for each in dirty.report(resources).findings}

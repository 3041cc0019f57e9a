"""Resources of Azure's API inside of other engines': each is judged as a template's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import terraform_block
from lichen_policies.dialects.carried import carried
from lichen_policies.dialects.folders import read_all
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Unknown, is_unknown
from lichen_policies.gate import Gate

KIND = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
PARENT = (
    "/subscriptions/1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/w/"
    "onlineEndpoints/e"
)
LARGE = {
    "sku": {"name": "Default", "capacity": 8},
    "properties": {"endpointComputeType": "Managed", "instanceType": "Standard_ND96isr_H100_v5"},
}
SMALL = {
    "sku": {"name": "Default", "capacity": 1},
    "properties": {"endpointComputeType": "Managed", "instanceType": "Standard_NC4as_T4_v3"},
}
AZAPI: dict[str, Any] = {
    "type": f"{KIND}@2024-04-01",
    "name": "blue",
    "parent_id": PARENT,
    "location": "centralindia",
}
BLOCKED = {"dirty-region", "too-many-accelerators"}


def blocked(resources: Any) -> set[str]:
    report = Gate.near(Path.cwd()).report(tuple(resources))
    return {each.rule for each in report.findings if each.level == "mandatory"}


def in_terraform(body: Any, **properties: Any) -> Resource:
    return Resource(
        type="azapi_resource",
        name="dep",
        address="azapi_resource.dep",
        properties={**AZAPI, **properties, "body": body},
        dialect="terraform",
    )


@pytest.mark.parametrize("written", [dict, json.dumps, lambda body: [body]])
def test_azapi_is_judged_by_what_it_sends(written: Any) -> None:
    found = carried(in_terraform(written(LARGE)))
    assert (found.type, found.address) == (KIND, "azapi_resource.dep")
    assert found.properties["workspaceName"] == "w"
    assert found.properties["endpointName"] == "e"
    assert found.properties["resourceGroupName"] == "rg"
    assert blocked([found]) == BLOCKED
    assert blocked([carried(in_terraform(written(SMALL), location="swedencentral"))]) == set()


def test_a_message_says_where_it_is_in_the_block() -> None:
    report = Gate.near(Path.cwd()).report((carried(in_terraform(LARGE)),))
    paths = {change.path for each in report.findings for change in each.changes}
    assert {"location", "body.sku.capacity"} <= paths


@pytest.mark.parametrize("body", [Unknown("is known only after deployment"), "${jsonencode(a)}"])
def test_what_is_sent_may_not_be_known(body: Any) -> None:
    found = carried(in_terraform(body))
    assert is_unknown(found.properties["properties"])
    unverified = Gate.near(Path.cwd()).report((found,)).unverified
    assert "too-many-accelerators" in {each.rule for each in unverified}


def test_a_type_that_is_not_known_is_left() -> None:
    found = in_terraform(LARGE, type=Unknown("is known only after deployment"))
    assert carried(found) is found


HCL = """
resource "azurerm_machine_learning_workspace" "w" {
  name                = "w"
  resource_group_name = "rg"
  location            = "centralindia"
}
resource "azapi_resource" "endpoint" {
  type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2024-04-01"
  name      = "e"
  parent_id = azurerm_machine_learning_workspace.w.id
  body      = jsonencode({ properties = { authMode = "Key" } })
}
resource "azapi_resource" "deployment" {
  type      = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments@2024-04-01"
  name      = "blue"
  parent_id = azapi_resource.endpoint.id
  body = {
    sku        = { name = "Default", capacity = 8 }
    properties = { endpointComputeType = "Managed", instanceType = "Standard_ND96isr_H100_v5" }
  }
}
"""


def test_a_part_is_where_its_whole_is_in_either_provider(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(HCL)
    resources = read_all([tmp_path]).resources
    assert [each.address for each in resources][2] == "azapi_resource.deployment"
    assert blocked(resources) == BLOCKED
    clean = HCL.replace("centralindia", "swedencentral").replace("capacity = 8", "capacity = 1")
    (tmp_path / "main.tf").write_text(clean)
    assert blocked(read_all([tmp_path]).resources) == set()


def test_a_plan_of_azapi_alone_is_judged_once(tmp_path: Path) -> None:
    """The configuration beside a plan is that plan's."""
    planned = {
        "address": "azapi_resource.deployment",
        "mode": "managed",
        "type": "azapi_resource",
        "name": "deployment",
        "provider_name": "registry.terraform.io/azure/azapi",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": {**AZAPI, "body": LARGE},
            "after_unknown": {"id": True},
        },
    }
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [planned]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "main.tf").write_text(HCL)
    (found,) = read_all([tmp_path]).resources
    assert blocked([found]) == BLOCKED


def test_checkov_s_block_is_read_too() -> None:
    block = {name: [each] for name, each in {**AZAPI, "body": LARGE}.items()}
    found = terraform_block.resource(
        "azapi_resource", "azapi_resource.dep", block, {}, "main.tf", 1
    )
    assert blocked([found]) == BLOCKED


GENERIC = {
    "resourceGroupName": "rg",
    "resourceProviderNamespace": "Microsoft.MachineLearningServices",
    "parentResourcePath": "workspaces/w/onlineEndpoints/e",
    "resourceType": "deployments",
    "resourceName": "blue",
    "location": "centralindia",
}
IN_PULUMI = {
    "azapi:index/resource:Resource": {
        "type": AZAPI["type"],
        "name": "blue",
        "parentId": PARENT,
        "location": "centralindia",
        "body": LARGE,
    },
    "azure-native:resources:Resource": {**GENERIC, **LARGE},
}


@pytest.mark.parametrize("kind", IN_PULUMI)
def test_pulumi_s_generic_resources_are_judged(kind: str, tmp_path: Path) -> None:
    urn = f"urn:pulumi:prod::shop::{kind}::blue"
    state = {"urn": urn, "type": kind, "custom": True, "inputs": IN_PULUMI[kind]}
    document = {"steps": [{"op": "create", "urn": urn, "newState": state}], "changeSummary": {}}
    (tmp_path / "preview.json").write_text(json.dumps(document))
    (found,) = read_all([tmp_path]).resources
    assert (found.type, found.address) == (KIND, urn)
    assert found.properties["endpointName"] == "e"
    assert blocked([found]) == BLOCKED


def test_a_package_of_one_version_is_the_same_package(tmp_path: Path) -> None:
    """``pulumi package add azure-native compute v20240301`` makes such types."""
    for kind in (
        "azure-native:compute/v20240301:VirtualMachineScaleSet",
        "azure-native_compute_v20240301:compute:VirtualMachineScaleSet",
        "azure-native_compute_v20240301:compute/v20240301:VirtualMachineScaleSet",
    ):
        found = Resource(
            type=kind,
            name="a",
            address=f"urn:pulumi:prod::shop::{kind}::a",
            properties={
                "location": "centralindia",
                "sku": {"name": "Standard_ND96isr_H100_v5", "capacity": 8},
            },
            dialect="pulumi",
        )
        assert "too-many-accelerators" in blocked([found])

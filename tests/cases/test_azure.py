"""Azure's resources in whole documents: a Terraform plan as the provider writes it, and a preview
of Pulumi's, whose types have the version of an API in them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lichen_policies import dialects
from lichen_policies.facts.kinds import Located
from lichen_policies.facts.readers.azure.sizes import chips_named, written
from lichen_policies.facts.reading import facts_of, reader_of
from lichen_policies.facts.resource import Resource
from lichen_policies.gate import Gate
from lichen_policies.verdict import Report

TODAY = datetime.date(2026, 11, 26)
GPU = "Standard_NC24ads_A100_v4"
PLAIN = "Standard_D4s_v5"
CLUSTER, POOL = "azurerm_kubernetes_cluster.chat", "azurerm_kubernetes_cluster_node_pool.gpu"
Judge = Callable[[dict[str, Any]], Report]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    def judged(document: dict[str, Any]) -> Report:
        file = tmp_path / "document.json"
        file.write_text(json.dumps(document))
        return Gate.near(tmp_path, today=TODAY).report(dialects.read(file))

    return judged


def found(report: Report, rule: str) -> dict[str, str]:
    """The level of each finding of a rule, by its resource's address or name."""
    return {
        verdict.resource.rsplit("::", 1)[-1]: verdict.level
        for verdict in report.findings
        if verdict.rule == rule
    }


def open_questions(report: Report, rule: str) -> set[str]:
    return {
        verdict.resource.rsplit("::", 1)[-1]
        for verdict in report.unverified
        if verdict.rule == rule
    }


def planned(
    address: str, after: dict[str, Any], unknown: dict[str, Any], **written: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    kind, name = address.split("[")[0].split(".")
    block = {"address": address, "mode": "managed", "type": kind, "name": name}
    change = {"actions": ["create"], "after": after, "after_unknown": unknown}
    written_block = {**block, "provider_config_key": "azurerm", "expressions": written}
    return {**block, "change": change}, written_block


def plan(*resources: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "resource_changes": [change for change, _ in resources],
        "configuration": {
            "provider_config": {"azurerm": {"name": "azurerm", "expressions": {"features": [{}]}}},
            "root_module": {"resources": [block for _, block in resources]},
        },
    }


def cluster(location: str = "polandcentral") -> tuple[dict[str, Any], dict[str, Any]]:
    """A cluster as the provider plans it: what it computes is marked as known after apply."""
    pool = {
        "name": "system",
        "vm_size": PLAIN,
        "auto_scaling_enabled": True,
        "min_count": 1,
        "max_count": 5,
        "gpu_instance": None,
        "zones": None,
    }
    after = {
        "name": "chat",
        "location": location,
        "resource_group_name": "rg-chat",
        "default_node_pool": [pool],
        "tags": {"environment": "prod"},
    }
    unknown = {
        "id": True,
        "default_node_pool": [{"node_count": True, "max_pods": True, "orchestrator_version": True}],
        "identity": [{"principal_id": True}],
        "kube_config": True,
    }
    return planned(CLUSTER, after, unknown)


def pool(size: str = GPU, **after: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return planned(
        POOL,
        {"name": "gpu", "vm_size": size, "tags": {"environment": "prod"}, **after},
        {"id": True, "kubernetes_cluster_id": True, "node_count": "node_count" not in after},
        kubernetes_cluster_id={"references": [f"{CLUSTER}.id", CLUSTER]},
    )


def test_a_pool_of_a_plan_is_where_its_cluster_is(judge: Judge) -> None:
    report = judge(plan(cluster(), pool(node_count=1)))
    # The general machines of the cluster itself get advice.
    assert found(report, "dirty-region") == {CLUSTER: "advisory", POOL: "mandatory"}
    assert found(judge(plan(cluster("swedencentral"), pool(node_count=1))), "dirty-region") == {}


def test_what_the_provider_computes_is_no_open_question(judge: Judge) -> None:
    report = judge(plan(cluster("swedencentral"), pool()))
    assert not [verdict.message for verdict in report.unverified]


def test_a_count_that_is_known_after_apply_is_open_where_there_are_gpus(judge: Judge) -> None:
    def counted(size: str) -> tuple[dict[str, Any], dict[str, Any]]:
        change, block = pool(size)
        block["expressions"]["node_count"] = {"references": ["random_integer.count.result"]}
        return change, block

    drawn = planned("random_integer.count", {"min": 1, "max": 9}, {"result": True})

    rule = "too-many-accelerators"
    assert open_questions(judge(plan(drawn, cluster(), counted(GPU))), rule) == {POOL}
    assert open_questions(judge(plan(drawn, cluster(), counted(PLAIN))), rule) == set()


def test_a_machine_whose_location_is_a_data_source_s_is_open(judge: Judge) -> None:
    address = "azurerm_linux_virtual_machine.chat"
    machine = planned(
        address,
        {"size": GPU, "resource_group_name": "rg-chat"},
        {"location": True, "id": True},
        location={"references": ["data.azurerm_resource_group.chat.location"]},
    )
    assert open_questions(judge(plan(machine)), "dirty-region") == {address}


URN = "urn:pulumi:prod::chat::{}::{}"
COMPUTED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


Step = tuple[str, str, dict[str, Any], dict[str, list[str]]]


def preview(*steps: Step) -> dict[str, Any]:
    provider = URN.format("pulumi:providers:azure-native", "default_3_8_0")
    states: list[dict[str, Any]] = [
        {"urn": provider, "type": "pulumi:providers:azure-native", "custom": True, "inputs": {}}
    ]
    for type_, name, inputs, dependencies in steps:
        states.append(
            {
                "urn": URN.format(type_, name),
                "type": type_,
                "custom": True,
                "inputs": inputs,
                "provider": f"{provider}::{COMPUTED}",
                "propertyDependencies": dependencies,
            }
        )
    return {
        "config": {},
        "steps": [{"op": "create", "urn": state["urn"], "newState": state} for state in states],
        "changeSummary": {"create": len(states)},
    }


def test_a_resource_of_pulumi_s_takes_the_location_of_its_group(judge: Judge) -> None:
    """The provider marks a location that is left out as computed, made of nothing."""
    group: Step = (
        "azure-native:resources:ResourceGroup",
        "group",
        {"location": "Poland Central"},
        {},
    )
    urn = URN.format(group[0], "group")
    machine: Step = (
        "azure-native:compute/v20240701:VirtualMachine",
        "machine",
        {
            "location": COMPUTED,
            "resourceGroupName": COMPUTED,
            "hardwareProfile": {"vmSize": GPU},
        },
        {"resourceGroupName": [urn]},
    )
    report = judge(preview(group, machine))
    assert found(report, "dirty-region") == {"machine": "mandatory"}
    by_expression = (*machine[:3], {"resourceGroupName": [urn], "location": [urn]})
    report = judge(preview(group, by_expression))
    assert found(report, "dirty-region") == {}
    assert open_questions(report, "dirty-region") == {"machine"}


@pytest.mark.parametrize(
    "type_",
    [
        "azure-native:compute:VirtualMachine",
        "azure-native:compute/v20240701:VirtualMachine",
        "azure-native:compute/v20230702preview:VirtualMachine",
        "azure-native_compute_v20240701:compute/v20240701:VirtualMachine",
    ],
)
def test_a_type_is_read_in_every_version_of_its_api(type_: str) -> None:
    assert reader_of("pulumi", type_) is not None
    assert reader_of("terraform", type_) is None


def test_a_type_of_another_kind_is_not_read() -> None:
    assert reader_of("pulumi", "azure-native:compute/v20240701:Disk") is None
    assert reader_of("pulumi", "azure-native:compute/preview:VirtualMachine") is None


@pytest.mark.parametrize("location", ["West Europe", "westeurope", "WestEurope", "WEST EUROPE"])
def test_a_location_is_the_catalogue_s_region(location: str) -> None:
    machine = Resource(
        type="azurerm_linux_virtual_machine",
        name="chat",
        address="azurerm_linux_virtual_machine.chat",
        properties={"location": location, "size": PLAIN},
        dialect="terraform",
    )
    (located,) = (fact for fact in facts_of(machine) or () if isinstance(fact, Located))
    assert located.region == "westeurope"


@pytest.mark.parametrize(
    ("named", "usual"),
    [
        ("STANDARD_NC24ADS_A100_V4", GPU),
        ("standard_nc24ads_a100_v4", GPU),
        ("STANDARD_NC144DS_XL_RTXPRO6000BSE_V6", "Standard_NC144ds_xl_RTXPRO6000BSE_v6"),
        ("STANDARD_D4S_V5", PLAIN),
        ("Standard_ND128isrG5_GB300_v6", "Standard_ND128isrG5_GB300_v6"),
        ("Mix", "Mix"),
    ],
)
def test_sizes_are_written_in_any_capitals(named: str, usual: str) -> None:
    assert written(named) == usual


@pytest.mark.parametrize(
    ("size", "chip", "chips"),
    [
        ("Standard_NC24r", "NVIDIA K80", 4),
        ("Standard_NC6s_v2", "NVIDIA P100", 1),
        ("Standard_ND12s", "NVIDIA P40", 2),
        ("Standard_NV48s_v3", "NVIDIA M60", 4),
        ("Standard_NV8as_v4", "AMD Instinct MI25", 0.25),
        ("Standard_NV4ads_V710_v5", "AMD Radeon PRO V710", 4 / 24),
        ("Standard_NV28adms_V710_v5", "AMD Radeon PRO V710", 1),
        (GPU, None, None),
        (PLAIN, None, None),
    ],
)
def test_a_family_that_the_catalogue_lacks_says_its_chips(
    size: str, chip: str | None, chips: float | None
) -> None:
    assert chips_named(size) == (chip, chips)

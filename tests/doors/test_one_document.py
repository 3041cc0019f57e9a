"""One deployment written in every dialect gives the same findings through each door, and a level
that begins on a day is the same in each.

An endpoint of AWS is written for Pulumi, Terraform (plan and language) and CloudFormation, machines
of Azure for Pulumi, Terraform, ARM and Bicep, a workload of Kubernetes for Pulumi, Terraform and as
a manifest. One run of each door judges them all, under one lichen.yaml.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner, Result
from lichen_doors.command import main
from pulumi.runtime.proto import analyzer_pb2 as rpc

from tests.doors.checkov.engine import ROOT, checkov
from timing.pack_process import running, struct

pytestmark = pytest.mark.xdist_group("checkov")

PACKAGES = (ROOT, ROOT / "policies", ROOT / "doors")
PAST, TO_COME = "2000-01-01", "2999-01-01"
CONFIGURATION = f"""
levels:
  too-many-accelerators: {{prod: advisory, mandatory_from: {PAST}}}
  dirty-region: {{prod: advisory, mandatory_from: {TO_COME}}}
  undisclosed-endpoint: disabled
"""
NOTE = f"It blocks from {TO_COME} on."

REGION, PLACE = "ap-south-1", "southafricanorth"
VARIANT = {"instanceType": "ml.g5.12xlarge", "initialInstanceCount": 4, "modelName": "chat"}
SIZE, NODES = "Standard_ND96isr_H100_v5", 4
IMAGE = "vllm/vllm-openai:v0.10.0"
POD = {"nvidia.com/gpu": "4"}
MANIFEST = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "chat", "namespace": "prod"},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": {"app": "chat"}},
        "template": {
            "metadata": {"labels": {"app": "chat"}},
            "spec": {
                "nodeSelector": {
                    "node.kubernetes.io/instance-type": "g5.12xlarge",
                    "topology.kubernetes.io/region": REGION,
                },
                "containers": [{"name": "vllm", "image": IMAGE, "resources": {"limits": POD}}],
            },
        },
    },
}


def preview(*resources: tuple[str, str, Mapping[str, Any]], region: tuple[str, str] | None) -> str:
    """What ``pulumi preview --json`` prints for resources of one provider."""
    plugin = resources[0][0].partition(":")[0]
    provider = f"urn:pulumi:prod::demo::pulumi:providers:{plugin}::own"
    states = [
        {
            "urn": provider,
            "type": f"pulumi:providers:{plugin}",
            "inputs": dict([region] if region else []),
        }
    ]
    states += [
        {
            "urn": f"urn:pulumi:prod::demo::{type_}::{name}",
            "type": type_,
            "custom": True,
            "inputs": inputs,
            "provider": f"{provider}::0b8ed7a4",
        }
        for type_, name, inputs in resources
    ]
    steps = [{"op": "create", "urn": each["urn"], "newState": each} for each in states]
    return json.dumps({"config": {}, "steps": steps, "changeSummary": {"create": len(steps)}})


def plan(type_: str, name: str, after: Mapping[str, Any], provider: Mapping[str, Any]) -> str:
    """What ``terraform show -json`` prints of a plan that makes one resource."""
    key = type_.partition("_")[0]
    own = {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "name": name}
    constants = {word: {"constant_value": value} for word, value in provider.items()}
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.11.4",
            "planned_values": {"root_module": {"resources": [own | {"values": after}]}},
            "resource_changes": [
                own
                | {
                    "change": {
                        "actions": ["create"],
                        "before": None,
                        "after": after,
                        "after_unknown": {},
                    }
                }
            ],
            "configuration": {
                "provider_config": {key: {"name": key, "expressions": constants}},
                "root_module": {
                    "resources": [own | {"provider_config_key": key, "expressions": {}}]
                },
            },
        }
    )


SNAKE = {re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", k): v for k, v in VARIANT.items()}
PASCAL = {f"{key[0].upper()}{key[1:]}": value for key, value in VARIANT.items()}

AWS = {
    "pulumi.json": preview(
        (
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            "chat",
            {"productionVariants": [VARIANT]},
        ),
        region=("region", REGION),
    ),
    "plan.json": plan(
        "aws_sagemaker_endpoint_configuration",
        "chat",
        {"production_variants": [SNAKE]},
        {"region": REGION},
    ),
    "language/main.tf": f"""
provider "aws" {{
  region = "{REGION}"
}}
resource "aws_sagemaker_endpoint_configuration" "chat" {{
  production_variants {{
    instance_type          = "{VARIANT["instanceType"]}"
    initial_instance_count = {VARIANT["initialInstanceCount"]}
    model_name             = "chat"
  }}
}}
""",
    "template.yaml": yaml.safe_dump(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {
                "chat": {
                    "Type": "AWS::SageMaker::EndpointConfig",
                    "Properties": {"ProductionVariants": [PASCAL]},
                }
            },
        }
    ),
}

AZURE = {
    "pulumi.json": preview(
        (
            "azure-native:compute:VirtualMachineScaleSet",
            "chat",
            {
                "location": PLACE,
                "sku": {"name": SIZE, "capacity": NODES},
                "virtualMachineProfile": {},
            },
        ),
        region=None,
    ),
    "plan.json": plan(
        "azurerm_linux_virtual_machine_scale_set",
        "chat",
        {"location": PLACE, "sku": SIZE, "instances": NODES},
        {},
    ),
    "language/main.tf": f"""
resource "azurerm_linux_virtual_machine_scale_set" "chat" {{
  location  = "{PLACE}"
  sku       = "{SIZE}"
  instances = {NODES}
}}
""",
    "arm.json": json.dumps(
        {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
            "deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "resources": [
                {
                    "type": "Microsoft.Compute/virtualMachineScaleSets",
                    "apiVersion": "2024-07-01",
                    "name": "chat",
                    "location": PLACE,
                    "sku": {"name": SIZE, "capacity": NODES},
                    "properties": {"virtualMachineProfile": {}},
                }
            ],
        }
    ),
    "main.bicep": f"""
resource chat 'Microsoft.Compute/virtualMachineScaleSets@2024-07-01' = {{
  name: 'chat'
  location: '{PLACE}'
  sku: {{
    name: '{SIZE}'
    capacity: {NODES}
  }}
  properties: {{
    virtualMachineProfile: {{}}
  }}
}}
""",
}

KUBERNETES = {
    "pulumi.json": preview(("kubernetes:apps/v1:Deployment", "chat", MANIFEST), region=None),
    "plan.json": plan("kubernetes_manifest", "chat", {"manifest": MANIFEST}, {}),
    "manifest.yaml": yaml.safe_dump(MANIFEST),
}

DEPLOYMENTS = {"aws": AWS, "azure": AZURE, "kubernetes": KUBERNETES}
EXPECTED = {
    "aws": {"too-many-accelerators", "dirty-region"},
    "azure": {"too-many-accelerators", "dirty-region"},
    "kubernetes": {"too-many-accelerators", "dirty-region"},
}
"""Findings that each deployment surely has; those of the dialects are compared whole."""

UNSAID = {"LICHEN_REGION": REGION, "LICHEN_ENVIRONMENT": "prod"}
"""What a document does not say itself."""


class Found(NamedTuple):
    """A finding, without what each dialect spells its own way."""

    rule: str
    blocks: bool
    what: str
    note: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    (folder / "lichen.yaml").write_text(CONFIGURATION)
    for cloud, documents in DEPLOYMENTS.items():
        for name, text in documents.items():
            path = folder / cloud / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder


def check(*arguments: object) -> Result:
    return CliRunner().invoke(
        main, ["check", *map(str, arguments), "--environment", "prod", "--region", REGION]
    )


@pytest.fixture(scope="module")
def checked(folder: Path) -> Mapping[tuple[str, str], set[Found]]:
    """What `lichen check` finds in each document, by cloud and file."""
    found: dict[tuple[str, str], set[Found]] = {}
    for cloud, documents in DEPLOYMENTS.items():
        for name in documents:
            run = check(folder / cloud / name, "--format", "json")
            assert run.exit_code == 1, run.output
            found[cloud, name] = {
                Found(
                    each["rule"],
                    each["level"] == "mandatory",
                    each["what"],
                    each["note"],
                )
                for each in json.loads(run.stdout)["findings"]
            }
    return found


@pytest.fixture(scope="module")
def run_by_checkov(folder: Path) -> Mapping[tuple[str, str], set[tuple[str, bool]]]:
    """The rules whose checks fail in each document, and whether it is the check that blocks."""
    run = checkov(
        "--directory", folder,
        "--framework", "terraform_plan", "terraform", "cloudformation", "kubernetes",
        environment={**UNSAID, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))},
    )  # fmt: skip
    found: dict[tuple[str, str], set[tuple[str, bool]]] = {}
    for record in run.records:
        if record.result != "FAILED" or record.check.endswith("_UNVERIFIED"):
            continue
        path = Path(record.file).relative_to(folder)
        rule = record.check.removeprefix("CKV2_LICHEN_").removesuffix("_ADVICE")
        cell = path.parts[0], "/".join(path.parts[1:])
        blocks = not record.check.endswith("_ADVICE")
        found.setdefault(cell, set()).add((rule.lower().replace("_", "-"), blocks))
        if rule == "DIRTY_REGION":
            assert any(NOTE in message for message in record.messages), record
    return found


@pytest.fixture(scope="module")
def analysed(folder: Path) -> Mapping[str, set[tuple[str, bool]]]:
    """The policies of the pack that report something of each preview, and whether they block."""
    found: dict[str, set[tuple[str, bool]]] = {}
    with running(project=folder, stack="prod", AWS_REGION=REGION) as pack:
        for cloud, documents in DEPLOYMENTS.items():
            pack.configure_stack("prod")
            pack.configure()
            states = [step["newState"] for step in json.loads(documents["pulumi.json"])["steps"]]
            provider, *resources = states
            own = rpc.AnalyzerProviderResource(
                type=provider["type"],
                name="own",
                urn=provider["urn"],
                properties=struct(provider["inputs"]),
            )
            answers = []
            for each in resources:
                parts = {
                    "type": each["type"],
                    "name": "chat",
                    "urn": each["urn"],
                    "properties": struct(each["inputs"]),
                    "provider": own,
                }
                answers.append(pack.stub.Analyze(rpc.AnalyzeRequest(**parts)))
                whole = rpc.AnalyzeStackRequest(resources=[rpc.AnalyzerResource(**parts)])
                answers.append(pack.stub.AnalyzeStack(whole))
            said = [each for answer in answers for each in answer.diagnostics]
            said = [each for each in said if "Unverified: " not in each.message]
            found[cloud] = {
                (each.policyName, each.enforcementLevel == rpc.MANDATORY)
                for each in said
                if each.policyName != "configuration"
            }
            for each in said:
                assert (NOTE in each.message) == (each.policyName == "dirty-region"), each
                if each.policyName == "configuration":
                    assert (
                        f"dirty-region blocks from {TO_COME} on in dev, staging, prod"
                        in each.message
                    )
    return found


@pytest.mark.parametrize("cloud", list(DEPLOYMENTS))
def test_lichen_check_finds_the_same_in_every_dialect(
    checked: Mapping[tuple[str, str], set[Found]], cloud: str
) -> None:
    by_file = {name: checked[cloud, name] for name in DEPLOYMENTS[cloud]}
    first = by_file["pulumi.json"]
    assert {each.rule for each in first} >= EXPECTED[cloud]
    for name, found in by_file.items():
        assert found == first, f"{name}: {found ^ first}"


@pytest.mark.parametrize("cloud", list(DEPLOYMENTS))
def test_crossguard_finds_what_lichen_check_finds(
    checked: Mapping[tuple[str, str], set[Found]],
    analysed: Mapping[str, set[tuple[str, bool]]],
    cloud: str,
) -> None:
    assert analysed[cloud] == {(each.rule, each.blocks) for each in checked[cloud, "pulumi.json"]}


@pytest.mark.parametrize(
    ("cloud", "name"),
    [
        *(("aws", name) for name in ("plan.json", "language/main.tf", "template.yaml")),
        *(("azure", name) for name in ("plan.json", "language/main.tf")),
        *(("kubernetes", name) for name in ("plan.json", "manifest.yaml")),
    ],
)
def test_checkov_finds_what_lichen_check_finds(
    checked: Mapping[tuple[str, str], set[Found]],
    run_by_checkov: Mapping[tuple[str, str], set[tuple[str, bool]]],
    cloud: str,
    name: str,
) -> None:
    assert run_by_checkov[cloud, name] == {
        (each.rule, each.blocks) for each in checked[cloud, name]
    }


@pytest.mark.parametrize("cloud", list(DEPLOYMENTS))
def test_a_level_that_begins_on_a_day_blocks_from_then_on(
    checked: Mapping[tuple[str, str], set[Found]], cloud: str
) -> None:
    """Every door judges by the same levels, as the tests above compare."""
    found = {each.rule: each for each in checked[cloud, "pulumi.json"]}
    assert (found["too-many-accelerators"].blocks, found["too-many-accelerators"].note) == (
        True,
        "",
    )
    assert (found["dirty-region"].blocks, found["dirty-region"].note) == (False, NOTE)


def test_every_report_says_from_which_day_on_advice_blocks(folder: Path) -> None:
    texts = {
        form: check(folder / "aws" / "template.yaml", "--format", form).stdout
        for form in ("text", "json", "sarif", "html", "markdown", "junit", "code-quality")
    }
    for form, text in texts.items():
        assert NOTE in " ".join(text.split()), form
    (ramp,) = json.loads(texts["json"])["configured"]["ramps"]
    assert (ramp["rule"], ramp["mandatory_from"], ramp["environments"]) == (
        "dirty-region",
        TO_COME,
        ["dev", "staging", "prod"],
    )
    cases = ElementTree.fromstring(texts["junit"]).iter("testcase")
    kinds = {case.get("name", "").partition(":")[0]: [each.tag for each in case] for case in cases}
    assert (kinds["too-many-accelerators"], kinds["dirty-region"]) == (["failure"], ["skipped"])

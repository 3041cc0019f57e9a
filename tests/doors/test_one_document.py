"""One deployment written in every dialect gives the same findings through each door, and a level
that begins on a day is the same in each.

Two servers of one machine, in one region, with the same tags, are written in six ways for AWS,
in seven for Azure and in nine for Kubernetes. Every door that takes a document judges it, under one
lichen.yaml. What a door does not take is in :data:`docs.rule_pages.NOT_TAKEN`, with why.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.editors.documents import kind_of
from lichen_policies.cases import Case
from lichen_policies.facts import Dialect, Resource
from mcp.client import Client
from pulumi.runtime.proto import analyzer_pb2 as rpc

from docs.rule_pages import NOT_TAKEN
from tests.doors import deployments
from tests.doors.checkov.engine import ROOT, checkov
from tests.doors.test_agents import talk
from timing.pack_process import running

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
UNSAID = {"LICHEN_REGION": REGION}
"""What a template does not say itself. The environment is in everybody's tags."""

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


def taken_by(door: str) -> list[tuple[str, str]]:
    """The documents that a door judges."""
    return [each for each in DOCUMENTS if not is_left_out(door, each[1])]


def is_left_out(door: str, name: str) -> bool:
    kind = FORMS[Path(name).name].kind
    return any(kind in each.documents for each in NOT_TAKEN if each.door == door)


EXPECTED = {("too-many-accelerators", "chat"), ("dirty-region", "chat"), ("dirty-region", "spare")}
"""Findings that each deployment surely has; those of the dialects are compared whole."""


class Found(NamedTuple):
    """A finding, or what cannot be checked yet, as every door tells it."""

    rule: str
    verdict: str
    blocks: bool
    name: str
    message: str

    @property
    def alike(self) -> Found:
        """Without what each dialect spells its own way: a property, and where the region is set.
        Nor does it have Terraform's lists around a block, or the name of the property that has the
        whole object, nor capitals."""
        message = re.sub(r"\[0\](?=\.)|manifest\.|_", "", self.message).lower()
        return self._replace(message=re.sub(WHERE_REGIONS_ARE_SET, "move to", message))


WHERE_REGIONS_ARE_SET = (
    r"set (?:the region of the provider|region \(here or on the provider\)|region|location) to"
    "|deploy the stack to"
)

Judged = Mapping[tuple[str, str], set[Found]]
"""What a door finds in each document, by cloud and file."""


def name_of(address: str) -> str:
    """The program's own name of a resource, of which CloudFormation's has other capitals."""
    return re.split(r"[:./]", address)[-1].lower()


def of_report(report: Mapping[str, Any]) -> set[Found]:
    """What a report in JSON says."""
    return {
        Found(
            each["rule"],
            each["verdict"],
            each["level"] == "mandatory",
            name_of(each["resource"]),
            each["message"],
        )
        for each in (*report["findings"], *report["unverified"])
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    (folder / "lichen.yaml").write_text(CONFIGURATION)
    for (cloud, name), spelled in DOCUMENTS.items():
        document = FORMS[Path(name).name].write(case(spelled))
        deployments.saved(document, folder / cloud / name)
    return folder


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments), "--region", REGION])


@pytest.fixture(scope="module")
def checked(folder: Path) -> Judged:
    """What `lichen check` finds."""
    found: dict[tuple[str, str], set[Found]] = {}
    for cloud, name in DOCUMENTS:
        run = check(folder / cloud / name, "--format", "json")
        assert run.exit_code == 1, run.output
        found[cloud, name] = of_report(json.loads(run.stdout))
    return found


@pytest.fixture(scope="module")
def asked_by_agents(folder: Path) -> Judged:
    """What `lichen mcp` answers an agent."""
    found: dict[tuple[str, str], set[Found]] = {}

    async def conversation(client: Client) -> None:
        for cloud, name in DOCUMENTS:
            given = {"paths": [f"{cloud}/{name}"], "region": REGION}
            answer = (await client.call_tool("check", given)).structured_content
            assert answer
            assert "left_out" not in answer
            found[cloud, name] = of_report(answer)

    talk(folder, conversation)
    return found


@pytest.fixture(scope="module")
def run_by_checkov(folder: Path) -> Judged:
    """The checks that fail in each document."""
    run = checkov(
        "--directory", folder,
        "--framework", "terraform_plan", "terraform", "cloudformation", "kubernetes",
        "arm", "bicep",
        environment={**UNSAID, "PYTHONPATH": os.pathsep.join(map(str, PACKAGES))},
    )  # fmt: skip
    found: dict[tuple[str, str], set[Found]] = {}
    for record in run.records:
        if record.result != "FAILED":
            continue
        cloud, *parts = Path(record.file).relative_to(folder).parts
        asked = record.check.removeprefix("CKV2_LICHEN_")
        rule = asked.removesuffix("_ADVICE").removesuffix("_UNVERIFIED")
        found.setdefault((cloud, "/".join(parts)), set()).add(
            Found(
                rule.lower().replace("_", "-"),
                "unverified" if asked.endswith("_UNVERIFIED") else "fail",
                asked == rule,
                name_of(record.resource),
                record.messages[0],
            )
        )
    return found


@pytest.fixture(scope="module")
def analysed(folder: Path) -> Judged:
    """What the pack reports of the program of each preview."""
    found: dict[tuple[str, str], set[Found]] = {}
    with running(project=folder, stack="main", AWS_REGION=REGION) as pack:
        for cloud, name in taken_by("CrossGuard"):
            asked = case(DOCUMENTS[cloud, name])
            pack.configure_stack(deployments.stack_of(asked))
            pack.configure()
            answers = [
                *((each.name, pack.stub.Analyze(each)) for each in deployments.requests(asked)),
                ("", pack.stub.AnalyzeStack(deployments.whole_stack(asked))),
            ]
            said = [(of, each) for of, answer in answers for each in answer.diagnostics]
            (configuration,) = (each for _, each in said if each.policyName == "configuration")
            assert RAMP in configuration.message
            found[cloud, name] = {
                Found(
                    each.policyName,
                    "unverified" if "Unverified: " in each.message else "fail",
                    each.enforcementLevel == rpc.MANDATORY,
                    of or name_of(each.urn),
                    each.message.removeprefix(f"{each.description}\n").removeprefix("Unverified: "),
                )
                for of, each in said
                if each is not configuration
            }
    return found


RAMP = f"dirty-region blocks from {TO_COME} on in dev, staging, prod"


@pytest.mark.parametrize(("cloud", "name"), DOCUMENTS)
def test_lichen_check_finds_the_same_in_every_dialect(
    checked: Judged, cloud: str, name: str
) -> None:
    first = {each.alike for each in checked[cloud, "preview.json"]}
    assert {(each.rule, each.name) for each in first} >= EXPECTED
    assert {each.alike for each in checked[cloud, name]} ^ first == set()


@pytest.mark.parametrize(("cloud", "name"), taken_by("CrossGuard"))
def test_crossguard_finds_what_lichen_check_finds(
    checked: Judged, analysed: Judged, cloud: str, name: str
) -> None:
    assert analysed[cloud, name] ^ checked[cloud, name] == set()


@pytest.mark.parametrize(("cloud", "name"), DOCUMENTS)
def test_an_agent_is_told_what_lichen_check_finds(
    checked: Judged, asked_by_agents: Judged, cloud: str, name: str
) -> None:
    assert asked_by_agents[cloud, name] ^ checked[cloud, name] == set()


@pytest.mark.parametrize(("cloud", "name"), taken_by("Checkov"))
def test_checkov_finds_what_lichen_check_finds(
    checked: Judged, run_by_checkov: Judged, cloud: str, name: str
) -> None:
    assert run_by_checkov[cloud, name] ^ checked[cloud, name] == set()


def test_what_a_door_does_not_take_it_says_nothing_of(run_by_checkov: Judged, folder: Path) -> None:
    """The page names each such kind, with why."""
    assert set(run_by_checkov) == set(taken_by("Checkov"))
    assert taken_by("lichen lsp") == []
    for cloud, name in DOCUMENTS:
        path = folder / cloud / name
        assert kind_of(path, path.read_text()) is None


@pytest.mark.parametrize("cloud", SPELLED)
def test_a_level_that_begins_on_a_day_blocks_from_then_on(checked: Judged, cloud: str) -> None:
    """Every door judges by the same levels, as the tests above compare."""
    blocks = {each.rule: (each.blocks, NOTE in each.message) for each in checked[cloud, PULUMI[0]]}
    assert blocks["too-many-accelerators"] == (True, False)
    assert blocks["dirty-region"] == (False, True)


def test_every_report_says_from_which_day_on_advice_blocks(folder: Path) -> None:
    texts = {
        form: check(folder / "aws" / "template.json", "--format", form).stdout
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

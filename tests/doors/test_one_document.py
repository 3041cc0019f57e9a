"""One deployment written in every dialect gives the same findings through each door, and a level
that begins on a day is the same in each.

Every door that takes a document judges it, under one lichen.yaml. What a door does not take is in
:data:`docs.rule_pages.NOT_TAKEN`, with why.
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
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.editors.documents import kind_of
from mcp.client import Client
from pulumi.runtime.proto import analyzer_pb2 as rpc

from docs.rule_pages import NOT_TAKEN
from tests.doors import deployments
from tests.doors.checkov.engine import ROOT, checkov
from tests.doors.one_deployment import DOCUMENTS, FORMS, PULUMI, REGION, SPELLED, case, document
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

UNSAID = {"LICHEN_REGION": REGION}
"""What a template does not say itself. The environment is in everybody's tags."""


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
    for cloud, name in DOCUMENTS:
        deployments.saved(document(cloud, name), folder / cloud / name)
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

"""`lichen mcp`: a real client of the protocol's SDK starts the command and uses its tools."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from lichen_doors.agents.server import bounded, server
from lichen_policies.own_rules import RULE
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult

ROOT = Path(__file__).resolve().parents[2]
WORKLOAD = {
    "name": "search",
    "model": "bge-small-en-v1.5",
    "traffic": {"peak_rps": 20, "mean_rps": 5, "input_tokens": 200},
    "environment": "dev",
}
WASTEFUL = """\
Resources:
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {VariantName: all, ModelName: m, InstanceType: ml.p4d.24xlarge, InitialInstanceCount: 4}
"""


CONFIGURED = {
    "extending": "extends: ../../outside.yaml\n",
    "ruling": "rules: ../..\n",
    "tabled": "catalogue: ../..\n",
}
"""Folders inside of the server's whose lichen.yaml leads out of it."""


def talk(folder: Path, conversation: Callable[[Client], Coroutine[Any, Any, None]]) -> None:
    """Start the command over a folder, and have a conversation with it."""

    async def whole() -> None:
        started = StdioServerParameters(
            command=sys.executable, args=["-m", "lichen_doors.command", "mcp"], cwd=folder
        )
        async with Client(stdio_client(started)) as client:
            await conversation(client)

    asyncio.run(whole())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "search.json").write_text(json.dumps(WORKLOAD))
    (tmp_path / "template.yaml").write_text(WASTEFUL)
    (tmp_path.parent / "outside.yaml").write_text("secret-canary: 1\n")
    for name, text in CONFIGURED.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "lichen.yaml").write_text(text)
        (tmp_path / name / "template.yaml").write_text(WASTEFUL)
    return tmp_path


def test_an_agent_places_sizes_explains_checks_and_looks_up(folder: Path) -> None:
    async def conversation(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == ["place", "size", "explain", "check", "catalogue"]
        assert all(tool.annotations.read_only_hint for tool in tools.values() if tool.annotations)
        assert all(tool.description and tool.annotations for tool in tools.values())

        from_file = await client.call_tool("place", {"file": "search.json"})
        given = await client.call_tool("place", {"workload": WORKLOAD})
        assert from_file.structured_content == given.structured_content
        placement = from_file.structured_content
        assert placement
        assert placement["answer"] == "placement", placement
        assert sum(placement["rejected"].values()) > 1000

        size = {"model": "bge-small-en-v1.5", "machine": placement["chosen"]["machine"]}
        sized = await client.call_tool("size", {**size, "input_tokens": 200})
        assert sized.structured_content
        assert sized.structured_content["prediction"]

        rule = await client.call_tool("explain", {"name": "dirty-region"})
        assert rule.structured_content
        assert rule.structured_content["rule"] == "dirty-region"

        checked = await client.call_tool(
            "check", {"paths": ["template.yaml"], "region": "us-east-1"}
        )
        assert checked.structured_content
        assert any(each["level"] == "mandatory" for each in checked.structured_content["findings"])

        looked_up = {"table": "regions", "containing": "eu-north-1"}
        regions = await client.call_tool("catalogue", looked_up)
        assert regions.structured_content
        assert [row["region"] for row in regions.structured_content["rows"]] == ["eu-north-1"]

    talk(folder, conversation)
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "search.json",
        "template.yaml",
    ]


def test_a_mistake_is_a_sentence_and_nothing_outside_the_folder_is_read(folder: Path) -> None:
    outside: tuple[dict[str, Any], ...] = (
        {"model": {"config": "../outside.yaml"}},
        {"evidence": ["../outside.yaml"]},
        {"prompts": {"templates": [{"name": "a", "file": str(folder.parent / "outside.yaml")}]}},
        {"prompts": {"tokenizer": "../outside.yaml"}},
    )
    for at, more in enumerate(outside):
        (folder / f"away{at}.json").write_text(json.dumps(WORKLOAD | more))
    (folder / "linked").mkdir()
    (folder / "linked" / "linked.yaml").symlink_to(folder.parent / "outside.yaml")
    wrong = (
        ("place", {"file": "../outside.yaml"}, "outside the folder"),
        ("check", {"paths": ["linked"]}, "outside the folder"),
        *(("check", {"paths": [f"{name}/template.yaml"]}, "outside") for name in CONFIGURED),
        ("chekc", {"paths": ["template.yaml"]}, "chekc is no tool. Fix: did you mean 'check'?"),
        ("check", {"paths": "canary"}, "paths: should be a valid list."),
        (
            "check",
            {"paths": [], "environment": "canary"},
            "environment: should be 'dev', 'staging'",
        ),
        ("check", {"paths": ["template.yaml"], "enviroment": "dev"}, "did you mean 'environment'?"),
        ("size", {"model": {"canary": 1}, "machine": "x"}, "model: should be a valid string."),
        ("place", {"file": str(folder.parent / "outside.yaml")}, "outside the folder"),
        *(("place", {"workload": WORKLOAD | more}, "outside the folder") for more in outside),
        *(("place", {"file": f"away{at}.json"}, "outside the folder") for at in range(4)),
        ("check", {"paths": [".."]}, "outside the folder"),
        ("check", {"paths": ["absent.yaml"]}, "paths: absent.yaml is not there"),
        ("place", {}, "give one of file and workload"),
        ("place", {"workload": {**WORKLOAD, "latencies": {}}}, "did you mean 'latency'?"),
        ("explain", {"name": "dirty-regoin"}, "did you mean 'dirty-region'?"),
        (
            "size",
            {"model": "meta-llama/Llama-3.1-8B", "machine": "g6.xlarge"},
            "input_tokens and output_tokens: are required, since meta-llama/Llama-3.1-8B is a "
            "language model. Fix: add input_tokens N and output_tokens N",
        ),
        ("explain", {"name": ""}, "name a rule of `lichen rules`"),
    )

    async def conversation(client: Client) -> None:
        for tool, arguments, expected in wrong:
            answer = await client.call_tool(tool, arguments)
            said = " ".join(getattr(part, "text", "") for part in answer.content)
            assert answer.is_error, (tool, arguments)
            assert expected in said, (tool, said)
            assert "canary" not in said
            assert "Traceback" not in said
            assert "pydantic" not in said
            assert "input_value" not in said

    talk(folder, conversation)


def test_an_answer_is_bounded_and_says_what_it_leaves_out() -> None:
    rows = [{"name": f"machine {number}", "about": "x" * 400} for number in range(1_000)]
    few = bounded({"rows": rows, "names": ["a", "b"], "of": 1_000})
    assert len(json.dumps(few)) < 45_000
    assert few["rows"] == rows[: len(few["rows"])]
    assert few["left_out"] == {"rows": 1_000 - len(few["rows"])}
    assert few["names"] == ["a", "b"]
    small = {"rows": rows[:3]}
    assert bounded(small) is small


def test_what_blocks_is_not_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = "Type: AWS::EC2::Instance\n    Properties: {InstanceType: %s, ImageId: a}\n"
    every = "".join(f"  Web{n}:\n    {machine % 'm5.large'}" for n in range(150))
    (tmp_path / "stack.yaml").write_text(
        f"Resources:\n{every}  Zoo:\n    {machine % 'p5.48xlarge'}"
    )
    monkeypatch.chdir(tmp_path)
    given = {"paths": ["stack.yaml"], "region": "ap-south-1"}
    answer = asyncio.run(server().call_tool("check", given))
    assert isinstance(answer, CallToolResult)
    content = answer.structured_content
    assert content
    assert (
        content["summary"]["findings"] == len(content["findings"]) + content["left_out"]["findings"]
    )
    assert content["findings"][0]["level"] == "mandatory"
    assert len(json.dumps(content)) < 45_000


def test_the_user_s_own_configuration_is_read_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "organisation.yaml").write_text("levels: {dirty-region: disabled}\n")
    (tmp_path / "lichen.yaml").write_text("extends: organisation.yaml\n")
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "template.yaml").write_text(WASTEFUL)
    monkeypatch.chdir(tmp_path / "stack")
    given = {"paths": ["template.yaml"], "region": "ap-south-1"}
    answer = asyncio.run(server().call_tool("check", given))
    assert isinstance(answer, CallToolResult)
    assert answer.structured_content
    moved = answer.structured_content["configured"]["moved"]
    assert {each["rule"] for each in moved} == {"dirty-region"}


@pytest.mark.parametrize("own_rules", [False, True])
def test_rules_in_python_of_the_folder_run_only_where_the_user_says_so(
    own_rules: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    folder = tmp_path / "cloned"
    (folder / "rules").mkdir(parents=True)
    (folder / "lichen.yaml").write_text("rules: rules\n")
    rule = RULE.replace("NAME", "too_many")
    (folder / "rules" / "too_many.py").write_text(f"{rule}\nopen({str(ran)!r}, 'w').close()\n")
    (folder / "template.yaml").write_text(WASTEFUL)
    monkeypatch.chdir(folder)
    check = server(own_rules=own_rules).call_tool("check", {"paths": ["template.yaml"]})
    if own_rules:
        assert isinstance(asyncio.run(check), CallToolResult)
    else:
        with pytest.raises(ToolError, match="rules in Python"):
            asyncio.run(check)
    assert ran.exists() == own_rules

"""`lichen mcp`: a real client of the protocol's SDK starts the command and uses its tools."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

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
    assert sorted(path.name for path in folder.iterdir()) == ["search.json", "template.yaml"]


def test_a_mistake_is_a_sentence_and_nothing_outside_the_folder_is_read(folder: Path) -> None:
    outside: tuple[dict[str, Any], ...] = (
        {"model": {"config": "../outside.yaml"}},
        {"evidence": ["../outside.yaml"]},
        {"prompts": {"templates": [{"name": "a", "file": str(folder.parent / "outside.yaml")}]}},
        {"prompts": {"tokenizer": "../outside.yaml"}},
    )
    for at, more in enumerate(outside):
        (folder / f"away{at}.json").write_text(json.dumps(WORKLOAD | more))
    wrong = (
        ("place", {"file": "../outside.yaml"}, "outside the folder"),
        ("place", {"file": str(folder.parent / "outside.yaml")}, "outside the folder"),
        *(("place", {"workload": WORKLOAD | more}, "outside the folder") for more in outside),
        *(("place", {"file": f"away{at}.json"}, "outside the folder") for at in range(4)),
        ("check", {"paths": [".."]}, "outside the folder"),
        ("check", {"paths": ["absent.yaml"]}, "is not there"),
        ("place", {}, "give one of file and workload"),
        ("place", {"workload": {**WORKLOAD, "latencies": {}}}, "did you mean 'latency'?"),
        ("explain", {"name": "dirty-regoin"}, "did you mean 'dirty-region'?"),
        ("size", {"model": "meta-llama/Llama-3.1-8B", "machine": "g6.xlarge"}, "language model"),
    )

    async def conversation(client: Client) -> None:
        for tool, arguments, expected in wrong:
            answer = await client.call_tool(tool, arguments)
            said = " ".join(getattr(part, "text", "") for part in answer.content)
            assert answer.is_error, (tool, arguments)
            assert expected in said, (tool, said)
            assert "canary" not in said
            assert "Traceback" not in said

    talk(folder, conversation)

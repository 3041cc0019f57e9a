"""Every command answers programs in JSON, as a published schema says, and is in the README."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner
from lichen_doors.command import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
EXAMPLES = ROOT / "docs" / "practices" / "examples"
CHAT = str(EXAMPLES / "workloads" / "chat.yaml")
STATES = str(EXAMPLES / "states")
MODEL = "meta-llama/Llama-3.1-8B"
LENGTHS = "--input-tokens 600 --output-tokens 200"

SERVERS = {("mcp",), ("lsp",)}
"""They answer in the JSON of their protocols, on their standard output, and nothing else there."""

ANSWERS = {
    f"init --model {MODEL} --peak-rps 2 --mean-rps 0.5 {LENGTHS} --first-token-ms 900 "
    "--environment dev --output FOLDER/new.yaml": "init.json",
    f"place {CHAT}": "placement.json",
    f"size --model {MODEL} --machine inf2.xlarge {LENGTHS}": "size.json",
    f"bench --from {EXAMPLES}/bench/vllm.json --workload {CHAT} --machine g6e.xlarge "
    "--stack vllm --output FOLDER/record.json": "bench.json",
    f"prompts {EXAMPLES}/prompts/assistant.txt": "prompts.json",
    f"check {CHAT} --record FOLDER/decision.json": "check.json",
    f"artifacts check FOLDER/files --workload {CHAT}": "artifacts.json",
    "images copy --to eu-north-1": "images.json",
    f"watch {STATES}": "watch.json",
    f"scorecard {STATES}": "scorecard.json",
    f"train {EXAMPLES}/retrain.yaml": "training-plan.json",
    "verify FOLDER/recorded.json": "verification.json",
    "explain dirty-region": "explain.json",
    "explain eu-north-1": "explain.json",
    "explain inf2.xlarge": "explain.json",
    f"explain {MODEL}": "explain.json",
    f"explain {CHAT}": "explain.json",
    f"explain {STATES}/chat-prod.json": "portability.json",
    "rules": "rules.json",
    "rules new too-many --directory FOLDER/rules": "new-rule.json",
    "rules test --directory FOLDER/own": "tested-rules.json",
    **{
        f"catalogue {table}{options}": "catalogue.json"
        for table, options in {
            "regions": "",
            "machines": " --family inf2",
            "offers": " --machine inf2.xlarge",
            "accelerators": "",
            "models": " --kind encoder",
            "sources": "",
            "stale": "",
        }.items()
    },
    "karpenter overlays --region eu-west-1 --carbon-price 100 --family inf2": "manifests.json",
    "karpenter ceilings FOLDER/pool.yaml --region eu-west-1 --share medium=50": "manifests.json",
    "prune aws --region eu-north-1": "prune.json",
    "pack": "installed.json",
    "checks": "installed.json",
}
"""The least that each command can be asked, and the schema of its answer."""


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that answers, with the groups that it is in."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield words
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from commands(found, (*words, name))


def test_every_command_is_asked_here_and_is_in_the_readme() -> None:
    every = set(commands(main)) - {()} - SERVERS
    asked = {
        words for words in every for asked in ANSWERS if tuple(asked.split())[: len(words)] == words
    }
    assert asked == every
    table = re.findall(r"^\| `lichen ([a-z]+)` \| (.+) \|$", README, re.MULTILINE)
    assert dict(table) == dict(COMMANDS)


README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    (folder / "files").mkdir()
    (folder / "files" / "config.json").write_text("{}")
    (folder / "pool.yaml").write_text(
        "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: gpu}\n"
        "spec: {limits: {cpu: 100}}\n"
    )
    for made in (
        ["check", CHAT, "--record", str(folder / "recorded.json")],
        ["rules", "new", "too-many", "--directory", str(folder / "own")],
    ):
        run = CliRunner().invoke(main, made)
        assert run.exit_code in (0, 1), run.output
    return folder


@pytest.mark.xdist_group("programs")
@pytest.mark.parametrize("words", ANSWERS)
def test_an_answer_is_as_its_schema_says(
    words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "lichen_components.aws.sagemaker.unused.unused", lambda _region: [("model", "chat-1")]
    )
    arguments = [word.replace("FOLDER", str(folder)) for word in words.split()]
    run = CliRunner().invoke(main, [*arguments, "--format", "json"])
    assert run.exit_code in (0, 1), (run.output, run.exception)
    schema = json.loads((SCHEMAS / ANSWERS[words]).read_text(encoding="utf-8"))
    answer = json.loads(run.stdout)
    if "rejected" in answer:
        answer["rejected"] = answer["rejected"][:50]  # all are made alike
    jsonschema.Draft202012Validator(schema).validate(answer)

"""docs/start.md: every command that it shows is run, and every recipe names what there is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from lichen_doors.command import main

from tests.doors.checkov.engine import checkov
from tests.doors.test_pipelines import CLEAN, action, run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "start.md").read_text()
DOORS = (
    "lichen check",
    "CrossGuard",
    "Checkov",
    "GitHub",
    "GitLab",
    "pre-commit",
    "Atlantis",
    "Spacelift",
    "Agents and editors",
)
ELSEWHERE = ("pulumi ", "checkov ", "terraform ")
"""Commands of other tools: Pulumi's runs in test_pack_engine, Checkov's below."""
CODES = {
    "lichen check endpoint.yaml --region eu-north-1 --environment prod": (1, 0),
    "lichen check endpoint.yaml --region eu-north-1 --format html --output endpoint.html": (1,),
}
"""What a command ends with, each time that the page shows it; others end with 0."""


def section(name: str) -> str:
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, name
    return found[1]


def commands(text: str) -> list[str]:
    """Each command of the blocks of a shell; one with a document behind it is one."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    pattern = r"^(?:cat > .*?^END$|.+?$)"
    return [
        each for block in blocks for each in re.findall(pattern, block, re.DOTALL | re.MULTILINE)
    ]


def recipe(name: str) -> dict[str, Any]:
    (text,) = re.findall(r"```yaml\n(.*?)```", section(name), re.DOTALL)
    return dict(yaml.safe_load(text))


def test_every_door_has_a_start() -> None:
    assert [name for name in DOORS if f"\n## {name}\n" in PAGE] == list(DOORS)


def test_the_commands_end_as_the_page_says(tmp_path: Path) -> None:
    seen: dict[str, int] = {}
    for command in commands(PAGE):
        if command.startswith(ELSEWHERE):
            continue
        expected = CODES.get(command, (0,))
        done = run(command, tmp_path)
        count = seen[command] = seen.get(command, 0) + 1
        assert done.returncode == expected[count - 1], (command, done.stdout, done.stderr)
    assert len(seen) > 5
    assert "</html>" in (tmp_path / "endpoint.html").read_text()


@pytest.mark.xdist_group("checkov")
def test_checkov_s_command_finds_what_lichen_check_finds(tmp_path: Path) -> None:
    template, *_ = commands(section("lichen check"))
    assert run(template, tmp_path).returncode == 0
    (command,) = commands(section("Checkov"))
    tool, *arguments = shlex.split(command.replace('"$(lichen checks)"', "CHECKS"))
    assert tool == "checkov"
    # The test's own run names the checks, where they are and what not to download.
    assert {"--skip-download", "--external-checks-dir", "CKV2_LICHEN_*"} <= set(arguments)
    paths = (ROOT, ROOT / "policies", ROOT / "doors")
    variables = {"PYTHONPATH": ":".join(map(str, paths)), "LICHEN_REGION": "eu-north-1"}
    found = checkov("--file", tmp_path / arguments[1], environment=variables)
    assert found.exit_code == 1
    assert ("CKV2_LICHEN_TOO_MANY_ACCELERATORS", "AWS::SageMaker::EndpointConfig.Chat") in (
        found.of("FAILED")
    )


def test_the_recipes_name_what_there_is(tmp_path: Path) -> None:
    (uses,) = (
        each
        for each in recipe("GitHub")["jobs"]["lichen"]["steps"]
        if each["uses"].startswith("lichen-ml")
    )
    assert set(uses["with"]) <= set(action()["inputs"])
    (template,) = recipe("GitLab")["include"]
    file = ROOT / template["remote"].partition("/main/")[2]
    assert set(recipe("GitLab")["lichen"]["variables"]) <= set(
        yaml.safe_load(file.read_text())["lichen"]["variables"]
    )
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert recipe("pre-commit")["repos"][0]["hooks"][0]["id"] in [hook["id"] for hook in hooks]
    steps = recipe("Atlantis")["workflows"]["lichen"]["plan"]["steps"]
    lines = [each["run"] for each in steps if isinstance(each, dict)]
    lines += recipe("Spacelift")["stack_defaults"]["after_plan"][1:]
    (tmp_path / "plan.json").write_text(json.dumps(yaml.safe_load(CLEAN)))
    for line in lines:
        done = run(line, tmp_path, SHOWFILE="plan.json", LICHEN_REGION="eu-north-1")
        assert done.returncode == 0, (line, done.stdout, done.stderr)


def test_an_agent_starts_the_command_that_the_page_shows() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", section("Agents and editors"), re.DOTALL)
    started = json.loads(text)["mcpServers"]["lichen"]
    assert started["command"] == "lichen"
    for words in ([*started["args"], "--help"], ["lsp", "--help"]):
        assert CliRunner().invoke(main, words).exit_code == 0

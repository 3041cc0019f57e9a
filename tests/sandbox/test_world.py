"""The world on one machine: commands run in it, and nothing of it is left."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import world
from sandbox.world import ROOT, STATES

pytestmark = pytest.mark.xdist_group("world")


def sandboxed(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_command_ends_as_it_ended_and_leaves_nothing() -> None:
    script = 'echo "home $PULUMI_HOME"; pulumi stack ls --json && pulumi about >/dev/null && exit 7'
    run = sandboxed("sh", "-c", script)
    assert run.returncode == 7, run.stderr
    for stack in ("chat", "embeddings", "wasteful"):
        assert f'"name": "{stack}"' in run.stdout
    home = Path(next(line[5:] for line in run.stdout.splitlines() if line.startswith("home ")))
    assert home.is_relative_to(STATES)
    assert not (STATES / home.relative_to(STATES).parts[0]).exists()
    for path in (ROOT / "stacks").glob("Pulumi.*.yaml"):
        assert "encryptionsalt" not in path.read_text(encoding="utf-8")


def test_what_a_user_edited_in_a_configuration_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(world, "ROOT", tmp_path)
    path = tmp_path / "stacks" / "Pulumi.chat.yaml"
    path.parent.mkdir()
    path.write_text("config:\n  aws:region: eu-west-1 # mine\nencryptionsalt: v1:abc=\n")
    world._forget_salts()
    assert path.read_text() == "config:\n  aws:region: eu-west-1 # mine\n"


def test_the_demonstration_goes_as_promised() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "sandbox.demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for text in (
        "lowest carbon within",
        "in eu-north-1",
        "dirty-region",
        "oversized-endpoint",
        "Stopped",
    ):
        assert text in run.stdout

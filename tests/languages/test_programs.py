"""Programs in TypeScript, YAML, Go and by the Automation API, on the real engine with the pack.

`make test-languages` builds the hosts and runs these; else each is skipped and says so. One in
Python is in tests/components and tests/stacks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.engine.find import TOOLS
from sandbox.engine.hosts import missing
from sandbox.errors import CommandFailed
from sandbox.world import QUIET, ROOT, World

PROGRAMS = Path(__file__).parent
PACK = ROOT / "policies" / "crossguard"
CLEAN, DIRTY = "eu-north-1", "ap-south-1"
NODE = TOOLS / "node" / "node_modules"

pytestmark = [
    pytest.mark.xdist_group("deployment"),
    pytest.mark.skipif("TEST_LANGUAGES" not in os.environ, reason="`make test-languages` runs it"),
]


class Language(NamedTuple):
    """A language: its programs' folder, its host's name, what must be on PATH."""

    folder: str
    host: str
    needs: str | None = None


LANGUAGES = (
    Language("typescript", "nodejs", "node"),
    Language("yaml", "yaml"),
    Language("golang", "go", "go"),
)


def check_is_there(place: World, language: Language) -> None:
    """Skips, with what to do, where the language does not run here."""
    if language.needs and shutil.which(language.needs) is None:
        pytest.skip(f"{language.needs} is not on PATH")
    if language.host in missing(place.engine):
        pytest.skip(f"no language host for {language.host}: `make languages` builds it")
    if language.host == "nodejs" and not NODE.is_dir():
        pytest.skip("no @pulumi/pulumi for Node: `make languages` fetches it")


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.folder)
def project(request: pytest.FixtureRequest, place: World, tmp_path: Path) -> Path:
    """A language's project with a stack, or a skip."""
    language: Language = request.param
    check_is_there(place, language)
    shutil.copytree(PROGRAMS / language.folder, tmp_path, dirs_exist_ok=True)
    if language.host == "nodejs":
        (tmp_path / "node_modules").symlink_to(NODE)
    with (tmp_path / "Pulumi.yaml").open("a") as written:
        written.write(f"packages: {{lichen: {json.dumps(str(ROOT / 'components'))}}}\n")
    place.run("pulumi", "stack", "init", "prod", "--non-interactive", cwd=tmp_path)
    return tmp_path


def misspelt(project: Path) -> list[str]:
    """Settings that make the program write `artefacts`; YAML has no settings for that."""
    written = project / "Pulumi.yaml"
    if "runtime: yaml" in written.read_text():
        written.write_text(written.read_text().replace("artifacts: ", "artefacts: "))
        return []
    return ["-c", "spelling=artefacts"]


def test_an_endpoint_comes_up_is_judged_and_a_misspelt_input_is_refused(
    place: World, project: Path
) -> None:
    def pulumi(command: str, region: str, *more: str | Path) -> str:
        where = ("-c", "aws:region=us-east-1", "-c", f"region={region}")
        quiet = QUIET if command == "up" else QUIET[1:]
        ran = place.run("pulumi", command, *quiet, *where, *more, cwd=project, timeout=600)
        return ran.stdout

    # A wasteful one is blocked before anything is made.
    with pytest.raises(CommandFailed, match=r"\[mandatory\].*dirty-region"):
        pulumi("preview", DIRTY, "--policy-pack", PACK)
    assert place.cloud.inventory() == {}

    made = pulumi("up", CLEAN, "--skip-preview", "--policy-pack", PACK)
    assert "lichen" in made
    outputs = json.loads(
        place.run("pulumi", "stack", "output", "--json", "--non-interactive", cwd=project).stdout
    )
    assert outputs["endpointName"].startswith("vectors-prod-")
    assert outputs["endpointId"].endswith(f"endpoint/{outputs['endpointName']}")
    assert outputs["url"].startswith(f"https://runtime.sagemaker.{CLEAN}")
    assert outputs["chosen"] == CLEAN

    with pytest.raises(CommandFailed, match="artefacts") as refused:
        pulumi("preview", CLEAN, *misspelt(project))
    # Ours says the nearest; YAML's own check lists all, the nearest first.
    nearest = r"did you mean 'artifacts'\?|Existing \w+ are: artifacts\b"
    assert re.search(nearest, str(refused.value))
    (project / "Pulumi.yaml").write_text(
        (project / "Pulumi.yaml").read_text().replace("artefacts: ", "artifacts: ")
    )
    place.run("pulumi", "destroy", *QUIET, "--skip-preview", cwd=project)
    assert place.cloud.inventory() == {}


def test_an_automation_script_for_node_makes_and_destroys_it_under_the_pack(
    place: World, tmp_path: Path
) -> None:
    check_is_there(place, LANGUAGES[0])
    (tmp_path / "node_modules").symlink_to(NODE)
    script = shutil.copy(PROGRAMS / "typescript" / "automation.js", tmp_path)

    def run(region: str, check: bool = True) -> str:
        world = World(place.engine, place.cloud, {**place.environment, "REGION": region})
        words = ("node", script, PACK, ROOT / "components")
        return world.run(*words, cwd=tmp_path, check=check, timeout=600).stdout

    assert "dirty-region" in run(DIRTY, check=False)
    assert place.cloud.inventory() == {}
    outputs = json.loads(run(CLEAN).splitlines()[-1])
    assert outputs["endpointName"]["value"].startswith("vectors-prod-")
    assert place.cloud.inventory() == {}

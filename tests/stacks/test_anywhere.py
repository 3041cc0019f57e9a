"""One file of a workload on every cloud: up with the pack, refreshed, changed, gone.

The same three files, which name no cloud, on the emulated AWS and on the emulated Google;
tests/stacks/test_anywhere_kubernetes.py has them on a real Kubernetes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lichen.workload import read_workload
from sandbox.google.world import GoogleWorld
from sandbox.world import QUIET, ROOT, World
from tests.stacks.project import PACK, copied_to, fired, google_with_models

NAMES = ("chat", "embeddings", "images")
FILES = [ROOT / "stacks" / "workloads" / "anywhere" / f"{name}.yaml" for name in NAMES]
SEEDED = ("storage.buckets", "artifactregistry.projects.locations.repositories")
"""What was there before on the emulated Google."""

pytestmark = pytest.mark.xdist_group("anywhere")


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleWorld]:
    with google_with_models() as place:
        yield place


def live(world: World, stack: str, folder: Path) -> dict[str, dict[str, object]]:
    """A stack's life in a copy of the project, of which no rule says anything; the outputs of its
    endpoints."""
    # The rules know the team's own model by the same rows as the placement.
    rows = str(folder / "stacks" / "workloads" / "anywhere" / "lichen.yaml")
    world = replace(world, environment={**world.environment, "LICHEN_CONFIG": rows})
    copied_to(folder)
    world.stacks(stack, cwd=folder)
    of = ("--stack", stack)
    made = world.run("pulumi", "up", *of, "--skip-preview", *QUIET, *PACK, cwd=folder)
    assert fired(made.stdout) == set(), made.stdout
    outputs: dict[str, dict[str, object]] = json.loads(
        world.run("pulumi", "stack", "output", "--json", *of, cwd=folder).stdout
    )
    for name in NAMES:
        chosen = placed_by_the_command(world, folder, stack, name)
        assert outputs[name]["region"] == chosen["region"]
        assert outputs[name]["usd_month"] == round(chosen["usd_month"], 2)
        assert outputs[name]["gco2e_month"] == round(chosen["gco2e_month"]["likely"], 1)
    world.run("pulumi", "refresh", *of, "--expect-no-changes", *QUIET, cwd=folder)
    for name in NAMES:
        file = folder / "stacks" / "workloads" / "anywhere" / f"{name}.yaml"
        before = file.read_text(encoding="utf-8")
        file.write_text(before.replace("p95_ms: 2", "p95_ms: 3"), encoding="utf-8")
        assert file.read_text(encoding="utf-8") != before
    changed = world.run("pulumi", "up", *of, "--skip-preview", *QUIET, *PACK, cwd=folder)
    assert "updated" in changed.stdout
    world.run("pulumi", "destroy", *of, "--skip-preview", *QUIET, cwd=folder)
    return outputs


def placed_by_the_command(world: World, folder: Path, stack: str, name: str) -> dict[str, Any]:
    """What `lichen place` chooses for a file where the stack deploys it to."""
    settings = yaml.safe_load((folder / "stacks" / f"Pulumi.{stack}.yaml").read_text())
    (entry,) = (
        each
        for each in settings["config"]["lichen:endpoints"]
        if each["workload"].endswith(f"/{name}.yaml")
    )
    file = folder / "stacks" / entry["workload"]
    document = yaml.safe_load(file.read_text())
    document["where"]["clouds"] = [stack]  # a hosting speaks of its own cloud alone
    document["where"] |= {key: entry[key] for key in ("hosting", "regions") if key in entry}
    narrowed = file.with_name(f"{name}-of-{stack}.yaml")
    narrowed.write_text(yaml.safe_dump(document))
    command = (str(ROOT / ".venv" / "bin" / "lichen"), "place", str(narrowed), "--format", "json")
    chosen: dict[str, Any] = json.loads(world.run(*command, cwd=folder).stdout)["chosen"]
    return chosen


def test_the_files_name_no_cloud() -> None:
    for file in FILES:
        where = read_workload(file).where
        assert where.clouds == where.hosting == where.regions == ()


def test_on_aws(place: World, tmp_path: Path) -> None:
    outputs = live(place, "aws", tmp_path)
    assert list(outputs) == ["chat", "embeddings", "images"]
    for values in outputs.values():
        assert str(values["endpoint_id"]).startswith("arn:aws:sagemaker:")
    assert place.cloud.inventory() == {}


def test_on_google(google: GoogleWorld, tmp_path: Path) -> None:
    outputs = live(google, "google", tmp_path)
    machines = [str(outputs[name]["machine"]) for name in ("chat", "embeddings", "images")]
    assert machines[0].startswith("g2-standard-")
    assert machines[1].startswith("cloudrun-cpu.")
    assert machines[2].startswith(("c4a-", "n4a-"))
    assert set(google.cloud.inventory()) == set(SEEDED)

"""The worked examples on Google Cloud as a user runs them, each in one life."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest
from lichen_policies.registry import rules

from sandbox.google.world import GoogleWorld, google_world
from sandbox.world import QUIET, ROOT

PACK = ("--policy-pack", str(ROOT / "policies" / "crossguard"))
pytestmark = pytest.mark.xdist_group("google")

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleWorld]:
    with google_world() as place:
        place.cloud.bucket("acme-models")
        for region in ("europe-west1", "europe-west4", "europe-west9"):
            place.cloud.repository(region, "hub")
        roots = os.pathsep.join(str(ROOT / part) for part in (".", "policies", "components"))
        yield GoogleWorld(place.engine, place.cloud, {**place.environment, "PYTHONPATH": roots})


@pytest.fixture(scope="module")
def pulumi(google: GoogleWorld, tmp_path_factory: pytest.TempPathFactory) -> Run:
    copy = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "Pulumi.yaml", copy)
    shutil.copytree(ROOT / "stacks", copy / "stacks")
    (copy / ".venv").symlink_to(ROOT / ".venv")

    def run(*command: str, check: bool = True) -> CompletedProcess[str]:
        return google.run("pulumi", *command, cwd=copy, check=check)

    return run


def _up(pulumi: Run, stack: str, *options: str) -> dict[str, Any]:
    pulumi("up", "--stack", stack, "--skip-preview", *QUIET, *options)
    found: dict[str, Any] = json.loads(pulumi("stack", "output", "--json", "--stack", stack).stdout)
    return found


def _kept(google: GoogleWorld) -> set[str]:
    """What the fixture made."""
    there = {"storage.buckets", "artifactregistry.projects.locations.repositories"}
    return set(google.cloud.inventory()) - there


def test_passages_on_cloud_run_keep_every_rule_of_production(
    google: GoogleWorld, pulumi: Run
) -> None:
    """Up with the policy pack, refreshed clean, changed in place, gone without a trace."""
    pulumi("stack", "init", "passages", "--no-select", "--non-interactive")
    made = pulumi("up", "--stack", "passages", *QUIET, *PACK)
    assert [name for name in rules() if f"  {name}  " in made.stdout] == []
    values = json.loads(pulumi("stack", "output", "--json", "--stack", "passages").stdout)
    assert values["machine"].startswith("cloudrun-cpu.")
    assert values["url"].startswith("https://passages-prod-")
    name = values["endpoint_id"]
    service = google.cloud.call("GET", f"run.v2/v2/{name}")
    template = service["template"]
    assert service["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert service["labels"]["lichen-workload"] == template["labels"]["lichen-workload"]
    (container,) = template["containers"]
    assert "--model-id=/mnt/model" in container["args"]
    assert container["resources"]["cpuIdle"] is True
    probe = container["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] == 240
    assert template["volumes"][0]["gcs"]["mountOptions"] == ["only-dir=bge-small-en-v1.5"]
    assert template["vpcAccess"]["egress"] == "ALL_TRAFFIC"
    found = google.cloud.inventory()
    assert len(found["monitoring.projects.alertPolicies"]) == 2
    assert found["logging.projects.locations.buckets"][0].endswith(values["endpoint_name"])

    again = pulumi("refresh", "--stack", "passages", "--expect-no-changes", *QUIET)
    assert "unchanged" in again.stdout
    pulumi("config", "set", "--stack", "passages", "--path", "google.public", "true")
    changed = _up(pulumi, "passages")
    assert changed["endpoint_id"] == name
    assert google.cloud.call("GET", f"run.v2/v2/{name}")["ingress"] == "INGRESS_TRAFFIC_ALL"
    pulumi("destroy", "--stack", "passages", "--skip-preview", *QUIET)
    assert _kept(google) == set()


def test_an_questions_with_an_l4_wakes_from_zero(google: GoogleWorld, pulumi: Run) -> None:
    pulumi("stack", "init", "questions", "--no-select", "--non-interactive")
    values = _up(pulumi, "questions")
    name = values["endpoint_id"]
    template = google.cloud.call("GET", f"run.v2/v2/{name}")["template"]
    assert template["nodeSelector"] == {"accelerator": "nvidia-l4"}
    assert template["gpuZonalRedundancyDisabled"] is True
    assert template["containers"][0]["resources"]["cpuIdle"] is False
    assert template["scaling"]["maxInstanceCount"] <= 3
    assert google.cloud.idle(name) == 0
    assert google.cloud.request(name)
    assert google.cloud.idle(name) == 0
    pulumi("destroy", "--stack", "questions", "--skip-preview", *QUIET)
    assert _kept(google) == set()

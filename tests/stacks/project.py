"""What tests of whole stacks share: a copy of the project, the emulated Google with what the
examples read, and how a life in a real Kubernetes ends."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from lichen_policies.registry import rules

from sandbox.google.world import GoogleWorld, google_world
from sandbox.kubernetes.cluster import Cluster
from sandbox.world import ROOT, World
from tests.stacks.test_deployment import Stack

PACK = ("--policy-pack", str(ROOT / "policies" / "crossguard"))
PYTHON_PATH = os.pathsep.join(str(ROOT / part) for part in (".", "policies", "components"))
"""Where a program finds this repository."""
CLUSTER_PROGRAM = ROOT / "tests" / "components" / "cluster_program"
"""Several endpoints in one cluster: its configuration's ``parts``."""

_REGIONS = ("europe-north1", "europe-north2", "europe-west1", "europe-west4", "europe-west9")


def fired(printed: str) -> set[str]:
    """The rules of which a run under the pack printed a finding or an unverified verdict: a
    wasteful stack shows that they are seen (test_stacks)."""
    assert "lichen@" in printed, f"the pack did not run:\n{printed}"
    return {name for name in rules() if f"  {name}  " in printed}


def copied_to(folder: Path) -> Path:
    """The folder with a copy of the project: the engine writes into its stacks' files."""
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "stacks", folder / "stacks")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


@contextmanager
def google_with_models() -> Iterator[GoogleWorld]:
    """An emulated Google that has the examples' bucket, and a registry where they may run."""
    with google_world() as place:
        place.cloud.bucket("acme-models")
        for region in _REGIONS:
            place.cloud.repository(region, "hub")
        yield replace(place, environment={**place.environment, "PYTHONPATH": PYTHON_PATH})


def nothing_to_change(place: World, parts: list[dict[str, Any]], folder: Path) -> None:
    """What is there is what the cluster program of ``parts`` asks for."""
    place.run(
        "pulumi", "preview", "--refresh", "--expect-no-changes", "-c",
        f"parts={json.dumps(parts)}", cwd=folder,
    )  # fmt: skip


def slower_in_place(
    made: Stack, cluster: Cluster, parts: list[dict[str, Any]], p95_ms: int
) -> dict[str, Any]:
    """The Deployment of the first part, after an `up` of nothing but another p95 for it."""
    changed = json.loads(json.dumps(parts))
    changed[0]["workload"]["latency"]["p95_ms"] = p95_ms
    made.up(parts=changed)
    name = f"{changed[0]['workload']['name']}-prod"
    found = cluster.api.get(f"/apis/apps/v1/namespaces/default/deployments/{name}")
    assert found is not None
    assert found["metadata"]["annotations"]["lichen.dev/p95-ms"] == str(p95_ms)
    return found

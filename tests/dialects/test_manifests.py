"""Whole manifests, judged as `lichen check` judges them, and strictly what a cluster would take."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from lichen_policies.dialects import read
from lichen_policies.gate import Gate

FOLDER = Path(__file__).parent / "manifests"

FOUND = {
    "chat.yaml": {
        ("dirty-region", "chat-staging/Deployment/chat"),
        ("too-many-accelerators", "chat-staging/Deployment/chat"),
        ("idle-floor", "chat-staging/HorizontalPodAutoscaler/chat"),
        ("too-many-accelerators", "chat-staging/HorizontalPodAutoscaler/chat"),
    },
    "embeddings.yaml": set(),
    "pools.yaml": {("karpenter-consolidation-off", "NodePool/gpu")},
    "serving.yaml": {
        ("idle-floor", "dev/InferenceService/ranker"),
        ("idle-floor", "dev/Service/captions"),
        ("idle-floor", "dev/RayService/assistants"),
        ("too-many-accelerators", "dev/LeaderWorkerSet/large"),
    },
    "shop.yaml": set(),
}
"""What is wrong in each file, but for its region where it states none."""


def test_every_manifest_is_here() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FOUND)


@pytest.mark.parametrize("name", list(FOUND))
def test_what_is_found_in_a_manifest(name: str) -> None:
    path = FOLDER / name
    report = Gate.near(path).report(read(path))
    found = {
        (verdict.rule, verdict.resource)
        for verdict in (*report.findings, *report.unverified)
        if verdict.rule != "region-unresolved"
    }
    assert found == FOUND[name]
    asked = [verdict for verdict in report.findings if verdict.rule == "region-unresolved"]
    assert bool(asked) is (name == "serving.yaml")
    assert all(verdict.level == "advisory" for verdict in asked)


@pytest.mark.parametrize("name", list(FOUND))
def test_a_region_on_the_command_line_is_the_cluster_s(name: str) -> None:
    path = FOLDER / name
    report = Gate.near(path, region="eu-north-1").report(read(path))
    assert not any(verdict.rule == "region-unresolved" for verdict in report.findings)


@pytest.mark.parametrize("name", list(FOUND))
def test_a_cluster_would_take_the_manifests(name: str) -> None:
    """Those of kinds that a cluster has by itself: a schema of the others is not packaged."""
    for document in yaml.safe_load_all((FOLDER / name).read_text()):
        if document["apiVersion"] in ("v1", "apps/v1", "batch/v1", "autoscaling/v2"):
            kubernetes_validate.validate(document, "1.33", strict=True)

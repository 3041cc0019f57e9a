"""Whole manifests, judged as `lichen check` judges them, and strictly what a cluster would take."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lichen_policies.dialects import kubernetes, read
from lichen_policies.facts.reading import completed, facts_of
from lichen_policies.gate import Gate
from lichen_policies.stack import Stack

from tests.dialects.test_malformed import ODD, places, with_value

FOLDER = Path(__file__).parent / "manifests"

FOUND = {
    "chat.yaml": {
        ("dirty-region", "chat-staging/Deployment/chat"),
        ("too-many-accelerators", "chat-staging/Deployment/chat"),
        ("idle-floor", "chat-staging/HorizontalPodAutoscaler/chat"),
        ("too-many-accelerators", "chat-staging/HorizontalPodAutoscaler/chat"),
        ("replicas-owned-twice", "chat-staging/HorizontalPodAutoscaler/chat"),
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


OBJECTS = [
    document
    for path in sorted(FOLDER.iterdir())
    for document in yaml.safe_load_all(path.read_text())
    if "spec" in document
]


@settings(deadline=None, derandomize=True, max_examples=300)
@given(data=st.data())
def test_an_odd_value_anywhere_is_read_or_unknown(data: st.DataObject) -> None:
    """No reader fails, whatever is where a value should be; autoscalers are joined as well."""
    document = data.draw(st.sampled_from(OBJECTS))
    place = data.draw(st.sampled_from([each for each in places(document["spec"]) if each]))
    changed = {**document, "spec": with_value(document["spec"], place, data.draw(ODD))}
    found = [kubernetes.resource(each, "odd.yaml") for each in (changed, *OBJECTS)]
    stack = Stack([(each, facts_of(each) or ()) for each in found])
    for each in found[:1]:
        completed(each, facts_of(each) or (), stack)

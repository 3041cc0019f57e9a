"""Pulumi's own provider for Kubernetes runs our components: `make conformance`, before a release.

The same programs as over the sandbox's provider, on the same real control plane. Two differences
that docs/kubernetes.md names were seen by hand, with programs that no component writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes import real_provider
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.nodes import Node, gke_nodes
from sandbox.world import World, world
from tests.components.clusters import CHAT, OUTSIDE, VECTORS
from tests.sandbox.kubernetes_here import needs_kubernetes, running
from tests.stacks.project import CLUSTER_PROGRAM, nothing_to_change, slower_in_place
from tests.stacks.test_deployment import stack

pytestmark = [
    needs_kubernetes,
    pytest.mark.xdist_group("kubernetes"),
    pytest.mark.skipif(real_provider.built() is None, reason=real_provider.NOT_BUILT),
]

PARTS: list[dict[str, Any]] = [
    {
        "hosting": "kubernetes",
        "machine": "c7g.xlarge",
        "workload": VECTORS,
        "given": {"artifacts": "hf://BAAI/bge-small-en-v1.5"},
    },
    {
        "hosting": "gke-tpu",
        "machine": "ct5lp-hightpu-4t",
        "workload": CHAT,
        "given": {
            "artifacts": "hf://meta-llama/Llama-3.1-8B",
            "gke": {"location": "us-central1", "pool": False},
        },
    },
    {
        "hosting": "kubernetes",
        "machine": "c7g.xlarge",
        "workload": {
            **VECTORS,
            "name": "asleep",
            "environment": "dev",
            "availability": {"minimum_replicas": 0},
        },
        "given": {"artifacts": "hf://BAAI/bge-small-en-v1.5", "scaling": {"trigger": OUTSIDE}},
    },
    {
        "hosting": "kubernetes",
        "machine": "c7g.xlarge",
        "workload": {**VECTORS, "name": "served"},
        "given": {"artifacts": "hf://BAAI/bge-small-en-v1.5", "kserve": True},
    },
]


@pytest.fixture(scope="module")
def here() -> Iterator[tuple[World, Cluster]]:
    program = real_provider.built()
    assert program is not None
    with running() as cluster, world() as place:
        real_provider.install(Path(place.environment["PULUMI_HOME"]), program)
        tpu = {"machineType": "ct5lp-hightpu-4t"}
        cluster.register(gke_nodes("tpu", tpu, zone="us-central1-a", vcpu=111, memory_gib=180))
        cluster.register(Node(f"arm-{n}", 3.9, 6.9, "arm64") for n in range(16))
        yield replace(place, environment={**place.environment, **cluster.environment()}), cluster


def test_what_it_makes_is_what_ours_makes(here: tuple[World, Cluster], tmp_path: Path) -> None:
    """A Deployment on Arm, one on TPUs, one at zero by KEDA, and an InferenceService."""
    place, cluster = here
    with stack(place, tmp_path, program=CLUSTER_PROGRAM, name="real") as made:
        made.up(parts=PARTS)
        kinds = {one["type"] for one in made.resources().values()}
        assert {
            "kubernetes:keda.sh/v1alpha1:ScaledObject",
            "kubernetes:serving.kserve.io/v1beta1:InferenceService",
            "kubernetes:apps/v1:Deployment",
        } <= kinds
        nothing_to_change(place, PARTS, tmp_path)
        slower_in_place(made, cluster, PARTS, 3_000)
    assert cluster.left("default") == []

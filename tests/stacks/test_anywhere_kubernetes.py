"""The three workload files of any cloud on Kubernetes, as a user runs them: a real control plane.

Skipped where Kubernetes is not built; `make test-kubernetes` builds it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from lichen_policies.registry import rules

from sandbox.google.world import google_world
from sandbox.kubernetes import plugin
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.nodes import GPU_TAINT, Node
from sandbox.world import QUIET, ROOT, World, world
from tests.sandbox.kubernetes_here import eks_cluster, needs_kubernetes, running

pytestmark = [needs_kubernetes, pytest.mark.xdist_group("kubernetes")]

PACK = ("--policy-pack", str(ROOT / "policies" / "crossguard"))
NAMES = ("chat", "embeddings", "images")
FILES = "stacks/workloads/anywhere"

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as started:
        for vendor in ("nvidia", "neuron"):
            started.api.apply(device_plugin(vendor), manager="helm")
        yield started


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def pulumi_in(project: Path, place: World, cluster: Cluster) -> Run:
    """The command in a copy of the project, which reaches the cluster and an emulated cloud."""
    plugin.install(Path(place.environment["PULUMI_HOME"]))
    roots = os.pathsep.join(str(ROOT / part) for part in (".", "policies", "components"))
    environment = {**place.environment, **cluster.environment(), "PYTHONPATH": roots}
    # The rules know the cluster's place by the same rows as the placement.
    environment["LICHEN_CONFIG"] = str(project / FILES / "lichen.yaml")
    here = replace(place, environment=environment)

    def run(*command: str, check: bool = True) -> CompletedProcess[str]:
        return here.run("pulumi", *command, cwd=project, check=check)

    return run


def lives(pulumi: Run, cluster: Cluster, project: Path, stack: str) -> dict[str, str]:
    """Up under the pack, changed, refreshed clean; the node of each workload's pod."""
    made = pulumi("up", "--stack", stack, "--skip-preview", *QUIET, *PACK)
    found = {name for name in rules() if f"  {name}  " in made.stdout}
    assert not found, made.stdout
    values = json.loads(pulumi("stack", "output", "--json", "--stack", stack).stdout)
    for name in NAMES:
        assert values[name]["url"] == f"http://{name}-prod.default.svc.cluster.local"
    nodes = nodes_of(cluster)
    pulumi("refresh", "--stack", stack, "--expect-no-changes", *QUIET)

    file = project / FILES / "chat.yaml"
    file.write_text(file.read_text().replace("p95_ms: 25000", "p95_ms: 26000"))
    pulumi("up", "--stack", stack, "--skip-preview", *QUIET)
    deployment = cluster.api.get("/apis/apps/v1/namespaces/default/deployments/chat-prod")
    assert deployment is not None
    assert deployment["metadata"]["annotations"]["lichen.dev/p95-ms"] == "26000"
    assert deployment["status"]["updatedReplicas"] >= 1
    return nodes


def nodes_of(cluster: Cluster) -> dict[str, str]:
    return {
        pod["metadata"]["labels"]["app.kubernetes.io/name"]: pod["spec"]["nodeName"]
        for pod in cluster.api.items("v1", "Pod", "default")
        if pod["spec"].get("nodeName")
    }


def test_on_a_cluster_of_ones_own(place: World, cluster: Cluster, project: Path) -> None:
    """Own rows say what machines there are; the pods go to the nodes that are labelled so."""
    gpu = {"nvidia.com/gpu": 1}
    racks = [
        *(
            Node(f"rack-l40s-{n}", 15, 58, "amd64", labels("rack-l40s"), [GPU_TAINT], gpu)
            for n in range(2)
        ),
        *(Node(f"rack-altra-{n}", 7.5, 28, "arm64", labels("rack-altra")) for n in range(6)),
    ]
    for thing in claim("models"):
        cluster.api.apply(thing, manager="storage")
    cluster.register(racks)
    pulumi = pulumi_in(project, place, cluster)
    pulumi("stack", "init", "racks", "--no-select", "--non-interactive")
    runs_on = lives(pulumi, cluster, project, "racks")
    assert [runs_on[name].rpartition("-")[0] for name in NAMES] == [
        "rack-l40s",
        "rack-altra",
        "rack-altra",
    ]
    pulumi("destroy", "--stack", "racks", "--skip-preview", *QUIET)
    assert cluster.left("default") == []
    cluster.forget(node.name for node in racks)


def test_on_eks(cluster: Cluster, project: Path) -> None:
    """A node group for each, made by the same `up`: its nodes take the pods."""
    with world(cluster.kubeconfig) as place:
        given = eks_cluster(place.cloud, "eu-north-1", "serving")
        pulumi = pulumi_in(project, place, cluster)
        pulumi("stack", "init", "eks", "--no-select", "--non-interactive")
        for n, subnet in enumerate(given["subnets"]):
            at = f"kubernetes.eks.subnets[{n}]"
            pulumi("config", "set", "--stack", "eks", "--path", at, subnet)
        runs_on = lives(pulumi, cluster, project, "eks")
        assert all(runs_on[name].startswith(f"eks-{name}-machines") for name in NAMES)
        pulumi("destroy", "--stack", "eks", "--skip-preview", *QUIET)
        assert cluster.left("default") == []
        assert [name for name in cluster.node_names() if name.startswith("eks-")] == []
        assert place.cloud.inventory() == {"aws:iam/role:Role": ["us-east-1/nodes"]}


def test_on_gke(cluster: Cluster, project: Path) -> None:
    """A node pool for each."""
    with google_world() as place:
        place.cloud.bucket("acme-models")
        place.cloud.attach("serving", cluster.api.server, cluster.api.token)
        pulumi = pulumi_in(project, place, cluster)
        pulumi("stack", "init", "gke", "--no-select", "--non-interactive")
        runs_on = lives(pulumi, cluster, project, "gke")
        assert all(runs_on[name].startswith(f"gke-{name}-prod-") for name in NAMES)
        pulumi("destroy", "--stack", "gke", "--skip-preview", *QUIET)
        assert cluster.left("default") == []
        assert [name for name in cluster.node_names() if name.startswith("gke-")] == []
        assert set(place.cloud.inventory()) <= {"storage.buckets"}


def labels(machine: str) -> dict[str, str]:
    """As a team labels its own nodes: stacks/Pulumi.racks.yaml names them."""
    return {"acme.example/machine": machine, "topology.kubernetes.io/region": "lyon"}


def claim(name: str) -> list[dict[str, Any]]:
    """A volume with a claim of it that a cluster's own controller has bound."""
    common: dict[str, Any] = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}
    place = {"server": "nfs.acme.example", "path": "/models"}
    size = {"storage": "100Gi"}
    bound = {"pv.kubernetes.io/bind-completed": "yes"}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {**common, "capacity": size, "nfs": place},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default", "annotations": bound},
            "spec": {**common, "resources": {"requests": size}, "volumeName": name},
        },
    ]


def device_plugin(vendor: str) -> dict[str, Any]:
    """What Helm would install, as far as the emulated clouds look for it."""
    named, name = {"name": vendor}, f"{vendor}-device-plugin"
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {
            "selector": {"matchLabels": named},
            "template": {
                "metadata": {"labels": named},
                "spec": {"containers": [{"name": "plugin", "image": f"acme.example/{name}:1"}]},
            },
        },
    }
